//! Messages of every release line and kind, made up.

mod value;

use mapping::{
    Personal,
    edm::{
        Association, Availability, ContentRef, Distribution, EdmErrorCode, ErrorDraft,
        ErrorProviderRole, ErrorResponse, Evidence, EvidenceMetadata, EvidenceType, Exception,
        LegalIdScheme, LegalIdentity, LegalPerson, MediaType, Message, NaturalIdentity,
        NaturalPerson, Package, Preview, PreviewMethod, ProviderClassification, Request,
        RequestDraft, RequestId, RequestedDistribution, RequestedEvidence, Requester, Requirement,
        Response, ResponseDraft, ResponseProvider, Subject, Supplement, SupplementKind,
        SupportedValues, ValidityPeriod, Version,
    },
};
use proptest::{
    collection::vec,
    option::of,
    prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof},
    sample::select,
};
use uuid::Uuid;
use value::{
    address, agent, agent_with_address, attribute, content, country, data_model, date, eidas,
    evidence_type, gender, instant, lang, loa, local_text, media_type, name, procedure, round,
    text, url, uuid,
};

pub(crate) fn version() -> BoxedStrategy<Version> {
    select(Version::ALL.to_vec()).boxed()
}

pub(crate) fn message(version: Version) -> BoxedStrategy<Message> {
    prop_oneof![
        request(version).prop_map(|request| Message::Request(Box::new(request))),
        response(version).prop_map(|response| Message::Response(Box::new(response))),
        error(version).prop_map(|error| Message::Error(Box::new(error))),
    ]
    .boxed()
}

pub(crate) fn encode(message: &Message) -> Vec<u8> {
    match message {
        Message::Request(request) => request.encode(),
        Message::Response(response) => response.encode(),
        Message::Error(error) => error.encode(),
    }
}

pub(crate) fn request(version: Version) -> BoxedStrategy<Request> {
    let flags = (any::<bool>(), any::<bool>());
    let head = (
        uuid(),
        of(lang()),
        instant(),
        procedure(),
        of(round()),
        flags,
    );
    let agents = (agent_with_address(), of(agent()), agent());
    let lists = (vec(requirement(), 1..4), vec(concept(), 0..3));
    let people = (
        subject(version),
        of(natural(version.min(Version::V1_2))),
        of(legal(version)),
    );
    (head, agents, lists, people, evidence(version))
        .prop_map(move |(head, agents, lists, people, evidence)| {
            Request::new(RequestDraft {
                version,
                id: RequestId::new(head.0),
                lang: head.1,
                issued_at: head.2,
                procedure: head.3,
                second_round: head.4,
                possibility_for_preview: head.5.0,
                explicit_request_given: head.5.1,
                requirements: lists.0,
                requester: Requester::new(agents.0).with_platform(agents.1),
                provider: agents.2,
                classifications: lists.1,
                subject: people.0,
                representative: people.1.map(Box::new),
                legal_representative: people.2.map(Box::new).filter(|_| version > Version::V1_0),
                evidence,
            })
            .unwrap()
        })
        .boxed()
}

pub(crate) fn response(version: Version) -> BoxedStrategy<Response> {
    let packages = vec(package(version), 0..3).prop_map(Availability::Now);
    let availability = prop_oneof![3 => packages, 1 => instant().prop_map(Availability::At)];
    let agents = (agent_with_address(), of(agent_with_address()), agent());
    (uuid(), uuid(), instant(), agents, availability)
        .prop_map(move |(request, id, issued_at, agents, availability)| {
            Response::new(ResponseDraft {
                version,
                request_id: RequestId::new(request),
                id: id.into(),
                issued_at,
                provider: ResponseProvider::new(agents.0).with_platform(agents.1),
                requester: agents.2,
                availability,
            })
            .unwrap()
        })
        .boxed()
}

pub(crate) fn error(version: Version) -> BoxedStrategy<ErrorResponse> {
    let most = if version == Version::V1_0 { 1 } else { 3 };
    let role = select(ErrorProviderRole::ALL.to_vec());
    let agents = (agent_with_address(), of(agent()), role);
    let known = vec(exception(), 1..=most).prop_flat_map(|e| (uuid().prop_map(Some), Just(e)));
    let unreadable = instant().prop_map(|at| {
        let exception = Exception::new(EdmErrorCode::InvalidRequest, at);
        (None, vec![exception])
    });
    (uuid(), agents, prop_oneof![4 => known, 1 => unreadable])
        .prop_map(move |(id, agents, (request, exceptions))| {
            ErrorResponse::new(ErrorDraft {
                version,
                request_id: request.map(RequestId::new),
                id: id.into(),
                provider: agents.0,
                role: agents.2,
                requester: agents.1,
                exceptions,
            })
            .unwrap()
        })
        .boxed()
}

