//! Natural and legal persons.

use super::{address, country, date, parsed, scheme, text};
use mapping::Personal;
use mapping::noots::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

fn loa() -> BoxedStrategy<Loa> {
    prop::sample::select(Loa::ALL).boxed()
}

fn name() -> BoxedStrategy<Name> {
    (text(), of(text()))
        .prop_map(|(value, non_latin)| Name { value, non_latin })
        .boxed()
}

fn eidas() -> BoxedStrategy<EidasId> {
    parsed("[A-Z]{2}/[A-Z]{2}/[A-Za-z0-9-]{1,20}").boxed()
}

fn attributes() -> BoxedStrategy<Vec<SectorAttribute>> {
    vec(
        (text(), text(), text()).prop_map(|(name, uri, value)| SectorAttribute {
            name,
            uri,
            value,
        }),
        0..3,
    )
    .boxed()
}

fn natural() -> BoxedStrategy<NaturalPerson> {
    let first = (
        of(eidas()),
        date(),
        name(),
        name(),
        loa(),
        of(name()),
        of(text()),
        of(address()),
    );
    let second = (
        of(text()),
        attributes(),
        of(parsed::<IdNr>("[0-9]{11}")),
        vec(country(), 0..3),
        of(country()),
    );
    let third = (of(text()), of(country()), of(text()), of(text()));
    (first, second, third)
        .prop_map(|(first, second, third)| NaturalPerson {
            identifier: first.0,
            date_of_birth: first.1,
            family_name: first.2,
            given_name: first.3,
            loa: first.4,
            birth_name: first.5,
            place_of_birth: first.6,
            address: first.7,
            gender: second.0,
            sector_attributes: second.1,
            id_nr: second.2.map(Personal::new),
            nationalities: second.3,
            country_of_birth: second.4,
            town_of_birth: third.0,
            country_of_residence: third.1,
            phone: third.2,
            email: third.3,
        })
        .boxed()
}

fn legal() -> BoxedStrategy<LegalPerson> {
    let other = (text(), scheme()).prop_map(|(value, scheme)| LegalIdentifier { value, scheme });
    (
        eidas(),
        name(),
        loa(),
        vec(other, 0..3),
        of(address()),
        attributes(),
        of(text()),
        of(text()),
    )
        .prop_map(
            |(identifier, name, loa, identifiers, address, sector_attributes, phone, email)| {
                LegalPerson {
                    identifier,
                    name,
                    loa,
                    identifiers,
                    address,
                    sector_attributes,
                    phone,
                    email,
                }
            },
        )
        .boxed()
}

pub(super) fn subject() -> BoxedStrategy<Subject> {
    prop_oneof![
        natural().prop_map(|person| Subject::Natural(Box::new(person))),
        legal().prop_map(|person| Subject::Legal(Box::new(person))),
    ]
    .boxed()
}

pub(super) fn representative() -> BoxedStrategy<Representative> {
    prop_oneof![
        natural().prop_map(|person| Representative::Natural(Box::new(person))),
        legal().prop_map(|person| Representative::Legal(Box::new(person))),
    ]
    .boxed()
}
