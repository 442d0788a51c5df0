//! Second opinions on what was received: the rule sets and the platform's own codecs
//!
//! A message the simulators can read but rules or codecs refuse is a fault of one of the two.

/// What rules and codec object to in an EDM message
pub(crate) fn edm(content: &[u8]) -> Vec<String> {
    let mut objections = rules_of_edm(content);
    objections.extend(codec_of_edm(content));
    objections
}

/// Rules of the severity `fatal` that the message breaks: what is worth a warning is legal.
fn rules_of_edm(content: &[u8]) -> Vec<String> {
    match rules::check_document(content) {
        Ok(report) => report
            .findings()
            .iter()
            .filter(|finding| finding.severity() == rules::Severity::Fatal)
            .map(|finding| {
                format!(
                    "rule {} {} at {}",
                    finding.rule(),
                    finding.outcome().as_str(),
                    finding.location()
                )
            })
            .collect(),
        Err(not_a_document) => vec![format!("rules: {not_a_document}")],
    }
}

fn codec_of_edm(content: &[u8]) -> Vec<String> {
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
