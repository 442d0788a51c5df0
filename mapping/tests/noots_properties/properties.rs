//! Properties of the JSON form: what is written is read back as it was, and nothing that is read
//! brings the reader down.

use crate::any as arbitrary;
use mapping::noots::{decode_json, encode_json};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_message_survives_writing_and_reading(message in arbitrary::message()) {
        let text = encode_json(&message);
        prop_assert_eq!(decode_json(&text), Ok(message));
    }

    #[test]
    fn bytes_never_bring_the_reader_down(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode_json(&bytes).is_err());
    }

    #[test]
    fn a_damaged_message_never_brings_the_reader_down(
        message in arbitrary::message(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        length in 0_usize..4,
    ) {
        let mut text = encode_json(&message);
        let at = place.index(text.len());
        let end = (at + length).min(text.len());
        text.splice(at..end, [byte]);
        if let Ok(read) = decode_json(&text) {
            prop_assert_eq!(decode_json(&encode_json(&read)), Ok(read));
        }
    }
}