fn exception() -> BoxedStrategy<Exception> {
    let plain = (select(EdmErrorCode::ALL.to_vec()), instant(), of(text()))
        .prop_map(|(code, at, detail)| Exception::new(code, at).with_detail(detail));
    let method = of(select(PreviewMethod::ALL.to_vec()));
    let preview = (url("/p"), vec(local_text(), 0..3), method, instant()).prop_map(
        |(location, descriptions, method, at)| {
            let preview = Preview::new(location.parse().unwrap())
                .with_descriptions(descriptions)
                .with_method(method);
            Exception::preview_required(preview, at)
        },
    );
    prop_oneof![plain, preview].boxed()
}

fn package(version: Version) -> BoxedStrategy<Package> {
    let packaged = version >= Version::V2_0;
    let more = if packaged { 2 } else { 0 };
    let supplements = vec(supplement_parts(), 0..=more);
    (
        uuid(),
        main(version),
        vec(main(version), 0..=more),
        supplements,
    )
        .prop_map(|(id, first, others, supplements)| {
            let target = first.id();
            let package = Package::new(id.into(), first);
            let package = others.into_iter().fold(package, Package::with_main);
            let supplements = supplements.into_iter().map(|(kind, ids, content, form)| {
                let tie = Association::new(ids[2].into(), target);
                let document = (ids[0].into(), ids[1].into());
                Supplement::new(kind, document, content, form, tie).classified(ids[3].into())
            });
            package.with_supplements(supplements.collect())
        })
        .boxed()
}

type SupplementParts = (
    SupplementKind,
    [Uuid; 4],
    (ContentRef, String),
    Distribution,
);

fn supplement_parts() -> BoxedStrategy<SupplementParts> {
    let kind = select(SupplementKind::ALL.to_vec());
    let ids = (uuid(), uuid(), uuid(), uuid()).prop_map(|(a, b, c, d)| [a, b, c, d]);
    let form = vec(lang(), 0..2)
        .prop_map(|languages| Distribution::new(MediaType::Pdf).with_languages(languages));
    (kind, ids, (content(), text()), form).boxed()
}

fn main(version: Version) -> BoxedStrategy<Evidence> {
    let ids = (uuid(), uuid(), uuid());
    let about = subject(version).prop_map(|subject| subject.identity());
    let kind = (evidence_type(), local_text(), vec(local_text(), 0..2)).prop_map(
        |(id, title, descriptions)| EvidenceType::new(id, title).with_descriptions(descriptions),
    );
    let validity = of((date(), date()).prop_map(|(from, to)| ValidityPeriod::new(from, to)));
    let form = (date(), distribution(version), validity);
    (ids, (content(), text()), about, (agent(), kind), form)
        .prop_map(|(ids, content, about, (authority, kind), form)| {
            let metadata =
                EvidenceMetadata::new(ids.2.into(), about, authority, kind, (form.0, form.1))
                    .with_validity(form.2);
            Evidence::new(ids.0.into(), content.0, content.1, metadata).classified(ids.1.into())
        })
        .boxed()
}

fn distribution(version: Version) -> BoxedStrategy<Distribution> {
    let subset = version < Version::V2_0;
    (
        media_type(),
        vec(lang(), 0..3),
        data_model(version),
        any::<bool>(),
    )
        .prop_map(move |(format, languages, model, named)| {
            let named = named || format.is_structured();
            Distribution::new(format)
                .with_languages(languages)
                .with_conforms_to(named.then(|| model.clone()))
                .with_transformation((named && subset).then_some(model))
        })
        .boxed()
}

fn evidence(version: Version) -> BoxedStrategy<RequestedEvidence> {
    let two = version >= Version::V2_0;
    let forms = vec(requested(version), if two { 1..3 } else { 1..2 });
    let texts = (local_text(), vec(local_text(), 0..2));
    (uuid(), evidence_type(), texts, forms)
        .prop_map(|(id, kind, (title, descriptions), forms)| {
            RequestedEvidence::new(id.into(), kind, title)
                .with_descriptions(descriptions)
                .with_distributions(forms)
        })
        .boxed()
}

