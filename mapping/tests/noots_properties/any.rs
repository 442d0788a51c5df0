//! Arbitrary national messages.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::civil::Date;
use mapping::Personal;
use mapping::noots::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use uuid::Uuid;

/// Whatever XML can carry, with the characters JSON escapes well represented.
fn text() -> impl Strategy<Value = String> {
    "([a-zA-ZäöüßŻ0-9 \"\\\\/\n\t\r<>&\u{7f}\u{1f600}\u{fffd}]{0,12})"
}

fn parsed<T: std::str::FromStr<Err = Malformed> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text: String| text.parse().unwrap())
}

fn uuid() -> impl Strategy<Value = Uuid> {
    any::<u128>().prop_map(Uuid::from_u128)
}

fn message_id() -> BoxedStrategy<MessageId> {
    uuid().prop_map(MessageId::new).boxed()
}

fn response_id() -> BoxedStrategy<ResponseId> {
    uuid().prop_map(ResponseId::new).boxed()
}

fn time() -> BoxedStrategy<DateTime> {
    (-60_000_000_000_i64..250_000_000_000_000)
        .prop_map(|ms| Timestamp::from_millisecond(ms).unwrap().into())
        .boxed()
}

fn date() -> BoxedStrategy<Date> {
    (1900_i16..2100, 1_i8..13, 1_i8..29)
        .prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
        .boxed()
}

fn language() -> BoxedStrategy<LanguageCode> {
    parsed("[a-z]{2}").boxed()
}

fn country() -> BoxedStrategy<CountryCode> {
    parsed("[A-Z]{2}").boxed()
}

fn scheme() -> BoxedStrategy<SchemeId> {
    prop_oneof![
        parsed("urn:cef\\.eu:names:identifier:EAS:[0-9]{4}"),
        parsed("urn:oasis:names:tc:ebcore:partyid-type:unregistered:[A-Z]{2}"),
    ]
    .boxed()
}

fn model() -> BoxedStrategy<DataModel> {
    parsed("https://sr\\.oots\\.tech\\.ec\\.europa\\.eu/datamodels/[a-zA-Z0-9./-]{1,12}").boxed()
}

fn classification() -> BoxedStrategy<EvidenceTypeId> {
    ("[A-Z]{2}", uuid())
        .prop_map(|(place, id)| {
            format!("https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/{place}/{id}")
                .parse()
                .unwrap()
        })
        .boxed()
}

fn some<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = OneOrMore<T>> {
    vec(one, 1..3).prop_map(|all| OneOrMore::new(all).unwrap())
}

fn titled() -> BoxedStrategy<Text> {
    (text(), language())
        .prop_map(|(value, language)| Text { value, language })
        .boxed()
}

fn identifier() -> BoxedStrategy<Identifier> {
    (text(), scheme())
        .prop_map(|(value, scheme)| Identifier { value, scheme })
        .boxed()
}

fn address() -> BoxedStrategy<Address> {
    (
        of(text()),
        of(text()),
        of(text()),
        of(country()),
        of(text()),
        of(text()),
        of(text()),
    )
        .prop_map(
            |(full, thoroughfare, locator, country, region, post_code, post_city)| Address {
                full,
                thoroughfare,
                locator,
                country,
                region,
                post_code,
                post_city,
            },
        )
        .boxed()
}

fn agent(class: AgentClass) -> BoxedStrategy<Agent> {
    (identifier(), some(titled()), country(), address())
        .prop_map(move |(identifier, names, country, address)| Agent {
            identifier,
            names,
            address: Some(Address {
                country: Some(country),
                ..address
            }),
            class,
        })
        .boxed()
}

fn requesters() -> BoxedStrategy<Agents> {
    (
        agent(AgentClass::EvidenceRequester),
        of(agent(AgentClass::IntermediaryPlatform)),
    )
        .prop_map(|(er, ip)| {
            let mut all = OneOrMore::one(er);
            ip.into_iter().for_each(|ip| all.push(ip));
            Agents::new(all).unwrap()
        })
        .boxed()
}

fn both_providers() -> BoxedStrategy<Agents> {
    (
        agent(AgentClass::EvidenceProvider),
        agent(AgentClass::IntermediaryPlatform),
    )
        .prop_map(|(ep, ip)| {
            let mut all = OneOrMore::one(ep);
            all.push(ip);
            Agents::new(all).unwrap()
        })
        .boxed()
}

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

fn subject() -> BoxedStrategy<Subject> {
    prop_oneof![
        natural().prop_map(|person| Subject::Natural(Box::new(person))),
        legal().prop_map(|person| Subject::Legal(Box::new(person))),
    ]
    .boxed()
}

fn representative() -> BoxedStrategy<Representative> {
    prop_oneof![
        natural().prop_map(|person| Representative::Natural(Box::new(person))),
        legal().prop_map(|person| Representative::Legal(Box::new(person))),
    ]
    .boxed()
}

