//! Messages that would cost much work before anything about them is proven.

use super::{DECRYPTION, GOOD, HEADER, POLICY, check, cut, with_security};

#[test]
fn work_is_bounded_before_anything_is_proven() {
    // [ROB-89], [ROB-80]
    let messaging = |change: &dyn Fn(&str) -> String| {
        let mut evil = GOOD.clone();
        evil.messaging = change(&GOOD.messaging);
        assert_ne!(evil.messaging, GOOD.messaging);
        evil
    };
    let list = "</eb:MessageProperties>";
    let properties: String = (0..5000)
        .map(|at| format!("<eb:Property name=\"p{at}\">v</eb:Property>"))
        .collect();
    check(
        &messaging(&|text| text.replacen(list, &format!("{properties}{list}"), 1)),
        HEADER,
    );
    let list = "</eb:PayloadInfo>";
    let parts: String = (0..5000)
        .map(|at| format!("<eb:PartInfo href=\"cid:p{at}\"/>"))
        .collect();
    check(
        &messaging(&|text| text.replacen(list, &format!("{parts}{list}"), 1)),
        HEADER,
    );
    let deep = format!("{}{}", "<x>".repeat(5000), "</x>".repeat(5000));
    check(&messaging(&|text| format!("{text}{deep}")), HEADER);
    let attributes: String = (0..5000).map(|at| format!(" a{at}=\"\"")).collect();
    check(
        &messaging(&|text| format!("{text}<x{attributes}/>")),
        HEADER,
    );
    let declarations: String = (0..5000)
        .map(|at| format!(" xmlns:a{at}=\"urn:x\""))
        .collect();
    check(
        &messaging(&|text| format!("{text}<x{declarations}/>")),
        HEADER,
    );
    check(
        &messaging(&|text| format!("{text}{}", "<x/>".repeat(200_000))),
        HEADER,
    );
}

#[test]
fn work_is_bounded_before_the_signature_is_checked() {
    // A list of prefixes is looked through for every declaration.
    let method =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">";
    let listed = format!(
        "{method}<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" \
         PrefixList=\"{}\"/>",
        "a ".repeat(100_000)
    );
    check(
        &with_security(|text| text.replacen(method, &listed, 1)),
        POLICY,
    );
    // Each key would cost a private-key operation, each description a look.
    let key = cut(
        &GOOD.security,
        "<xenc:EncryptedKey ",
        "</xenc:EncryptedKey>",
    );
    let keys: String = (0..1000)
        .map(|at| key.replacen(" Id=\"", &format!(" Id=\"k{at}"), 1))
        .collect();
    check(
        &with_security(|text| text.replacen(&key, &format!("{keys}{key}"), 1)),
        DECRYPTION,
    );
    let data = cut(
        &GOOD.security,
        "<xenc:EncryptedData ",
        "</xenc:EncryptedData>",
    );
    let all: String = (0..1000)
        .map(|at| data.replacen(" Id=\"", &format!(" Id=\"d{at}"), 1))
        .collect();
    check(
        &with_security(|text| text.replacen(&data, &format!("{all}{data}"), 1)),
        DECRYPTION,
    );
}
