//! Answers as XML, in the shape of each line. [oots-edm 8.2, 8.3]

use xml::Writer;

use super::answer::{Answer, Found};
use super::catalogue::{
    Concept, DataService, Distribution, EvidenceType, EvidenceTypeList, Party, Place, Procedure,
    Provider, Texts,
};
use super::line::{Agreed, Line};
use super::question::Refusal;
use crate::simulator::Source;

/// A whole answer
pub(super) fn success(answer: &Answer<'_>, agreed: Agreed, source: &Source) -> Vec<u8> {
    let shape = Shape {
        line: agreed.line,
        source,
    };
    if let Answer::MoreInput { .. } = answer {
        return response(false, agreed, |w| shape.more_input(w, answer));
    }
    response(true, agreed, |w| {
        w.element("rim:RegistryObjectList", &[], |w| shape.objects(w, answer));
    })
}

/// A refusal
pub(super) fn failure(refusal: &Refusal, agreed: Agreed) -> Vec<u8> {
    response(false, agreed, |w| {
        let kind = format!("rs:{}", refusal.kind());
        w.empty(
            "rs:Exception",
            &[
                ("xsi:type", &kind),
                ("code", refusal.code),
                ("detail", &refusal.detail),
                ("message", refusal.message),
                (
                    "severity",
                    "urn:oasis:names:tc:ebxml-regrep:ErrorSeverityType:Error",
                ),
            ],
        );
    })
}

fn response(success: bool, agreed: Agreed, content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let status = if success { "Success" } else { "Failure" };
    let status = format!("urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:{status}");
    let mut attributes = NAMESPACES.to_vec();
    attributes.push(("status", &status));
    let mut writer = Writer::with_declaration();
    writer.element("query:QueryResponse", &attributes, |w| {
        if agreed.stated {
            let value = |w: &mut Writer| w.leaf("rim:Value", &[], agreed.line.as_str());
            slot(w, "SpecificationIdentifier", "rim:StringValueType", value);
        }
        content(w);
    });
    writer.finish().into_bytes()
}

fn slot(w: &mut Writer, name: &str, kind: &str, content: impl FnOnce(&mut Writer)) {
    w.element("rim:Slot", &[("name", name)], |w| {
        w.element("rim:SlotValue", &[("xsi:type", kind)], content);
    });
}

fn texts(w: &mut Writer, name: &str, texts: &Texts) {
    for (lang, text) in texts {
        w.leaf(name, &[("lang", lang)], text);
    }
}

fn jurisdiction(w: &mut Writer, country: &str) {
    w.element("sdg:Jurisdiction", &[], |w| {
        w.leaf("sdg:AdminUnitLevel1", &[], country);
    });
}

fn identifier(w: &mut Writer, party: &Party) {
    w.leaf(
        "sdg:Identifier",
        &[("schemeID", &party.scheme)],
        &party.value,
    );
}

struct Shape<'s> {
    line: Line,
    source: &'s Source,
}

