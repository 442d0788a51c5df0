use crate::{Document, Limits, Problem};

#[track_caller]
fn refused(xml: &str, expected: &Problem) {
    match Document::parse(xml.as_bytes(), &Limits::SOAP) {
        Ok(_) => panic!("accepted {xml:?}"),
        Err(invalid) => assert_eq!(invalid.problem(), expected, "{xml:?}"),
    }
}

#[track_caller]
fn text(xml: &str, expected: &str) {
    let document = Document::parse(xml.as_bytes(), &Limits::SOAP).unwrap();
    assert_eq!(document.root().text(), expected);
}

#[track_caller]
fn attribute(xml: &str, expected: &str) {
    let document = Document::parse(xml.as_bytes(), &Limits::SOAP).unwrap();
    assert_eq!(document.root().attribute("", "x"), Some(expected));
}

#[test]
fn a_document_type_declaration_is_refused() {
    refused("<!DOCTYPE a><a/>", &Problem::DocumentType);
    refused(
        "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
        &Problem::DocumentType,
    );
}

#[test]
fn entities_beyond_the_five_are_refused() {
    refused("<a>&b;</a>", &Problem::Reference);
    refused("<a x='&b;'/>", &Problem::Reference);
    refused("<a>&#0;</a>", &Problem::Reference);
    refused("<a>&#xFFFE;</a>", &Problem::Reference);
    refused("<a>&#+65;</a>", &Problem::Reference);
    refused("<a>&#xD800;</a>", &Problem::Reference);
}

#[test]
fn processing_instructions_are_refused_in_soap_and_skipped_in_payloads() {
    refused("<?b c?><a/>", &Problem::Instruction);
    let document = Document::parse(b"<?b c?><a><?d?>x</a>", &Limits::REGREP).unwrap();
    assert_eq!(document.skipped_instructions(), 2);
    assert_eq!(document.root().text(), "x");
}

#[test]
fn other_encodings_and_versions_are_refused() {
    refused(
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        &Problem::Encoding,
    );
    refused("<?xml version='1.1'?><a/>", &Problem::Version);
    let utf16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(Document::parse(&utf16, &Limits::SOAP).is_err());
    assert!(Document::parse(b"<a>\xFF</a>", &Limits::SOAP).is_err());
}

#[test]
fn only_the_document_may_stand_at_the_top() {
    refused("", &Problem::Malformed);
    refused("<a/><b/>", &Problem::Malformed);
    refused("x<a/>", &Problem::Malformed);
    refused("<a/>x", &Problem::Malformed);
    refused("<a/>&amp;", &Problem::Malformed);
    refused("<![CDATA[ ]]><a/>", &Problem::Malformed);
    refused("<a/><![CDATA[]]>", &Problem::Malformed);
    refused("<a>", &Problem::Malformed);
    refused("<a></b>", &Problem::Malformed);
    refused(" <?xml version='1.0'?><a/>", &Problem::Malformed);
}

#[test]
fn malformed_attributes_are_refused() {
    refused("<a x=1/>", &Problem::Malformed);
    refused("<a x='1'y='2'/>", &Problem::Malformed);
    refused("<a x='<'/>", &Problem::Malformed);
    refused("<a x/>", &Problem::Malformed);
    refused("<a x='1' x='2'/>", &Problem::DuplicateAttribute);
    refused("<a xmlns='b' xmlns='c'/>", &Problem::DuplicateAttribute);
}

#[test]
fn two_prefixes_for_one_namespace_do_not_hide_a_duplicate_attribute() {
    refused(
        "<a xmlns:p='n' xmlns:q='n' p:x='1' q:x='2'/>",
        &Problem::DuplicateAttribute,
    );
}

// [ROB-89] each is compared with all before it, so the limit comes first: what is twice behind it is
// not even seen to be twice.
#[test]
fn attributes_beyond_the_limit_are_not_compared() {
    let most = Limits::SOAP.attributes;
    let too_many = Problem::TooLarge {
        what: "attributes",
        limit: most,
    };
    for kind in ["", "xmlns:"] {
        let attributes: String = (0..most).map(|at| format!(" {kind}n{at}='u'")).collect();
        refused(&format!("<a{attributes} {kind}n0='u'/>"), &too_many);
        let one_less = attributes.replace(&format!(" {kind}n1='u'"), "");
        refused(
            &format!("<a{one_less} {kind}n0='u'/>"),
            &Problem::DuplicateAttribute,
        );
    }
}

#[test]
fn bad_names_and_characters_are_refused() {
    refused("<1a/>", &Problem::Name);
    refused("<a:b:c/>", &Problem::Name);
    refused("<a :x='1'/>", &Problem::Name);
    refused("<a>\u{1}</a>", &Problem::Character);
    refused("<a>]]></a>", &Problem::Malformed);
    refused("<a><!-- a -- b --></a>", &Problem::Malformed);
}

#[test]
fn namespace_rules_are_kept() {
    refused("<p:a/>", &Problem::Namespace);
    refused("<a p:x='1'/>", &Problem::Namespace);
    refused("<a xmlns:p=''/>", &Problem::Namespace);
    refused("<a xmlns:xml='n'/>", &Problem::Namespace);
    refused("<a xmlns:xmlns='n'/>", &Problem::Namespace);
    refused(
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        &Problem::Namespace,
    );
    let document = Document::parse(b"<a xml:lang='de'/>", &Limits::SOAP).unwrap();
    assert_eq!(
        document.root().attribute(crate::XML_NAMESPACE, "lang"),
        Some("de")
    );
}

