//! Documents, what describes them, and when there are some.

use super::person::subject;
use super::{
    classification, date, identifier, language, model, parsed, some, text, time, titled, uuid,
};
use bytes::Bytes;
use mapping::Personal;
use mapping::noots::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

pub(super) fn distributed_as() -> BoxedStrategy<DistributedAs> {
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

pub(super) fn object() -> BoxedStrategy<RegistryObject> {
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

pub(super) fn availability<T: std::fmt::Debug + Clone>(
    one: impl Strategy<Value = T>,
) -> impl Strategy<Value = Availability<T>> {
    prop_oneof![
        some(one).prop_map(Availability::Now),
        time().prop_map(Availability::At)
    ]
}
