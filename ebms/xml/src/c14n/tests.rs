use super::exclusive;
use crate::{Document, Limits};

#[track_caller]
fn check(xml: &str, prefixes: &[&str], expected: &str) {
    let document = Document::parse(xml.as_bytes(), &Limits::ATTACHMENT).unwrap();
    // The apex is the element named `apex`, or the root.
    let apex = document
        .root()
        .descendants()
        .find(|e| e.name().local == "apex");
    let mut out = Vec::new();
    exclusive(apex.unwrap_or(document.root()), prefixes, |chunk| {
        out.extend_from_slice(chunk)
    });
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn only_visibly_used_prefixes_are_declared() {
    check(
        "<a xmlns='d' xmlns:p='p' xmlns:q='q'><p:apex><q:b/><c/></p:apex></a>",
        &[],
        "<p:apex xmlns:p=\"p\"><q:b xmlns:q=\"q\"></q:b><c xmlns=\"d\"></c></p:apex>",
    );
}

#[test]
fn listed_prefixes_are_declared_where_they_are_in_scope() {
    check(
        "<a xmlns='d' xmlns:p='p' xmlns:q='q'><p:apex><q:b/></p:apex></a>",
        &["q", "#default", "missing"],
        "<p:apex xmlns=\"d\" xmlns:p=\"p\" xmlns:q=\"q\"><q:b></q:b></p:apex>",
    );
}

#[test]
fn a_prefix_bound_anew_is_declared_anew() {
    check(
        "<p:apex xmlns:p='1'><p:b xmlns:p='2'><p:c/></p:b><p:d/></p:apex>",
        &[],
        "<p:apex xmlns:p=\"1\"><p:b xmlns:p=\"2\"><p:c></p:c></p:b><p:d></p:d></p:apex>",
    );
}

#[test]
fn the_default_namespace_is_undone_only_where_it_was_written() {
    check(
        "<apex xmlns='d'><b xmlns=''/></apex>",
        &[],
        "<apex xmlns=\"d\"><b xmlns=\"\"></b></apex>",
    );
    check("<a xmlns='d'><apex xmlns=''/></a>", &[], "<apex></apex>");
}

#[test]
fn attributes_are_sorted_by_namespace_then_name() {
    check(
        "<apex xmlns:z='1' xmlns:y='2' y:a='' z:b='' c='' b='' xml:lang='de'/>",
        &[],
        concat!(
            "<apex xmlns:y=\"2\" xmlns:z=\"1\" b=\"\" c=\"\" z:b=\"\" y:a=\"\" xml:lang=\"de\">",
            "</apex>"
        ),
    );
}

#[test]
fn comments_go_and_instructions_stay() {
    check(
        "<apex>a<!-- b -->c<?d  e?><?f?></apex>",
        &[],
        "<apex>ac<?d e?><?f?></apex>",
    );
}

#[test]
fn an_ancestors_xml_attributes_are_not_inherited() {
    check("<a xml:lang='de'><apex/></a>", &[], "<apex></apex>");
}

#[test]
fn characters_are_escaped_as_the_recommendation_says() {
    check(
        "<apex x='&lt;&amp;&quot;&#9;&#10;&#13;>'>&lt;&amp;&gt;&#13;\"'</apex>",
        &[],
        "<apex x=\"&lt;&amp;&quot;&#x9;&#xA;&#xD;>\">&lt;&amp;&gt;&#xD;\"'</apex>",
    );
}

// What stands around the document element belongs to the document.
#[test]
fn instructions_around_the_document_element_stand_on_lines_of_their_own() {
    let xml = "<?xml version='1.0'?>\n<?one  a?><!-- c --><?two?>\r\n<a><?in?></a> <?three b?>\n";
    let parsed = Document::parse(xml.as_bytes(), &Limits::ATTACHMENT).unwrap();
    let mut out = Vec::new();
    super::document(&parsed, |chunk| out.extend_from_slice(chunk));
    let expected = "<?one a?>\n<?two?>\n<a><?in?></a>\n<?three b?>";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    check(xml, &[], "<a><?in?></a>");
}