impl Shape<'_> {
    fn objects(&self, w: &mut Writer, answer: &Answer<'_>) {
        match answer {
            Answer::Requirements(found) => {
                for found in found {
                    self.object(w, "Requirement", |w| self.requirement(w, found, &[]));
                }
            }
            Answer::EvidenceTypes(requirement, country) => {
                let lists: Vec<_> = requirement
                    .evidence_type_lists
                    .iter()
                    .filter(|list| {
                        country
                            .as_ref()
                            .is_none_or(|country| list.country == *country)
                    })
                    .collect();
                let found = Found {
                    requirement,
                    procedure: None,
                    country: None,
                };
                self.object(w, "Requirement", |w| self.requirement(w, &found, &lists));
            }
            Answer::DataServices(services) => {
                for (service, providers) in services {
                    self.offered(w, service, providers);
                }
            }
            Answer::MoreInput { .. } => {}
        }
    }

    fn object(&self, w: &mut Writer, name: &str, content: impl FnOnce(&mut Writer)) {
        let id = self.source.uuid().urn().to_string();
        w.element("rim:RegistryObject", &[("id", &id)], |w| {
            slot(w, name, "rim:AnyValueType", content);
        });
    }

    fn requirement(&self, w: &mut Writer, found: &Found<'_>, lists: &[&EvidenceTypeList]) {
        let requirement = found.requirement;
        w.element("sdg:Requirement", &[], |w| {
            w.leaf("sdg:Identifier", &[], &requirement.id);
            texts(w, "sdg:Name", &requirement.names);
            if self.line >= Line::V1_2 {
                texts(w, "sdg:Description", &requirement.descriptions);
            }
            for procedure in requirement.procedures.iter().filter(|p| found.includes(p)) {
                framework(w, procedure);
            }
            for list in lists {
                self.evidence_type_list(w, list);
            }
        });
    }

    /// From 2.0 on the list says where it applies, before every type does.
    fn evidence_type_list(&self, w: &mut Writer, list: &EvidenceTypeList) {
        w.element("sdg:EvidenceTypeList", &[], |w| {
            w.leaf("sdg:Identifier", &[], &list.id);
            texts(w, "sdg:Name", &list.names);
            for kind in &list.evidence_types {
                self.evidence_type(w, kind, &list.country);
            }
            if self.line >= Line::V2_0 {
                jurisdiction(w, &list.country);
            }
        });
    }

    fn evidence_type(&self, w: &mut Writer, kind: &EvidenceType, country: &str) {
        w.element("sdg:EvidenceType", &[], |w| {
            w.leaf("sdg:EvidenceTypeClassification", &[], &kind.id);
            texts(w, "sdg:Title", &kind.titles);
            texts(w, "sdg:Description", &kind.descriptions);
            if self.line < Line::V2_0 {
                jurisdiction(w, country);
            }
        });
    }

    /// From 1.2 on a data service names one access service, before it named all.
    fn offered(&self, w: &mut Writer, service: &DataService, providers: &[&Provider]) {
        let size = if self.line >= Line::V1_2 {
            1
        } else {
            providers.len().max(1)
        };
        for providers in providers.chunks(size) {
            self.object(w, "DataServiceEvidenceType", |w| {
                self.data_service(w, service, providers);
            });
        }
    }

    fn data_service(&self, w: &mut Writer, service: &DataService, providers: &[&Provider]) {
        w.element("sdg:DataServiceEvidenceType", &[], |w| {
            // A question carries the identifier before 1.2 only.
            if !providers.is_empty() || self.line < Line::V1_2 {
                w.leaf("sdg:Identifier", &[], &service.id);
            }
            w.leaf(
                "sdg:EvidenceTypeClassification",
                &[],
                &service.evidence_type,
            );
            texts(w, "sdg:Title", &service.titles);
            texts(w, "sdg:Description", &service.descriptions);
            for distribution in &service.distributions {
                self.distribution(w, distribution);
            }
            for provider in providers {
                self.access_service(w, service, provider);
            }
            if let Some(level) = &service.level_of_assurance {
                w.leaf("sdg:AuthenticationLevelOfAssurance", &[], level);
            }
            if self.line < Line::V1_2 && !providers.is_empty() {
                self.depends_on(w, service);
            }
        });
    }

    /// What the choice of the provider depended on.
    fn depends_on(&self, w: &mut Writer, service: &DataService) {
        if let Some(place) = &service.place {
            determination(w, place);
        }
        for concept in &service.concepts {
            self.concept(w, "sdg:EvidenceProviderClassification", concept, &[]);
        }
    }

    fn distribution(&self, w: &mut Writer, distribution: &Distribution) {
        w.element("sdg:DistributedAs", &[], |w| {
            w.leaf("sdg:Format", &[], &distribution.format);
            let languages = distribution.languages.iter();
            for language in languages.filter(|_| self.line >= Line::V2_0) {
                w.leaf("sdg:Language", &[], language);
            }
            if let Some(model) = &distribution.conforms_to {
                w.leaf("sdg:ConformsTo", &[], model);
            }
        });
    }

    fn access_service(&self, w: &mut Writer, service: &DataService, provider: &Provider) {
        w.element("sdg:AccessService", &[], |w| {
            identifier(w, &provider.access_point);
            texts(w, "sdg:Name", &provider.access_point_names);
            for version in &provider.conforms_to {
                w.leaf("sdg:ConformsTo", &[], version);
            }
            w.element("sdg:Publisher", &[], |w| {
                self.publisher(w, service, provider)
            });
        });
    }

    fn publisher(&self, w: &mut Writer, service: &DataService, provider: &Provider) {
        identifier(w, &provider.id);
        texts(w, "sdg:Name", &provider.names);
        texts(w, "sdg:Description", &provider.descriptions);
        w.element("sdg:Address", &[], |w| {
            if let Some(address) = &provider.address {
                w.leaf("sdg:FullAddress", &[], address);
            }
            w.leaf("sdg:AdminUnitLevel1", &[], &service.country);
        });
        jurisdiction(w, &service.country);
        for concept in service.concepts.iter().filter(|_| self.line < Line::V1_2) {
            if let Some(values) = provider.competent_for.get(&concept.id) {
                self.concept(w, "sdg:ClassificationConcept", concept, values);
            }
        }
    }

    fn more_input(&self, w: &mut Writer, answer: &Answer<'_>) {
        let Answer::MoreInput {
            service,
            place,
            concepts,
        } = answer
        else {
            return;
        };
        w.element("rs:Exception", QUESTION, |w| {
            slot(w, "DataServiceEvidenceType", "rim:AnyValueType", |w| {
                self.data_service(w, service, &[]);
            });
            if let Some(place) = place {
                let content = |w: &mut Writer| determination(w, place);
                slot(w, "JurisdictionDetermination", "rim:AnyValueType", content);
            }
            if !concepts.is_empty() {
                self.concepts(w, concepts);
            }
        });
    }

    fn concepts(&self, w: &mut Writer, concepts: &[&Concept]) {
        let name = [("name", "UserRequestedClassificationConcepts")];
        let set = "urn:oasis:names:tc:ebxml-regrep:CollectionType:Set";
        let value = [
            ("xsi:type", "rim:CollectionValueType"),
            ("collectionType", set),
        ];
        w.element("rim:Slot", &name, |w| {
            w.element("rim:SlotValue", &value, |w| {
                for concept in concepts {
                    self.collected(w, concept);
                }
            });
        });
    }

    fn collected(&self, w: &mut Writer, concept: &Concept) {
        w.element("rim:Element", &[("xsi:type", "rim:AnyValueType")], |w| {
            self.concept(w, "sdg:EvidenceProviderClassification", concept, &[]);
        });
    }

    fn concept(&self, w: &mut Writer, name: &str, concept: &Concept, values: &[String]) {
        w.element(name, &[], |w| {
            match concept
                .scheme
                .as_deref()
                .filter(|_| self.line >= Line::V1_2)
            {
                Some(scheme) => w.leaf("sdg:Identifier", &[("schemeID", scheme)], &concept.id),
                None => w.leaf("sdg:Identifier", &[], &concept.id),
            }
            w.leaf("sdg:Type", &[], &concept.kind);
            if let Some(url) = &concept.value_expression {
                w.leaf("sdg:ValueExpression", &[], url);
            }
            texts(w, "sdg:Description", &concept.labels);
            if !values.is_empty() {
                w.element("sdg:SupportedValue", &[], |w| strings(w, values));
            }
        });
    }
}

