//! What an access point is given: its keys, its partner, and the letters it sends

use anyhow::{Context, Result, anyhow};
use ebms::security::SigningKey;
use ebms::{EbmsCode, PModes, Partner, Party, PartyId, Payload, Property, Template};
use jiff::Timestamp;

use super::ROLE;
use crate::simulator::http::TlsIdentity;
use crate::simulator::journal::Keys;

/// The name of an access point
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartyName {
    /// PartyId
    pub id: String,
    /// Its type
    pub scheme: String,
}

impl PartyName {
    pub(super) fn party(&self) -> Result<Party> {
        let id = PartyId::new(&self.id, Some(&self.scheme)).context("party id")?;
        Ok(Party::new(id, ROLE))
    }
}

/// The access point on the other side
#[derive(Clone, Debug)]
pub struct PartnerSpec {
    /// Its name in the journal
    pub name: String,
    /// Its party name
    pub party: PartyName,
    /// Its URL
    pub endpoint: String,
    /// The certificate it signs with
    pub signing_pem: String,
    /// The certificate to encrypt for
    pub encryption_pem: String,
    /// The authority of its TLS certificate
    pub tls_root_pem: String,
}

/// Everything an access point needs to start
#[derive(Clone, Debug)]
pub struct AccessPointSpec {
    /// Its party name
    pub party: PartyName,
    /// Its TLS certificate
    pub tls: TlsIdentity,
    /// What it signs with
    pub signing: TlsIdentity,
    /// What it decrypts with
    pub decryption: TlsIdentity,
    /// Whom it talks to
    pub partner: PartnerSpec,
}

impl AccessPointSpec {
    pub(super) fn pmodes(&self) -> Result<PModes> {
        let template = Template::from_toml("oots", TEMPLATE)?;
        let partner = &self.partner;
        let text = format!(
            "template = \"oots\"\nendpoint = {:?}\n[[party]]\nvalue = {:?}\nscheme = {:?}\n\
             [signing]\ncertificates = [\"signing\"]\n[encryption]\ncertificate = \"encryption\"\n",
            partner.endpoint, partner.party.id, partner.party.scheme
        );
        let load = |name: &str| match name {
            "signing" => Ok(partner.signing_pem.clone().into_bytes()),
            "encryption" => Ok(partner.encryption_pem.clone().into_bytes()),
            other => Err(anyhow!("no certificate {other}")),
        };
        let partner = Partner::from_toml(PARTNER, &text, load)?;
        let own = PartyId::new(&self.party.id, Some(&self.party.scheme)).context("party id")?;
        PModes::new(vec![own], vec![template], vec![partner]).map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            anyhow!("P-Modes: {}", problems.join("; "))
        })
    }
}

/// A message to be sent, every value of the header open to tests
#[derive(Clone, Debug)]
pub struct Letter {
    /// MessageId
    pub message_id: String,
    /// ConversationId
    pub conversation_id: String,
    /// Action
    pub action: String,
    /// Service and its type, when not the usual one
    pub service: Option<(String, Option<String>)>,
    /// Sender, when not this access point
    pub from: Option<PartyName>,
    /// Addressee, when not the partner
    pub to: Option<PartyName>,
    /// Time of the message, when not now
    pub timestamp: Option<Timestamp>,
    /// Message properties
    pub properties: Vec<Property>,
    /// Payloads, the EDM message first
    pub payloads: Vec<Payload>,
    /// Key to sign with, when not the own one
    pub signing: Option<SigningKey>,
    /// The EDM request it is or answers, for the journal
    pub request_id: Option<String>,
}

impl Letter {
    pub(super) fn keys(&self) -> Keys {
        Keys {
            conversation: Some(self.conversation_id.clone()),
            request: self.request_id.clone(),
            message: Some(self.message_id.clone()),
            national: None,
        }
    }
}

/// What became of a letter
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// The partner proved that it has exactly what was sent
    Acknowledged,
    /// The partner refused it with these codes
    Refused(Vec<String>),
    /// Something came back that proves nothing
    Unproven(String),
}

impl Delivery {
    /// Whether sending the same again is pointless
    #[must_use]
    pub fn is_final(&self) -> bool {
        let passes = |code: &String| {
            code.parse::<EbmsCode>()
                .is_ok_and(|code| !code.is_permanent())
        };
        match self {
            Self::Acknowledged => true,
            Self::Refused(codes) => !codes.iter().all(passes),
            Self::Unproven(_) => false,
        }
    }
}

/// The template of every access point of the simulated world
const TEMPLATE: &str = r#"
[[service]]
value = "QueryManager"
type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
[rules]
required_properties = ["originalSender", "finalRecipient"]
uuid_properties = ["ExchangeId"]
conversation_id_is_uuid = true
"#;

/// The name the partner file would have
pub(super) const PARTNER: &str = "partner";
