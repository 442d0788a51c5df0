//! Second opinions on what was received: the platform's own codecs
//!
//! A message the simulators can read but the codecs refuse is a fault of one of the two.

/// What the codec objects to in an EDM message
pub(crate) fn edm(content: &[u8]) -> Vec<String> {
    match mapping::edm::decode(content) {
        // What is merely tolerated in others is expected of nobody.
        Ok(message) => message
            .cautions()
            .iter()
            .map(|caution| {
                format!(
                    "codec: {} at {}",
                    caution.liberty().label(),
                    caution.place()
                )
            })
            .collect(),
        Err(invalid) => vec![format!("codec: {invalid}")],
    }
}

/// What the codec objects to in a national message
pub(crate) fn national(content: &[u8]) -> Vec<String> {
    match mapping::noots::decode_json(content) {
        Ok(_) => Vec::new(),
        Err(invalid) => vec![format!("codec: {invalid}")],
    }
}