fn strings(w: &mut Writer, values: &[String]) {
    for value in values {
        w.leaf("sdg:StringValue", &[], value);
    }
}

fn framework(w: &mut Writer, procedure: &Procedure) {
    w.element("sdg:ReferenceFramework", &[], |w| {
        w.leaf("sdg:Identifier", &[], &procedure.id);
        texts(w, "sdg:Title", &procedure.titles);
        w.element("sdg:RelatedTo", &[], |w| {
            w.leaf("sdg:Identifier", &[], &procedure.code);
        });
        jurisdiction(w, &procedure.country);
    });
}

fn determination(w: &mut Writer, place: &Place) {
    w.element("sdg:EvidenceProviderJurisdictionDetermination", &[], |w| {
        w.leaf("sdg:JurisdictionContextId", &[], &place.context);
        texts(w, "sdg:JurisdictionContext", &place.labels);
        w.leaf("sdg:JurisdictionLevel", &[], &place.level);
    });
}

const QUESTION: &[(&str, &str)] = &[
    ("xsi:type", "rs:ObjectNotFoundExceptionType"),
    ("code", "DSD:ERR:0005"),
    (
        "message",
        "The query requires the included extra attributes to be provided by the user.",
    ),
    (
        "severity",
        "urn:sr.oots.tech.ec.europa.eu:codes:ErrorSeverity:DSDErrorResponse:AdditionalInput",
    ),
];

const NAMESPACES: [(&str, &str); 5] = [
    (
        "xmlns:query",
        "urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0",
    ),
    ("xmlns:rim", "urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"),
    ("xmlns:rs", "urn:oasis:names:tc:ebxml-regrep:xsd:rs:4.0"),
    ("xmlns:sdg", "http://data.europa.eu/p4s"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];
