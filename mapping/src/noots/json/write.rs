//! From a message to text: the mirror of `read`.

mod evidence;
mod message;
mod party;
mod subject;

use super::pen::{Object, Pen, write_code};
use crate::noots::Message;
use crate::noots::evidence::{Availability, RegistryObject, RepositoryItem};

/// Writes a message.
pub(super) fn message(message: &Message) -> Vec<u8> {
    let mut pen = Pen::with_capacity(4096 + evidence_bytes(message));
    pen.object(|object| {
        object.object(message.message_type().as_str(), |object| {
            message::write(object, message)
        });
    });
    pen.finish()
}

/// Room for the base64 of all documents, so that large ones are not copied while the text grows.
fn evidence_bytes(message: &Message) -> usize {
    let item = |object: &RegistryObject| match &object.item {
        RepositoryItem::Content(bytes) => bytes.expose().len().div_ceil(3) * 4 + 2048,
        RepositoryItem::Reference(_) => 2048,
    };
    match message {
        Message::EvidenceResponse(response) => match &response.availability {
            Availability::Now(objects) => objects.iter().map(|object| item(&object.object)).sum(),
            Availability::At(_) => 0,
        },
        Message::GetEvidenceResponse(response) => {
            let objects = response
                .results
                .iter()
                .filter_map(|result| match &result.availability {
                    Availability::Now(objects) => Some(objects),
                    Availability::At(_) => None,
                });
            objects.flatten().map(item).sum()
        }
        _ => 0,
    }
}