fn requested(version: Version) -> BoxedStrategy<RequestedDistribution> {
    let associated = vec(select(SupplementKind::ALL.to_vec()), 0..3);
    (distribution(version), associated)
        .prop_map(|(form, associated)| {
            RequestedDistribution::new(form.format().clone())
                .with_conforms_to(form.conforms_to().cloned())
                .with_transformation(form.transformation().cloned())
                .with_languages(form.languages().to_vec())
                .with_associated(associated)
        })
        .boxed()
}

fn requirement() -> BoxedStrategy<Requirement> {
    (uuid(), local_text(), vec(local_text(), 0..2))
        .prop_map(|(id, name, descriptions)| {
            let id = format!("https://sr.oots.tech.ec.europa.eu/requirements/{id}");
            Requirement::new(id.parse().unwrap(), name).with_descriptions(descriptions)
        })
        .boxed()
}

fn concept() -> BoxedStrategy<ProviderClassification> {
    let values = prop_oneof![
        vec(text(), 1..3).prop_map(SupportedValues::Strings),
        vec(any::<bool>(), 1..3).prop_map(SupportedValues::Booleans),
        vec(date(), 1..3).prop_map(SupportedValues::Dates),
    ];
    let list = "https://sr.oots.tech.ec.europa.eu/codelists/DE/federalStates";
    (
        uuid(),
        values,
        any::<bool>(),
        of(url("/v")),
        vec(local_text(), 0..2),
    )
        .prop_map(move |(id, values, listed, expression, descriptions)| {
            ProviderClassification::new(id.into(), "codelist", values)
                .with_scheme(listed.then(|| list.to_owned()))
                .with_value_expression(expression)
                .with_descriptions(descriptions)
        })
        .boxed()
}

fn subject(version: Version) -> BoxedStrategy<Subject> {
    prop_oneof![
        natural(version).prop_map(|person| Subject::Natural(Box::new(person))),
        legal(version).prop_map(|person| Subject::Legal(Box::new(person))),
    ]
    .boxed()
}

fn natural(version: Version) -> BoxedStrategy<NaturalPerson> {
    let plain = version == Version::V1_0;
    let identity = (
        name(plain),
        name(plain),
        date(),
        of(name(plain)),
        of(eidas(version)),
    );
    let basic = (of(name(plain)), of(address()), of(gender(version)));
    let countries = (vec(country(), 0..3), of(country()), of(country()));
    let contact = (
        of(name(plain)),
        of(text()),
        of(text()),
        vec(attribute(), 0..2),
    );
    (loa(), identity, basic, countries, contact)
        .prop_map(|(loa, identity, basic, countries, contact)| {
            let personal = |country| Personal::new(country);
            let who = NaturalIdentity::new(identity.0, identity.1, identity.2)
                .with_place_of_birth(identity.3.map(Personal::new))
                .with_identifier(identity.4);
            NaturalPerson::new(loa, who)
                .with_birth_name(basic.0.map(Personal::new))
                .with_current_address(basic.1.map(Personal::new))
                .with_gender(basic.2.map(Personal::new))
                .with_nationalities(countries.0.into_iter().map(personal).collect())
                .with_country_of_birth(countries.1.map(Personal::new))
                .with_country_of_residence(countries.2.map(Personal::new))
                .with_town_of_birth(contact.0.map(Personal::new))
                .with_phone(contact.1.map(Personal::new))
                .with_email(contact.2.map(Personal::new))
                .with_attributes(contact.3)
        })
        .boxed()
}

fn legal(version: Version) -> BoxedStrategy<LegalPerson> {
    let plain = version == Version::V1_0;
    let scheme = select(LegalIdScheme::ALL.to_vec());
    let others = vec((scheme, text().prop_map(Personal::new)), 0..3);
    let contact = (of(text()), of(text()), vec(attribute(), 0..2));
    (
        loa(),
        name(plain),
        eidas(Version::V1_2),
        (others, of(address())),
        contact,
    )
        .prop_map(|(loa, name, id, (others, address), contact)| {
            LegalPerson::new(loa, LegalIdentity::new(name).with_identifier(id))
                .with_other_identifiers(others)
                .with_registered_address(address.map(Personal::new))
                .with_phone(contact.0.map(Personal::new))
                .with_email(contact.1.map(Personal::new))
                .with_attributes(contact.2)
        })
        .boxed()
}
