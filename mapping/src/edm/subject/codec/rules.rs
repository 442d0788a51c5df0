//! The rules on persons by the place they stand in: what is checked is the same, the ids are not.

/// Rules on an eIDAS identifier.
#[derive(Clone, Copy)]
pub(in crate::edm) struct IdentifierRules {
    /// It is there.
    pub(crate) missing: &'static str,
    /// Its format in 1.0, which allows nine characters after the countries.
    pub(crate) old_format: &'static str,
    /// Its format from 1.1 on.
    pub(crate) format: &'static str,
    /// schemeID is there.
    pub(crate) scheme_missing: &'static str,
    /// schemeID is the one of eIDAS.
    pub(crate) scheme: &'static str,
}

/// Rules on a natural person.
#[derive(Clone, Copy)]
pub(in crate::edm) struct NaturalRules {
    /// Level of assurance: there, and in the list.
    pub(crate) loa: (&'static str, &'static str),
    /// Identifier.
    pub(crate) identifier: IdentifierRules,
    /// Date of birth.
    pub(crate) born: &'static str,
    /// Gender.
    pub(crate) gender: &'static str,
    /// Country of the address.
    pub(crate) address: &'static str,
    /// Nationality, country of birth, country of residence.
    pub(crate) countries: [&'static str; 3],
}

/// Rules on a legal person.
#[derive(Clone, Copy)]
pub(in crate::edm) struct LegalRules {
    /// Level of assurance: there, and in the list.
    pub(crate) loa: (&'static str, &'static str),
    /// Identifier.
    pub(crate) identifier: IdentifierRules,
    /// Other identifiers: schemeID there, and in the list.
    pub(crate) others: (&'static str, &'static str),
    /// Country of the address.
    pub(crate) address: &'static str,
}

/// Subject of a request.
pub(in crate::edm) const NATURAL_SUBJECT: NaturalRules = NaturalRules {
    loa: ("R-EDM-REQ-C036", "R-EDM-REQ-C037"),
    identifier: IdentifierRules {
        missing: "R-EDM-REQ-C038",
        old_format: "R-EDM-REQ-C039",
        format: "R-EDM-REQ-C040",
        scheme_missing: "R-EDM-REQ-C041",
        scheme: "R-EDM-REQ-C042",
    },
    born: "R-EDM-REQ-C043",
    gender: "R-EDM-REQ-C044",
    address: "R-EDM-REQ-C045",
    countries: ["R-EDM-REQ-C075", "R-EDM-REQ-C076", "R-EDM-REQ-C077"],
};

/// Representative in a request.
pub(in crate::edm) const NATURAL_REPRESENTATIVE: NaturalRules = NaturalRules {
    loa: ("R-EDM-REQ-C058", "R-EDM-REQ-C059"),
    identifier: IdentifierRules {
        missing: "R-EDM-REQ-C060",
        old_format: "R-EDM-REQ-C061",
        format: "R-EDM-REQ-C061",
        scheme_missing: "R-EDM-REQ-C062",
        scheme: "R-EDM-REQ-C063",
    },
    born: "R-EDM-REQ-C064",
    gender: "R-EDM-REQ-C066",
    address: "R-EDM-REQ-C067",
    countries: ["R-EDM-REQ-C078", "R-EDM-REQ-C079", "R-EDM-REQ-C080"],
};

/// Subject of a request.
pub(in crate::edm) const LEGAL_SUBJECT: LegalRules = LegalRules {
    loa: ("R-EDM-REQ-C047", "R-EDM-REQ-C048"),
    identifier: IdentifierRules {
        missing: "R-EDM-REQ-C049",
        old_format: "R-EDM-REQ-C050",
        format: "R-EDM-REQ-C051",
        scheme_missing: "R-EDM-REQ-C052",
        scheme: "R-EDM-REQ-C053",
    },
    others: ("R-EDM-REQ-C054", "R-EDM-REQ-C055"),
    address: "R-EDM-REQ-C056",
};

/// Representative in a request.
pub(in crate::edm) const LEGAL_REPRESENTATIVE: LegalRules = LegalRules {
    loa: ("R-EDM-REQ-C082", "R-EDM-REQ-C083"),
    identifier: IdentifierRules {
        missing: "R-EDM-REQ-C084",
        old_format: "R-EDM-REQ-C085",
        format: "R-EDM-REQ-C085",
        scheme_missing: "R-EDM-REQ-C086",
        scheme: "R-EDM-REQ-C087",
    },
    others: ("R-EDM-REQ-C088", "R-EDM-REQ-C089"),
    address: "R-EDM-REQ-C090",
};

/// Subject of evidence: identifier, date of birth, closed list of children.
pub(in crate::edm) const EVIDENCE_NATURAL: (IdentifierRules, &str, &str) = (
    IdentifierRules {
        missing: "R-EDM-RESP-C027",
        old_format: "R-EDM-RESP-C028",
        format: "R-EDM-RESP-C028",
        scheme_missing: "R-EDM-RESP-C030",
        scheme: "R-EDM-RESP-C031",
    },
    "R-EDM-RESP-C032",
    "R-EDM-RESP-S041",
);

/// Subject of evidence: identifier, closed list of children.
pub(in crate::edm) const EVIDENCE_LEGAL: (IdentifierRules, &str) = (
    IdentifierRules {
        missing: "R-EDM-RESP-C033",
        old_format: "R-EDM-RESP-C034",
        format: "R-EDM-RESP-C035",
        scheme_missing: "R-EDM-RESP-C036",
        scheme: "R-EDM-RESP-C037",
    },
    "R-EDM-RESP-S042",
);
