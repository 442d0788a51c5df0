//! Places in the JSON form named as places in the document.

use super::shape::{Content, Group, Occurs};

/// The path of elements for a pointer of the JSON form: `/A/B[2]/@c`, as
/// [`xml::Element::path`](::xml::Element::path) writes it.
pub(super) fn of(pointer: &str, shape: &'static [Group]) -> String {
    let mut steps = pointer.split('/').skip(1);
    let mut path = String::new();
    if let Some(root) = steps.next() {
        path = format!("/{root}");
    }
    let mut inside = Inside::Content(Content::Parts(shape));
    for step in steps {
        inside = inside.enter(&step.replace("~1", "/").replace("~0", "~"), &mut path);
    }
    path
}

#[derive(Clone, Copy)]
enum Inside {
    Content(Content),
    /// An array; the next step is an index.
    List(Content),
    /// An array of which the document has no trace.
    SilentList(Content),
    Unknown,
}

impl Inside {
    fn enter(self, step: &str, path: &mut String) -> Self {
        match self {
            Self::Content(Content::Parts(shape)) => member(step, shape, path),
            // The text itself is the content of the element.
            Self::Content(Content::Labeled(_)) if step == "value" => Self::Unknown,
            Self::Content(Content::Labeled(_)) => {
                path.push_str("/@");
                path.push_str(step);
                Self::Unknown
            }
            Self::Content(Content::Wrapped(_, inner)) => Self::Content(*inner),
            Self::List(content) => {
                if let Ok(place @ 1..) = step.parse::<usize>() {
                    path.push_str(&format!("[{}]", place + 1));
                }
                Self::Content(content)
            }
            Self::SilentList(content) => Self::Content(content),
            Self::Content(_) | Self::Unknown => {
                path.push('/');
                path.push_str(step);
                Self::Unknown
            }
        }
    }
}

fn member(step: &str, shape: &'static [Group], path: &mut String) -> Inside {
    let fields = shape.iter().flat_map(|group| group.iter());
    match fields.into_iter().find(|field| field.member == step) {
        Some(field) if field.is_attribute() => {
            path.push_str("/@");
            path.push_str(field.name);
            Inside::Unknown
        }
        Some(field) => {
            path.push('/');
            path.push_str(field.name);
            match field.occurs {
                Occurs::Once => Inside::Content(field.content),
                Occurs::Many => Inside::List(field.content),
                Occurs::OnceInList => Inside::SilentList(field.content),
            }
        }
        None => {
            path.push('/');
            path.push_str(step);
            Inside::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::{self, Version};
    use super::*;
    use crate::noots::code::MessageType;

    #[track_caller]
    fn check(version: Version, message_type: MessageType, pointer: &str, expected: &str) {
        assert_eq!(of(pointer, shape::of(version, message_type)), expected);
    }

    #[test]
    fn lists_have_positions_from_two_on() {
        let order = MessageType::EvidenceOrder;
        check(Version::V1_4, order, "", "");
        check(
            Version::V1_4,
            order,
            "/R/EvidenceRequester/0/Name/1/value",
            "/R/EvidenceRequester/Name[2]/value",
        );
        check(
            Version::V1_4,
            order,
            "/R/EvidenceRequester/1",
            "/R/EvidenceRequester[2]",
        );
    }

    #[test]
    fn attributes_are_marked_and_texts_are_their_element() {
        let answer = MessageType::EvidenceResponse;
        check(Version::V1_4, answer, "/R/requestid", "/R/@requestid");
        check(
            Version::V1_4,
            answer,
            "/R/Status/listURI",
            "/R/Status/@listURI",
        );
        let identifier = "/R/EvidenceProvider/0/Identifier";
        let place = "/R/EvidenceProvider/Identifier";
        check(
            Version::V1_4,
            answer,
            &format!("{identifier}/schemeID"),
            &format!("{place}/@schemeID"),
        );
        check(Version::V1_4, answer, &format!("{identifier}/value"), place);
    }

    #[test]
    fn older_messages_are_named_as_they_were_written() {
        check(
            Version::V1_2,
            MessageType::EvidenceRequest,
            "/R/Query/RequestedEvidenceType/DistributedAs/PrioritizedFormat/0/Format/code",
            "/R/Query/RequestedEvidenceType/DistributedAs/Format/code",
        );
        check(
            Version::V1_2,
            MessageType::EvidenceOrder,
            "/R/Query/AuthorizedRepresentative/AuthorizedRepresentativePerson/FamilyName/value",
            "/R/Query/AuthorizedRepresentative/FamilyName",
        );
    }
}
