//! Our side of one agreement: P-Mode, keys, and the messages we write.

use crate::{Result, draw, id, now};
use anyhow::{Context, anyhow};
use bytes::Bytes;
use ebms::{
    Draft, Leg, MessageId, Outgoing, PModes, Partner, Party, PartyId, Payload, Property, Service,
    Template,
    profile::GATEWAY_ROLE,
    security::{DecryptionKey, SigningKey},
    send::{self, Heading},
};
use std::{fs, path::Path};

/// Profiles by phase4's name, and by ours.
pub const PROFILES: [(&str, &str); 2] = [("cef", "rsa"), ("edelivery2-eddsa", "ed25519")];

/// Our side of one profile.
#[derive(Debug)]
pub struct Site {
    profile: String,
    pmodes: PModes,
    signing: SigningKey,
    decryption: DecryptionKey,
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// The message's id.
    pub id: MessageId,
    /// Service.
    pub service: Service,
    /// Action.
    pub action: String,
    /// Whether the outer corners are named, as four-corner profiles demand.
    pub corners: bool,
    /// Media type and content of each payload.
    pub payloads: Vec<(&'static str, Bytes)>,
}

impl Request {
    /// A query with these payloads.
    ///
    /// # Errors
    /// See [`id`].
    pub fn query(payloads: Vec<(&'static str, Bytes)>) -> Result<Self> {
        Ok(Self {
            id: id("bridge.example")?,
            service: Service::query_manager(),
            action: "ExecuteQueryRequest".to_owned(),
            corners: true,
            payloads,
        })
    }
}

impl Site {
    /// Reads the keys of a profile, by phase4's name for it.
    ///
    /// # Errors
    /// An unknown profile, or a file that is missing or unusable.
    pub fn open(folder: &Path, profile: &str) -> Result<Self> {
        Self::read(folder, profile, [BRIDGE, PHASE4])
    }

    /// Our engine in the place of phase4, with its keys: to compare the two as receivers.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn in_place_of_phase4(folder: &Path, profile: &str) -> Result<Self> {
        Self::read(folder, profile, [PHASE4, BRIDGE])
    }

    fn read(folder: &Path, profile: &str, [us, them]: [(&str, &str); 2]) -> Result<Self> {
        let (name, ours) = PROFILES
            .into_iter()
            .find(|(name, _)| *name == profile)
            .with_context(|| format!("no profile {profile}"))?;
        let folder = folder.join(name);
        let partner = PARTNER
            .replace("PROFILE", ours)
            .replace("PARTY", them.1)
            .replace("NAME", them.0);
        let partner = Partner::from_toml("partner", &partner, |file| fs::read(folder.join(file)))?;
        let template = Template::from_toml("interop", TEMPLATE)?;
        let party = PartyId::new(us.1, Some(SCHEME))?;
        let pmodes = PModes::new(vec![party], vec![template], vec![partner])
            .map_err(|problems| anyhow!("{problems:?}"))?;
        let file = |end: &str| {
            let file = format!("{}-{end}", us.0);
            fs::read(folder.join(&file)).context(file)
        };
        Ok(Self {
            profile: name.to_owned(),
            pmodes,
            signing: SigningKey::from_pkcs8_pem(&file("sign.key")?, &file("sign.pem")?)?,
            decryption: DecryptionKey::from_pkcs8_pem(
                &file("decrypt.key")?,
                &file("decrypt.pem")?,
            )?,
        })
    }

    /// phase4's name of the profile.
    pub fn profile(&self) -> &str {
        &self.profile
    }

    /// Everything agreed.
    pub fn pmodes(&self) -> &PModes {
        &self.pmodes
    }

    /// The key we sign with.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The key we decrypt with.
    pub fn decryption(&self) -> &DecryptionKey {
        &self.decryption
    }

    /// The other side as this one knows it.
    ///
    /// # Errors
    /// Never after [`Self::open`].
    pub fn partner(&self) -> Result<&Partner> {
        self.pmodes.partner("partner").context("no partner")
    }

    /// The octets of a message for phase4, over the leg agreed or one derived from it.
    ///
    /// # Errors
    /// The message cannot be written.
    pub fn write(&self, request: &Request, leg: &Leg) -> Result<Outgoing> {
        let partner = self.partner()?;
        let party = |name| Ok::<_, anyhow::Error>(PartyId::new(name, Some(SCHEME))?);
        let mut draft = Draft::new(Heading {
            message_id: request.id.clone(),
            timestamp: now(),
            conversation_id: crate::octets().parse()?,
            from: Party::new(party("AP_DE_01")?, GATEWAY_ROLE),
            to: Party::new(party("AP_P4_01")?, GATEWAY_ROLE),
            service: request.service.clone(),
            action: request.action.clone(),
        });
        if request.corners {
            draft = draft
                .with_property(Property::typed("originalSender", SCHEME, "BR_DE_01"))
                .with_property(Property::typed("finalRecipient", SCHEME, "BR_P4_01"));
        }
        for (number, (media_type, content)) in request.payloads.iter().enumerate() {
            let cid = format!("part-{number}-{}@bridge.example", crate::octets()).parse()?;
            draft = draft.with_payload(Payload::new(cid, media_type, content.clone()));
        }
        let recipient = partner.encryption_certificate();
        Ok(send::write(
            &draft,
            leg,
            &self.signing,
            recipient,
            &mut draw,
        )?)
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(octets: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The names of keys and parties.
const BRIDGE: (&str, &str) = ("bridge", "AP_DE_01");
const PHASE4: (&str, &str) = ("phase4", "AP_P4_01");

const SCHEME: &str = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots";

const PARTNER: &str = r#"
template = "interop"
endpoint = "http://127.0.0.1/"
[[party]]
value = "PARTY"
scheme = "urn:oasis:names:tc:ebcore:partyid-type:unregistered:oots"
[signing]
certificates = ["NAME-sign.pem"]
[encryption]
certificate = "NAME-decrypt.pem"
[security]
profile = "PROFILE"
"#;

const TEMPLATE: &str = r#"
[[service]]
value = "QueryManager"
type = "urn:oasis:names:tc:ebcore:ebrs:ebms:binding:1.0"
actions = ["ExecuteQueryRequest", "ExecuteQueryResponse", "ExceptionResponse"]
[rules]
required_properties = ["originalSender", "finalRecipient"]
"#;