fn distributed_as() -> BoxedStrategy<DistributedAs> {
    let format = parsed::<MediaType>("(image/png|application/(pdf|xml|json|x-[a-z]{1,5}))");
    let format = (format, any::<bool>());
    (some(format), of(model()), of(model()))
        .prop_map(|(formats, conforms_to, transformation)| {
            let numbered =
                formats
                    .into_vec()
                    .into_iter()
                    .zip(1..)
                    .map(|((format, numbered), priority)| PrioritizedFormat {
                        format,
                        priority: numbered.then_some(priority),
                    });
            let formats = OneOrMore::new(numbered.collect()).unwrap();
            DistributedAs::new(formats)
                .unwrap()
                .with_model(conforms_to, transformation)
        })
        .boxed()
}

fn metadata() -> BoxedStrategy<EvidenceMetadata> {
    let validity = (date(), date()).prop_map(|(start, end)| ValidityPeriod { start, end });
    let authority = (identifier(), some(titled()))
        .prop_map(|(identifier, names)| IssuingAuthority { identifier, names });
    let distribution =
        (distributed_as(), vec(language(), 0..3)).prop_map(|(distributed_as, languages)| {
            Distribution {
                distributed_as,
                languages,
            }
        });
    let conformity = (classification(), some(titled()), vec(titled(), 0..2)).prop_map(
        |(classification, titles, descriptions)| EvidenceConformity {
            classification,
            titles,
            descriptions,
        },
    );
    (
        text(),
        date(),
        of(validity),
        authority,
        distribution,
        conformity,
    )
        .prop_map(
            |(title, issued_on, validity, authority, distribution, conforms_to)| EvidenceMetadata {
                title,
                issued_on,
                validity,
                authority,
                distribution,
                conforms_to,
            },
        )
        .boxed()
}

fn object() -> BoxedStrategy<RegistryObject> {
    let item = prop_oneof![
        vec(any::<u8>(), 0..200)
            .prop_map(|bytes| RepositoryItem::Content(Personal::new(Bytes::from(bytes)))),
        text().prop_map(RepositoryItem::Reference),
    ];
    let signature = vec(any::<u8>(), 0..50).prop_map(|bytes| Signature::new(Bytes::from(bytes)));
    (uuid(), metadata(), item, subject(), of(signature))
        .prop_map(|(id, metadata, item, subject, signature)| RegistryObject {
            id: ObjectId::new(id),
            metadata,
            item,
            subject,
            signature,
        })
        .boxed()
}

fn availability<T: std::fmt::Debug + Clone>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = Availability<T>> {
    prop_oneof![
        some(one).prop_map(Availability::Now),
        time().prop_map(Availability::At)
    ]
}

fn header() -> BoxedStrategy<Header> {
    let product = (text(), text(), of(text())).prop_map(|(name, maker, version)| Product {
        name,
        maker,
        version,
    });
    (product, of(text()), message_id(), time(), party(), party())
        .prop_map(|(product, test, id, created_at, reader, author)| Header {
            product,
            test,
            id,
            created_at,
            reader,
            author,
        })
        .boxed()
}

fn party() -> BoxedStrategy<Party> {
    let channel =
        (text(), text(), of(text())).prop_map(|(kind, id, note)| Channel { kind, id, note });
    (text(), text(), text(), vec(channel, 0..3))
        .prop_map(|(directory, id, name, channels)| Party {
            directory,
            id,
            name,
            channels,
        })
        .boxed()
}

fn evidence_request() -> BoxedStrategy<EvidenceRequest> {
    let requested = (
        classification(),
        some(titled()),
        vec(titled(), 0..2),
        uuid(),
        distributed_as(),
    )
        .prop_map(|(classification, titles, descriptions, id, distribution)| {
            RequestedEvidenceType {
                classification,
                titles,
                descriptions,
                id: DataServiceId::new(id),
                distribution,
            }
        });
    let first = (
        header(),
        time(),
        of(text()),
        of(text()),
        language(),
        of(text()),
    );
    let second = (
        requesters(),
        agent(AgentClass::EvidenceProvider),
        of(representative()),
        subject(),
    );
    (first, second, requested, of(parsed::<Ars>("[0-9]{12}")))
        .prop_map(
            |(first, second, evidence_type, jurisdiction)| EvidenceRequest {
                header: first.0,
                issued_at: first.1,
                legal_basis: first.2,
                purpose: first.3,
                language: first.4,
                token: first.5.map(IssuedToken::new),
                requesters: second.0,
                provider: second.1,
                representative: second.2,
                subject: second.3,
                evidence_type,
                jurisdiction,
            },
        )
        .boxed()
}

fn evidence_response() -> BoxedStrategy<EvidenceResponse> {
    let provided = availability(object());
    (
        header(),
        message_id(),
        time(),
        requesters(),
        response_id(),
        agent(AgentClass::EvidenceProvider),
        provided,
    )
        .prop_map(
            |(header, request_id, issued_at, requesters, id, provider, availability)| {
                EvidenceResponse {
                    header,
                    request_id,
                    issued_at,
                    requesters,
                    id,
                    availability: match availability {
                        Availability::At(time) => Availability::At(time),
                        Availability::Now(objects) => {
                            let reference = |object| ProvidedObject {
                                object,
                                provider: provider.identifier.clone(),
                            };
                            let objects = objects.into_vec().into_iter().map(reference).collect();
                            Availability::Now(OneOrMore::new(objects).unwrap())
                        }
                    },
                    providers: Agents::one(provider).unwrap(),
                }
            },
        )
        .boxed()
}

