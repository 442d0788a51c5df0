//! What holds for every message.

use crate::generate;
use mapping::edm::{self, Liberty, Message};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_was_written_is_read_again(
        message in generate::version().prop_flat_map(generate::message),
    ) {
        let bytes = generate::encode(&message);
        let read = edm::decode(&bytes).map_err(|invalid| TestCaseError::fail(invalid.to_string()))?;
        match (&message, &read) {
            (Message::Request(wrote), Message::Request(read)) => {
                prop_assert_eq!(wrote.content(), read.content());
            }
            (Message::Response(wrote), Message::Response(read)) => {
                prop_assert_eq!(wrote.content(), read.content());
            }
            (Message::Error(wrote), Message::Error(read)) => {
                prop_assert_eq!(wrote.content(), read.content());
            }
            _ => prop_assert!(false, "another kind of message"),
        }
        // What we write takes no liberties, but not every person has an identifier of nine signs.
        for caution in read.cautions() {
            let liberty = caution.liberty();
            prop_assert!(
                matches!(liberty, Liberty::EidasMissing | Liberty::EidasFormat),
                "{:?}", caution
            );
        }
        prop_assert_eq!(generate::encode(&read), bytes);
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(
        message in generate::version().prop_flat_map(generate::message),
        at in any::<prop::sample::Index>(),
        cut in 0_usize..40,
        fill in "[<>/&\"a-zA-Z0-9 :=-]{0,12}",
    ) {
        let mut bytes = generate::encode(&message);
        let from = at.index(bytes.len());
        let to = (from + cut).min(bytes.len());
        bytes.splice(from..to, fill.into_bytes());
        if let Ok(message) = edm::decode(&bytes) {
            // Whatever was read can be written, and is then read as the same.
            let again = generate::encode(&message);
            prop_assert!(edm::decode(&again).is_ok());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(edm::decode(&bytes).is_err());
    }

    #[test]
    fn debug_output_of_a_request_hides_the_person(
        request in generate::version().prop_flat_map(generate::request),
    ) {
        let shown = format!("{:?}", request.subject());
        prop_assert!(shown.contains("[personal]"));
        if let edm::Subject::Natural(person) = request.subject() {
            let name = person.identity().family_name().expose().latin();
            prop_assert!(name.len() < 6 || !shown.contains(name));
        }
    }
}
