//! What is asked, or with which code it is refused: parameters are checked as strictly as each
//! line documents them. [oots-edm 8.1, 8.4]

use std::collections::BTreeMap;

use mapping::edm::{CountryCode, ProcedureCode};

use super::catalogue::Catalogue;
use super::line::Line;

/// A question whose parameters are as specified
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Question {
    Requirements {
        procedure: Option<String>,
        country: Option<String>,
    },
    EvidenceTypes {
        requirement: String,
        country: Option<String>,
    },
    DataServices(DataServices),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct DataServices {
    pub(super) evidence_type: String,
    pub(super) country: String,
    pub(super) specification: Option<String>,
    /// Code of the place and the context it answers
    pub(super) place: Option<(String, String)>,
    /// Values by concept
    pub(super) values: BTreeMap<String, String>,
}

/// One of the two services
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Service {
    EvidenceBroker,
    DataServiceDirectory,
}

/// A refusal
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let message = MESSAGES
            .iter()
            .find(|(known, _)| *known == code)
            .map_or("", |(_, message)| message);
        Self {
            code,
            message,
            detail: detail.into(),
        }
    }

    /// Local name of `xsi:type`
    pub(super) fn kind(&self) -> &'static str {
        match self.code {
            "EB:ERR:0001" | "EB:ERR:0002" | "DSD:ERR:0001" | "DSD:ERR:0002" => {
                "ObjectNotFoundExceptionType"
            }
            _ => "InvalidRequestExceptionType",
        }
    }

    /// The refusal of a client with which no line is common
    pub(super) fn of_versions(service: Service) -> Self {
        Self::new(service.parameters(), ACCEPT_VERSION)
    }

    /// Whether the client did something wrong, as opposed to finding nothing, trying a line that
    /// is not there, or passing on what a user got wrong
    pub(super) fn is_fault(&self) -> bool {
        self.kind() == "InvalidRequestExceptionType"
            && self.code != "DSD:ERR:0006"
            && self.detail != ACCEPT_VERSION
    }
}

impl Service {
    /// The code for parameters that are not as specified
    const fn parameters(self) -> &'static str {
        match self {
            Self::EvidenceBroker => "EB:ERR:0003",
            Self::DataServiceDirectory => "DSD:ERR:0003",
        }
    }

    const fn unknown_query(self) -> &'static str {
        match self {
            Self::EvidenceBroker => "EB:ERR:0007",
            Self::DataServiceDirectory => "DSD:ERR:0004",
        }
    }

    /// Reads a query string
    pub(super) fn question(
        self,
        query: &str,
        line: Line,
        catalogue: &Catalogue,
    ) -> Result<Question, Refusal> {
        let mut parameters = Parameters::read(self, query)?;
        let id = parameters.take("queryId").unwrap_or_default();
        let question = match (self, id.as_str()) {
            (Self::EvidenceBroker, REQUIREMENTS) => requirements(&mut parameters, line)?,
            (Self::EvidenceBroker, EVIDENCE_TYPES) => {
                evidence_types(&mut parameters, line, catalogue)?
            }
            (Self::DataServiceDirectory, DATA_SERVICES) => data_services(&mut parameters, line)?,
            (Self::EvidenceBroker | Self::DataServiceDirectory, _) => {
                return Err(Refusal::new(self.unknown_query(), id));
            }
        };
        parameters.finish()?;
        Ok(question)
    }
}

fn requirements(parameters: &mut Parameters, line: Line) -> Result<Question, Refusal> {
    let procedure = parameters.take("procedure-id");
    let country = parameters.country("EB:ERR:0006")?;
    if let Some(code) = &procedure
        && !code
            .parse::<ProcedureCode>()
            .is_ok_and(|code| code.is_listed())
    {
        return Err(Refusal::new("EB:ERR:0005", code));
    }
    if line < Line::V2_0 {
        parameters.region("EB:ERR:0004")?;
        if procedure.is_none() {
            return Err(parameters.missing("procedure-id"));
        }
        if country.is_none() {
            return Err(parameters.missing("country-code"));
        }
    } else {
        parameters.take("return-incomplete");
    }
    Ok(Question::Requirements { procedure, country })
}

fn evidence_types(
    parameters: &mut Parameters,
    line: Line,
    catalogue: &Catalogue,
) -> Result<Question, Refusal> {
    let Some(requirement) = parameters.take("requirement-id") else {
        return Err(parameters.missing("requirement-id"));
    };
    let country = parameters.country("EB:ERR:0006")?;
    if line < Line::V1_2 {
        parameters.region("EB:ERR:0004")?;
    }
    let known = |published: &super::catalogue::Requirement| published.id == requirement;
    if !catalogue.requirements.iter().any(known) {
        return Err(Refusal::new("EB:ERR:0002", requirement));
    }
    Ok(Question::EvidenceTypes {
        requirement,
        country,
    })
}

