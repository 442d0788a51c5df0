//! The head every national message carries: who made it, its identity, who reads it, who wrote it.

use super::id::{DateTime, MessageId};

/// Attributes of the message and its `nachrichtenkopf`. The message type is not repeated here: it
/// is the variant of [`super::Message`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// The software that made the message.
    pub product: Product,
    /// `test`: when present the message must not be processed in production.
    pub test: Option<String>,
    /// `nachrichtenUUID`.
    pub id: MessageId,
    /// `erstellungszeitpunkt`.
    pub created_at: DateTime,
    /// `leser`: the body the message is for.
    pub reader: Party,
    /// `autor`: the body that answers for the message.
    pub author: Party,
}

/// `produkt`, `produkthersteller`, `produktversion`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Product {
    /// Name of the software.
    pub name: String,
    /// Who makes it.
    pub maker: String,
    /// Its version.
    pub version: Option<String>,
}

/// A responsible body as the national directories list it.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Code of `verzeichnisdienst`, for example `DVDV`.
    pub directory: String,
    /// `kennung`, in the form `prefix:kennung`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ways to reach it.
    #[serde(default)]
    pub channels: Vec<Channel>,
}

/// `erreichbarkeit`: one way to reach a party.
#[derive(Clone, Debug, Eq, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Channel {
    /// Code of the XÖV list of channels.
    pub kind: String,
    /// Address in that channel.
    pub id: String,
    /// Addition.
    pub note: Option<String>,
}
