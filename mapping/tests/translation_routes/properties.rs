//! What both worlds know of a person comes back as it went.

use crate::world::{self, context, draw, order, request_draft, selection};
use mapping::edm::{self, Version};
use mapping::noots;
use mapping::{Personal, provide, retrieve};
use proptest::option::of;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = noots::Name> {
    ("[A-Za-zäöüßŻó' -]{2,20}", of("[а-я]{2,10}"))
        .prop_map(|(value, non_latin)| noots::Name { value, non_latin })
}

fn country() -> impl Strategy<Value = noots::CountryCode> {
    let listed: Vec<_> = context()
        .tables
        .countries()
        .iter()
        .map(|country| country.iso().clone())
        .collect();
    prop::sample::select(listed)
}

fn person() -> impl Strategy<Value = noots::NaturalPerson> {
    let places = (
        of("[A-Za-z]{2,9}"),
        of("[A-Za-z]{2,9}"),
        of(country()),
        of(country()),
        prop::collection::vec(country(), 0..3),
    );
    let rest = (
        of(name()),
        of(prop::sample::select(vec!["Male", "Female", "Unspecified"])),
        of("[0-9+ ]{3,9}"),
        of("[a-z]{2,5}@[a-z]{2,5}"),
    );
    let id =
        of("[A-Z]{2}/DE/[A-Z0-9]{6,20}"
            .prop_filter("a country", |id| edm::EidasId::new(id).is_ok()));
    (
        id,
        name(),
        name(),
        prop::sample::select(noots::Loa::ALL),
        1900_i16..2020,
        places,
        rest,
    )
        .prop_map(|(id, family, given, loa, year, places, rest)| {
            let born = jiff::civil::date(year, 5, 17);
            let mut person = noots::NaturalPerson::new(family, given, born, loa);
            person.identifier = id.map(|id| id.parse().unwrap());
            person.place_of_birth = places.0;
            person.town_of_birth = places.1;
            person.country_of_birth = places.2;
            person.country_of_residence = places.3.clone();
            person.address = places.3.map(noots::Address::of_country);
            person.nationalities = places.4;
            person.birth_name = rest.0;
            person.gender = rest.1.map(str::to_owned);
            person.phone = rest.2;
            person.email = rest.3;
            person
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_person_comes_back_as_it_went(person in person(), version in prop::sample::select(vec![Version::V1_2, Version::V2_0])) {
        let mut order = order();
        order.subject = noots::Subject::Natural(Box::new(person.clone()));
        let abroad = retrieve::to_edm(&order, selection(version), &context(), &mut draw(1)).unwrap();
        prop_assert!(abroad.warnings.is_empty());
        let draft = edm::RequestDraft { subject: abroad.message.subject().clone(), ..request_draft(version) };
        let request = edm::Request::new(draft).unwrap();
        let asking = provide::Asking { provider: world::provider(), place: None, id: world::message_id(1) };
        let back = provide::to_national(&request, &asking, &context()).unwrap().message;
        prop_assert_eq!(back.subject, noots::Subject::Natural(Box::new(person)));
    }

    #[test]
    fn the_identification_number_is_what_stays(person in person(), digits in "[0-9]{11}", version in prop::sample::select(Version::ALL.to_vec())) {
        let mut order = order();
        let with = noots::NaturalPerson { id_nr: Some(Personal::new(digits.parse().unwrap())), ..person.clone() };
        order.subject = noots::Subject::Natural(Box::new(with));
        let with = retrieve::to_edm(&order, selection(version), &context(), &mut draw(1)).unwrap().message;
        order.subject = noots::Subject::Natural(Box::new(noots::NaturalPerson { id_nr: None, ..person }));
        let without = retrieve::to_edm(&order, selection(version), &context(), &mut draw(1)).unwrap().message;
        prop_assert_eq!(with, without);
    }
}