fn data_services(parameters: &mut Parameters, line: Line) -> Result<Question, Refusal> {
    let Some(evidence_type) = parameters.take("evidence-type-classification") else {
        return Err(parameters.missing("evidence-type-classification"));
    };
    let Some(country) = parameters.country("DSD:ERR:0003")? else {
        return Err(parameters.missing("country-code"));
    };
    let specification = (line > Line::V1_0)
        .then(|| parameters.take("specification"))
        .flatten();
    let place = if line < Line::V2_0 {
        parameters.place(line)?
    } else {
        None
    };
    Ok(Question::DataServices(DataServices {
        evidence_type,
        country,
        specification,
        place,
        values: parameters.take_concepts(),
    }))
}

/// Parameters that were not taken yet
struct Parameters {
    service: Service,
    values: BTreeMap<String, String>,
}

impl Parameters {
    fn read(service: Service, query: &str) -> Result<Self, Refusal> {
        let mut values = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if values
                .insert(name.clone().into_owned(), value.into_owned())
                .is_some()
            {
                return Err(Refusal::new(service.parameters(), name));
            }
        }
        Ok(Self { service, values })
    }

    fn take(&mut self, name: &str) -> Option<String> {
        self.values.remove(name)
    }

    fn missing(&self, name: &str) -> Refusal {
        Refusal::new(self.service.parameters(), name)
    }

    fn country(&mut self, unknown: &'static str) -> Result<Option<String>, Refusal> {
        match self.take("country-code") {
            Some(code) if code.parse::<CountryCode>().is_err() => Err(Refusal::new(unknown, code)),
            country => Ok(country),
        }
    }

    fn region(&mut self, unknown: &'static str) -> Result<(), Refusal> {
        let nuts = self.take("jurisdiction-admin-l2");
        self.take("jurisdiction-admin-l3");
        match nuts {
            Some(code) if !is_nuts(&code) => Err(Refusal::new(unknown, code)),
            _ => Ok(()),
        }
    }

    fn place(&mut self, line: Line) -> Result<Option<(String, String)>, Refusal> {
        let nuts = self.take("jurisdiction-admin-l2");
        let lau = self.take("jurisdiction-admin-l3");
        let context = self.take("jurisdiction-context-id");
        if line < Line::V1_2 {
            self.take("evidence-type-id");
        }
        match (nuts.or(lau), context) {
            (Some(code), Some(context)) => Ok(Some((code, context))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(self.missing("jurisdiction-context-id")),
            (None, Some(_)) => Err(self.missing("jurisdiction-admin-l3")),
        }
    }

    /// Parameters named like a concept
    fn take_concepts(&mut self) -> BTreeMap<String, String> {
        let (concepts, rest) = std::mem::take(&mut self.values)
            .into_iter()
            .partition(|(name, _)| name.parse::<uuid::Uuid>().is_ok());
        self.values = rest;
        concepts
    }

    fn finish(self) -> Result<(), Refusal> {
        match self.values.into_keys().next() {
            Some(name) => Err(Refusal::new(self.service.parameters(), name)),
            None => Ok(()),
        }
    }
}

fn is_nuts(code: &str) -> bool {
    (3..=5).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

const ACCEPT_VERSION: &str = "Accept-Version";

const MESSAGES: &[(&str, &str)] = &[
    ("EB:ERR:0001", "The result set is empty"),
    ("EB:ERR:0002", "The Requirement requested cannot be found"),
    (
        "EB:ERR:0003",
        "The query parameters do not follow the query specification",
    ),
    ("EB:ERR:0004", "The jurisdiction level code is unknown"),
    ("EB:ERR:0005", "The procedure-id is unknown"),
    ("EB:ERR:0006", "The country code is unknown"),
    ("EB:ERR:0007", "The requested Query does not exist"),
    (
        "DSD:ERR:0001",
        "No Data Services were found based on the given parameters",
    ),
    (
        "DSD:ERR:0002",
        "The Evidence Type requested cannot be found",
    ),
    (
        "DSD:ERR:0003",
        "The query parameters do not follow the query specification",
    ),
    ("DSD:ERR:0004", "The requested Query does not exist"),
    (
        "DSD:ERR:0006",
        "The value of a requested parameter is not valid",
    ),
];

pub(super) const REQUIREMENTS: &str =
    "urn:fdc:oots:eb:ebxml-regrep:queries:requirements-by-procedure-and-jurisdiction";
pub(super) const EVIDENCE_TYPES: &str =
    "urn:fdc:oots:eb:ebxml-regrep:queries:evidence-types-by-requirement-and-jurisdiction";
pub(super) const DATA_SERVICES: &str =
    "urn:fdc:oots:dsd:ebxml-regrep:queries:dataservices-by-evidencetype-and-jurisdiction";
