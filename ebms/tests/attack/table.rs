//! What was tried, group by group.

use super::tally::Group;
use std::{collections::BTreeSet, fmt::Write};

/// Every group, in the order of the catalogue.
fn groups() -> Vec<&'static Group> {
    vec![
        &super::wrapping::MESSAGING,
        &super::wrapping::SIBLINGS,
        &super::wrapping::BODY,
        &super::wrapping::DOUBLED,
        &super::reference::WRAPPING,
        &super::key::WRAPPING,
        &super::attachment::WRAPPING,
        &super::text::WRAPPING,
        &super::part::PARTS,
        &super::attachment::TYPES,
        &super::algorithm::SIGNATURE,
        &super::algorithm::ENCRYPTION,
        &super::reference::ABUSE,
        &super::key::CONFUSION,
        &super::certificate::STATES,
        &super::parser::XML,
        &super::mime::PACKAGE,
        &super::mime::COMPRESSION,
        &super::replay::REPLAY,
        &super::oracle::ORACLE,
        &super::receipt::RECEIPTS,
        &super::replay::IDS,
        &super::legal::LEGAL,
    ]
}

#[test]
fn every_attack_of_the_catalogue_was_tried_and_none_accepted() {
    let mut table = String::from(
        "| group | what | variants | formally valid | refused | read as sent | accepted |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let (mut tried, mut accepted) = (0, 0);
    let mut numbers = BTreeSet::new();
    for group in groups() {
        let Group {
            id,
            what,
            tried: variants,
            intact,
            refused,
            unchanged,
            accepted: taken,
            ..
        } = group;
        writeln!(
            table,
            "| {id} | {what} | {variants} | {intact} | {refused} | {unchanged} | {taken} |"
        )
        .unwrap();
        tried += variants;
        accepted += taken;
        numbers.extend(group.numbers.iter().copied());
    }
    writeln!(table, "{tried} variants, {accepted} accepted").unwrap();
    #[expect(clippy::print_stdout, reason = "the suite prints its table")]
    {
        println!("{table}");
    }
    assert_eq!(accepted, 0);
    assert!(
        numbers.into_iter().eq(1..=48),
        "a wrapping variant is missing"
    );
}
