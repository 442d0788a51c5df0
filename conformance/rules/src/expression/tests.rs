use super::*;
use proptest::prelude::*;
use xml::{Document, Limits};

const TEXT: &str = r#"<query:QueryRequest xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"
    xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0" id="a">
  <rim:Slot name="One"><rim:Value> x  y </rim:Value></rim:Slot>
  <rim:Slot name="Two"><rim:Value>1</rim:Value><rim:Value>DE</rim:Value></rim:Slot>
  <rim:Slot name="Three" id="One"/>
</query:QueryRequest>"#;

fn lists() -> CodeLists {
    let codes = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    CodeLists::from([
        ("Country".to_owned(), codes(&["DE", "FR"])),
        ("Empty".to_owned(), codes(&[])),
    ])
}

fn compile(text: &str) -> Result<Expression, NotAnExpression> {
    Compiler::new(lists()).compile(text)
}

fn evaluate(text: &str) -> Result<bool, Fault> {
    let document = Document::parse(TEXT.as_bytes(), &Limits::REGREP).unwrap();
    let expression = compile(text).unwrap();
    let root = Item::Element(document.root());
    Focus::new(&document, 10_000).holds(&expression, &root)
}

#[track_caller]
fn check(text: &str, expected: bool) {
    assert_eq!(evaluate(text), Ok(expected), "{text}");
}

#[track_caller]
fn check_refused(text: &str, problem: &str) {
    let refused = compile(text).unwrap_err();
    assert_eq!(refused.problem, problem, "{text}");
}

#[test]
fn a_child_is_found_by_its_expanded_name() {
    check("rim:Slot", true);
    check("query:Slot", false);
}

#[test]
fn a_predicate_keeps_what_fulfils_it() {
    check("count(rim:Slot[@name = 'Two']/rim:Value) = 2", true);
    check("rim:Slot[@name = 'Four']", false);
}

#[test]
fn comparison_of_sequences_is_existential() {
    check("rim:Slot/@name = ('Nine', 'Two')", true);
    check("rim:Slot/@name != 'Two'", true);
    check("rim:Slot/@name = 'Nine'", false);
    check("not(rim:Slot/@name = 'Nine')", true);
}

#[test]
fn an_empty_sequence_equals_nothing() {
    check("@none = ''", false);
    check("@none != ''", false);
    check("normalize-space(@none) = ''", true);
}

#[test]
fn a_code_list_holds_whole_codes_only() {
    check("rim:Slot/rim:Value = $Country", true);
    check("'D' = $Country", false);
    check("'' = $Country", false);
    check("'' = $Empty", false);
}

#[test]
fn white_space_is_normalized_as_xpath_does() {
    check(
        "rim:Slot[@name = 'One']/rim:Value[normalize-space(.) = 'x y']",
        true,
    );
    check(
        "string-length(normalize-space(rim:Slot[@name = 'One'])) = 3",
        true,
    );
}

#[test]
fn patterns_are_searched_not_anchored() {
    check("matches(@id, 'A', 'i')", true);
    check("matches(@id, '^b')", false);
    check(
        "matches('xDE/', concat('(', string-join($Country, '|'), ')/$'))",
        true,
    );
}

#[test]
fn every_and_some_differ_on_an_empty_sequence() {
    check("every $x in rim:None satisfies $x = 'a'", true);
    check("some $x in rim:None satisfies $x = 'a'", false);
    check("every $x in rim:Slot satisfies $x/@name != 'One'", false);
}

#[test]
fn an_inner_variable_hides_an_outer_one() {
    check(
        "every $x in rim:Slot satisfies (some $x in ('a', 'b') satisfies $x = 'b')",
        true,
    );
}

#[test]
fn siblings_are_compared_as_a_full_engine_would() {
    check("exists(rim:Slot[@id = ../rim:Slot/@name])", true);
    check("count(rim:Slot[@name = ../rim:Slot/@id]) = 1", true);
    check("exists(rim:Slot[@id = ../rim:Slot[rim:Value]/@name])", true);
    check(
        "exists(rim:Slot[@id = ../rim:Slot[@name = 'Two']/@name])",
        false,
    );
}

#[test]
fn current_is_the_node_under_test() {
    check("exists(rim:Slot[current()/@id = 'a'])", true);
    check("exists(rim:Slot[current()/@id = @name])", false);
}

#[test]
fn numbers_are_compared_as_numbers() {
    check("count(rim:Slot) > 2", true);
    check("string-length(@id) < 10", true);
    check("count(rim:Slot) + count(@id) = 4", true);
    check("count(rim:Slot) > (if (@id) then 5 else 1)", false);
}

#[test]
fn truth_is_compared_as_truth() {
    check("exists(@id) = exists(rim:Slot)", true);
    check("exists(@id) = exists(rim:None)", false);
}

#[test]
fn a_string_function_refuses_several_items() {
    assert_eq!(evaluate("normalize-space(rim:Slot) = ''"), Err(Fault::Type));
}

#[test]
fn a_check_ends_when_its_steps_are_spent() {
    let document = Document::parse(TEXT.as_bytes(), &Limits::REGREP).unwrap();
    let expression = compile("//rim:Slot").unwrap();
    let spent = Focus::new(&document, 3).select(&expression).unwrap_err();
    assert_eq!(spent, Fault::Spent);
}

#[test]
fn what_is_outside_the_subset_is_refused() {
    check_refused("rim:Slot[1]", "positions are not in the subset");
    check_refused("Slot", "an element name needs a prefix");
    check_refused("nope:Slot", "this prefix is not bound");
    check_refused("doc('x')", "this function is not in the subset");
    check_refused("@a < @b", "only numbers have an order");
    check_refused("matches(., @a)", "pattern and flags must be constant");
    check_refused("$Nope", "no variable and no code list has this name");
    check_refused("rim:Slot rim:Slot", "more text than one expression");
    check_refused("count()", "wrong number of arguments");
    check_refused(&"(".repeat(200), "nested too deeply");
}

proptest! {
    #[test]
    fn no_text_makes_the_compiler_panic(text in "[a-z:@/\\[\\]()'$.=<>|+* ,0-9-]{0,60}") {
        let _result = compile(&text);
    }

    #[test]
    fn what_compiles_can_be_evaluated(text in
        "(rim:Slot|\\*|@\\*|\\.)(/(rim:Value|@name|\\.\\.))?(\\[(@name|rim:Value|not\\(@id\\))\\])?"
    ) {
        if compile(&text).is_ok() {
            let _result = evaluate(&text);
        }
    }
}