fn error() -> BoxedStrategy<Box<EvidenceErrorResponse>> {
    let code = parsed::<ErrorCode>("(EDM:ERR:000[0-9]|NOOTS:ERR:0[0-9]{3}|[A-Z]{1,9})");
    let exception = (code, of(text()), of(time())).prop_map(|(code, detail, at)| Exception {
        code,
        detail,
        at,
    });
    let provider = agent(AgentClass::ErrorProvider);
    (
        header(),
        message_id(),
        response_id(),
        time(),
        provider,
        requesters(),
        some(exception),
    )
        .prop_map(
            |(header, request_id, id, issued_at, error_provider, requesters, exceptions)| {
                Box::new(EvidenceErrorResponse {
                    header,
                    request_id,
                    id,
                    issued_at,
                    error_provider,
                    requesters,
                    exceptions,
                })
            },
        )
        .boxed()
}

fn evidence_order() -> BoxedStrategy<EvidenceOrder> {
    let requirement =
        (uuid(), titled(), of(country())).prop_map(|(id, name, country)| Requirement {
            id: format!("https://sr.oots.tech.ec.europa.eu/requirements/{id}")
                .parse()
                .unwrap(),
            name,
            country,
        });
    let first = (
        header(),
        time(),
        of(text()),
        of(text()),
        language(),
        of(text()),
    );
    let second = (
        agent(AgentClass::IntermediaryPlatform),
        requesters(),
        parsed::<ProcedureCode>("[A-Z]{1,2}[0-9]"),
    );
    let third = (vec(requirement, 0..3), of(representative()), subject());
    let back =
        parsed::<ReturnUrl>("https://[a-z]{1,9}\\.example\\.de/[a-z0-9/]{0,9}(\\?[a-z]=%20)?");
    (first, second, third, back)
        .prop_map(|(first, second, third, return_url)| EvidenceOrder {
            header: first.0,
            issued_at: first.1,
            legal_basis: first.2,
            purpose: first.3,
            language: first.4,
            token: first.5.map(IssuedToken::new),
            platform: second.0,
            requesters: second.1,
            procedure: second.2,
            requirements: third.0,
            representative: third.1,
            subject: third.2,
            return_url,
        })
        .boxed()
}

fn order_response() -> BoxedStrategy<EvidenceOrderResponse> {
    (
        header(),
        message_id(),
        time(),
        requesters(),
        both_providers(),
        response_id(),
        text(),
        uuid(),
    )
        .prop_map(
            |(
                header,
                order_id,
                issued_at,
                requesters,
                providers,
                id,
                url_to_platform,
                conversation,
            )| {
                EvidenceOrderResponse {
                    header,
                    order_id,
                    issued_at,
                    requesters,
                    providers,
                    id,
                    url_to_platform,
                    conversation_id: ConversationId::new(conversation),
                }
            },
        )
        .boxed()
}

fn get_evidence() -> BoxedStrategy<GetEvidence> {
    (header(), time(), of(text()), of(text()), uuid())
        .prop_map(
            |(header, issued_at, legal_basis, purpose, conversation)| GetEvidence {
                header,
                issued_at,
                legal_basis,
                purpose,
                conversation_id: ConversationId::new(conversation),
            },
        )
        .boxed()
}

fn get_evidence_response() -> BoxedStrategy<GetEvidenceResponse> {
    let result =
        (both_providers(), availability(object())).prop_map(|(providers, availability)| {
            EvidenceResult {
                providers,
                availability,
            }
        });
    (
        header(),
        message_id(),
        time(),
        requesters(),
        response_id(),
        some(result),
    )
        .prop_map(
            |(header, request_id, issued_at, requesters, id, results)| GetEvidenceResponse {
                header,
                request_id,
                issued_at,
                requesters,
                id,
                results,
            },
        )
        .boxed()
}

/// Any message.
pub(crate) fn message() -> BoxedStrategy<Message> {
    prop_oneof![
        evidence_request().prop_map(|message| Message::EvidenceRequest(Box::new(message))),
        evidence_response().prop_map(|message| Message::EvidenceResponse(Box::new(message))),
        error().prop_map(Message::EvidenceErrorResponse),
        evidence_order().prop_map(|message| Message::EvidenceOrder(Box::new(message))),
        order_response().prop_map(|message| Message::EvidenceOrderResponse(Box::new(message))),
        error().prop_map(Message::EvidenceOrderErrorResponse),
        get_evidence().prop_map(|message| Message::GetEvidence(Box::new(message))),
        get_evidence_response().prop_map(|message| Message::GetEvidenceResponse(Box::new(message))),
        error().prop_map(Message::GetEvidenceErrorResponse),
    ]
    .boxed()
}
