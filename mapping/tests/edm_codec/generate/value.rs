//! The values messages are made of.

use jiff::{Timestamp, civil::Date};
use mapping::edm::{
    Address, Agent, AgentId, ContentRef, CountryCode, DataModel, EidasId, EvidenceTypeId, Gender,
    IdentifierScheme, LanguageCode, Loa, MediaType, Name, ProcedureCode, ReturnUrl, SecondRound,
    SectorAttribute, Text, Version,
};
use proptest::{
    collection::vec,
    option::of,
    prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof},
    sample::select,
};
use uuid::Uuid;

pub(super) fn attribute() -> BoxedStrategy<SectorAttribute> {
    prop_oneof![
        (text(), text()).prop_map(|(n, v)| SectorAttribute::new(n, "http://example.org/a", v)),
        Just(SectorAttribute::representation("X4")),
    ]
    .boxed()
}

pub(super) fn round() -> BoxedStrategy<SecondRound> {
    (url("/preview"), url("/back"))
        .prop_map(|(preview, back)| {
            let back: ReturnUrl = back.parse().unwrap();
            SecondRound::new(preview.parse().unwrap()).with_back(back)
        })
        .boxed()
}

pub(super) fn agent() -> BoxedStrategy<Agent> {
    let scheme = prop_oneof![
        Just(
            "urn:cef.eu:names:identifier:EAS:0204"
                .parse::<IdentifierScheme>()
                .unwrap()
        ),
        country().prop_map(IdentifierScheme::unregistered),
    ];
    (text(), scheme, local_text(), vec(local_text(), 0..2))
        .prop_map(|(value, scheme, name, more)| {
            let agent = Agent::new(AgentId::new(&value, scheme).unwrap(), name);
            more.into_iter().fold(agent, Agent::with_name)
        })
        .boxed()
}

pub(super) fn agent_with_address() -> BoxedStrategy<Agent> {
    (agent(), address())
        .prop_map(|(agent, address)| agent.with_address(address))
        .boxed()
}

pub(super) fn address() -> BoxedStrategy<Address> {
    let street = (of(text()), of(text()), of(text()));
    let place = (
        of(text()),
        of(text()),
        country(),
        of(Just("DE600".to_owned())),
    );
    (street, place)
        .prop_map(|(street, place)| {
            Address::new(place.2)
                .with_full(street.0)
                .with_locator(street.1)
                .with_thoroughfare(street.2)
                .with_post_code(place.0)
                .with_post_city(place.1)
                .with_region(place.3)
        })
        .boxed()
}

pub(super) fn eidas(version: Version) -> BoxedStrategy<EidasId> {
    let usual = (country(), country(), "[A-Za-z0-9/-]{6,40}")
        .prop_map(|(from, to, value)| EidasId::new(&format!("{from}/{to}/{value}")).unwrap());
    if version >= Version::V2_0 {
        let test = "[0-9a-f]{20}".prop_map(|value| EidasId::eidas2(&value).unwrap());
        prop_oneof![4 => usual, 1 => test].boxed()
    } else {
        usual.boxed()
    }
}

pub(super) fn gender(version: Version) -> BoxedStrategy<Gender> {
    let mut all = vec![Gender::Male, Gender::Female, Gender::Unspecified];
    if version >= Version::V2_0 {
        all.push("9".parse().unwrap());
    }
    select(all).boxed()
}

pub(super) fn name(plain: bool) -> BoxedStrategy<Name> {
    (text(), of(text()))
        .prop_map(move |(latin, other)| Name::new(latin).with_non_latin(other.filter(|_| !plain)))
        .boxed()
}

pub(super) fn local_text() -> BoxedStrategy<Text> {
    (lang(), text())
        .prop_map(|(lang, text)| Text::new(lang, text))
        .boxed()
}

/// Two to twenty characters, among them those that XML escapes.
pub(super) fn text() -> BoxedStrategy<String> {
    "[A-Za-zäß\u{3b1}\u{10400}<>&\"'-][A-Za-z <>&\"'\\-/äß]{0,18}[A-Za-z&<>\"']".boxed()
}

pub(super) fn url(path: &'static str) -> BoxedStrategy<String> {
    "[a-z]{1,12}(\\?[a-z]{1,5}=[a-z0-9&]{0,9})?"
        .prop_map(move |tail| format!("https://space.example{path}/{tail}"))
        .boxed()
}

pub(super) fn content() -> BoxedStrategy<ContentRef> {
    "[A-Za-z0-9-]{1,20}@[a-z0-9.]{1,20}"
        .prop_map(|id| id.parse().unwrap())
        .boxed()
}

pub(super) fn evidence_type() -> BoxedStrategy<EvidenceTypeId> {
    (country(), uuid())
        .prop_map(|(country, uuid)| {
            let base = "https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications";
            format!("{base}/{country}/{uuid}").parse().unwrap()
        })
        .boxed()
}

pub(super) fn data_model(version: Version) -> BoxedStrategy<DataModel> {
    let path = match version {
        Version::V1_0 => "distributions",
        _ => "datamodels",
    };
    "[a-z]{3,8}"
        .prop_map(move |name| {
            let url = format!("https://sr.oots.tech.ec.europa.eu/{path}/{name}-1.0.0");
            url.parse().unwrap()
        })
        .boxed()
}

pub(super) fn media_type() -> BoxedStrategy<MediaType> {
    let all = [
        "image/jpeg",
        "application/json",
        "image/png",
        "application/pdf",
        "application/xml",
    ];
    select(all.to_vec())
        .prop_map(|text| text.parse().unwrap())
        .boxed()
}

pub(super) fn procedure() -> BoxedStrategy<ProcedureCode> {
    select(vec!["R1", "T3", "X4", "AM1", "X10", "00"])
        .prop_map(|text| text.parse().unwrap())
        .boxed()
}

pub(super) fn lang() -> BoxedStrategy<LanguageCode> {
    select(vec!["EN", "DE", "FR", "EL"])
        .prop_map(|text| text.parse().unwrap())
        .boxed()
}

pub(super) fn country() -> BoxedStrategy<CountryCode> {
    select(vec!["DE", "FR", "EL", "NO"])
        .prop_map(|text| text.parse().unwrap())
        .boxed()
}

pub(super) fn loa() -> BoxedStrategy<Loa> {
    select(Loa::ALL.to_vec()).boxed()
}

pub(super) fn uuid() -> BoxedStrategy<Uuid> {
    any::<u128>().prop_map(Uuid::from_u128).boxed()
}

pub(super) fn instant() -> BoxedStrategy<Timestamp> {
    (1_600_000_000_000_i64..2_100_000_000_000)
        .prop_map(|at| Timestamp::from_millisecond(at).unwrap())
        .boxed()
}

pub(super) fn date() -> BoxedStrategy<Date> {
    (1900_i16..2100, 1_i8..=12, 1_i8..=28)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
        .boxed()
}