#[test]
fn a_namespace_name_has_a_bound_of_its_own() {
    // Written again for every child below, it makes a canonical form many times the document.
    let document = |bytes: usize| format!("<a xmlns:p='{}'/>", "n".repeat(bytes));
    assert!(Document::parse(document(1024).as_bytes(), &Limits::SOAP).is_ok());
    refused(
        &document(1025),
        &Problem::TooLarge {
            what: "bytes in a namespace name",
            limit: 1024,
        },
    );
}

#[test]
fn a_binding_ends_with_its_element() {
    refused("<a><b xmlns:p='n'/><p:c/></a>", &Problem::Namespace);
    let document =
        Document::parse(b"<a xmlns='o'><b xmlns='i'><c/></b><d/></a>", &Limits::SOAP).unwrap();
    let names: Vec<_> = document
        .root()
        .descendants()
        .map(|e| e.name().to_string())
        .collect();
    assert_eq!(names, ["{o}a", "{i}b", "{i}c", "{o}d"]);
}

#[test]
fn text_is_decoded_and_line_ends_are_normalised() {
    text("<a>x&amp;y&#x41;<![CDATA[<&>]]>z</a>", "x&yA<&>z");
    text("<a>1\r\n2\r3\n4</a>", "1\n2\n3\n4");
    text("<a>x<b>not this</b>y<!-- nor this -->z</a>", "xyz");
    text("\u{FEFF}<a>x</a>", "x");
}

#[test]
fn attribute_values_are_normalised() {
    attribute("<a x='1\t2\r\n3\n4&#xA;5&lt;'/>", "1 2 3 4\n5<");
    attribute("<a x = \"'\"/>", "'");
}

#[test]
fn every_limit_holds_exactly() {
    let limits = Limits {
        depth: 2,
        nodes: 4,
        attributes: 2,
        name_bytes: 7,
        text_bytes: 3,
        ..Limits::SOAP
    };
    let accepted = |xml: &str| Document::parse(xml.as_bytes(), &limits).is_ok();
    assert!(accepted("<a><b/></a>"));
    assert!(!accepted("<a><b><c/></b></a>"));
    assert!(accepted("<a><b/><b/><b/></a>"));
    assert!(!accepted("<a><b/><b/><b/><b/></a>"));
    assert!(accepted("<a x='' xmlns:p='n'/>"));
    assert!(!accepted("<a x='' y='' xmlns:p='n'/>"));
    assert!(accepted("<abcdefg/>"));
    assert!(!accepted("<abcdefgh/>"));
    assert!(accepted("<a>123</a>"));
    assert!(!accepted("<a>1234</a>"));
    assert!(!accepted("<a>1&amp;23</a>"));
    assert!(!accepted("<a x='1234'/>"));
    let bytes = Limits {
        bytes: 4,
        ..Limits::SOAP
    };
    assert!(Document::parse(b"<a/>", &bytes).is_ok());
    assert!(Document::parse(b"<a/> ", &bytes).is_err());
}

#[test]
fn spans_name_the_exact_bytes() {
    let document = Document::parse(b"<a> <b x='1'>t</b><c/></a>", &Limits::SOAP).unwrap();
    let raw: Vec<_> = document
        .root()
        .descendants()
        .map(crate::Element::raw)
        .collect();
    assert_eq!(
        raw,
        ["<a> <b x='1'>t</b><c/></a>", "<b x='1'>t</b>", "<c/>"]
    );
}

#[test]
fn descendants_stay_inside_their_element() {
    let document = Document::parse(b"<a><b><c/></b><d/></a>", &Limits::SOAP).unwrap();
    let b = document.root().child("", "b").unwrap();
    let names: Vec<_> = b.descendants().map(|e| e.name().local).collect();
    assert_eq!(names, ["b", "c"]);
}

#[test]
fn an_id_is_unique_over_all_kinds_of_id_attribute() {
    let kinds = [("", "Id"), ("u", "Id"), ("", "id")];
    let ids = |xml: &str| {
        Document::parse(xml.as_bytes(), &Limits::SOAP)
            .unwrap()
            .ids(&kinds)
            .map(|table| table.find("1").map(crate::Element::path))
    };
    assert_eq!(ids("<a><b Id='1'/></a>"), Ok(Some("/a/b".to_owned())));
    assert!(ids("<a><b Id='1'/><c Id='1'/></a>").is_err());
    assert!(ids("<a xmlns:u='u'><b Id='1'/><c u:Id='1'/></a>").is_err());
    assert!(ids("<a><b Id='1'/><c id='1'/></a>").is_err());
    assert_eq!(ids("<a><b ID='1'/></a>"), Ok(None));
}

#[test]
fn a_path_counts_siblings_of_the_same_name() {
    let document = Document::parse(b"<a><b/><c/><b/></a>", &Limits::SOAP).unwrap();
    let paths: Vec<_> = document
        .root()
        .children()
        .map(crate::Element::path)
        .collect();
    assert_eq!(paths, ["/a/b", "/a/c", "/a/b[2]"]);
}

proptest::proptest! {
    #[test]
    fn no_input_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        drop(Document::parse(&bytes, &Limits::REGREP));
    }

    #[test]
    fn no_markup_soup_panics(text in "[<>/?!a:=\"'&;#x\\[\\]CDAT -]{0,80}") {
        drop(Document::parse(text.as_bytes(), &Limits::ATTACHMENT));
    }
}
