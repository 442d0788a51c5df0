//! What was agreed for one kind of message: a service and an action between two parties.

use super::{KeyDerivation, Profile, TokenKind, read::Table};
use crate::{header::Service, profile};

/// What was agreed for messages to one partner.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Leg {
    pub(crate) profile: Profile,
    pub(crate) signature_token: TokenKind,
    pub(crate) encryption_token: TokenKind,
    pub(crate) encrypt: bool,
    pub(crate) compress: bool,
    pub(crate) agreement: Option<String>,
    pub(crate) mpc: Option<String>,
    pub(crate) key_derivation: KeyDerivation,
    pub(crate) legacy_oaep: bool,
}

impl Default for Leg {
    /// The leg of the OOTS P-Mode: profile `rsa`, certificates by value, encrypted, compressed.
    fn default() -> Self {
        Self {
            profile: Profile::Rsa,
            signature_token: TokenKind::Bst,
            encryption_token: TokenKind::Bst,
            encrypt: true,
            compress: true,
            agreement: None,
            mpc: None,
            key_derivation: KeyDerivation::Hkdf,
            legacy_oaep: false,
        }
    }
}

impl Leg {
    /// A leg with other tokens.
    #[must_use]
    pub fn with_tokens(mut self, signature: TokenKind, encryption: TokenKind) -> Self {
        self.signature_token = signature;
        self.encryption_token = encryption;
        self
    }

    /// A leg with another suite.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// A leg with another key derivation.
    #[must_use]
    pub fn with_key_derivation(mut self, derivation: KeyDerivation) -> Self {
        self.key_derivation = derivation;
        self
    }

    /// A leg that compresses or does not.
    #[must_use]
    pub fn with_compression(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// A leg that encrypts or does not.
    #[must_use]
    pub fn with_encryption(mut self, encrypt: bool) -> Self {
        self.encrypt = encrypt;
        self
    }

    /// Which suite.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How the signing certificate is named.
    pub fn signature_token(&self) -> TokenKind {
        self.signature_token
    }

    /// How the encryption certificate is named.
    pub fn encryption_token(&self) -> TokenKind {
        self.encryption_token
    }

    /// How wrapping keys are derived.
    pub fn key_derivation(&self) -> KeyDerivation {
        self.key_derivation
    }

    /// Whether parts are encrypted.
    pub fn encrypts(&self) -> bool {
        self.encrypt
    }

    /// Whether parts are compressed.
    pub fn compresses(&self) -> bool {
        self.compress
    }
}

/// Some of what a [`Leg`] says: each table of a file says some, and what is said later counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Security {
    profile: Option<Profile>,
    signature_token: Option<TokenKind>,
    encryption_token: Option<TokenKind>,
    encrypt: Option<bool>,
    compress: Option<bool>,
    key_derivation: Option<KeyDerivation>,
    legacy_oaep: Option<bool>,
}

impl Security {
    /// Reads the keys; the caller finishes the table.
    pub(super) fn read(table: &Table<'_>) -> Self {
        Self {
            profile: table.choice("profile"),
            signature_token: table.choice("signature_token"),
            encryption_token: table.choice("encryption_token"),
            encrypt: table.flag("encrypt"),
            compress: table.flag("compress"),
            key_derivation: table.choice("key_derivation"),
            legacy_oaep: table.flag("legacy_oaep"),
        }
    }

    pub(super) fn apply(&self, leg: &mut Leg) {
        fn set<T: Copy>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        set(&mut leg.profile, self.profile);
        set(&mut leg.signature_token, self.signature_token);
        set(&mut leg.encryption_token, self.encryption_token);
        set(&mut leg.encrypt, self.encrypt);
        set(&mut leg.compress, self.compress);
        set(&mut leg.key_derivation, self.key_derivation);
        set(&mut leg.legacy_oaep, self.legacy_oaep);
    }

    /// Takes what another place of the same file says, where this one is silent.
    pub(super) fn fill(&mut self, encrypt: Option<bool>, compress: Option<bool>) {
        self.encrypt = self.encrypt.or(encrypt);
        self.compress = self.compress.or(compress);
    }

    /// Whether another derivation than HKDF is asked for where the profile has none.
    pub(super) fn is_contradictory(&self) -> bool {
        self.key_derivation == Some(KeyDerivation::ConcatKdf)
            && self
                .profile
                .is_some_and(|profile| profile != Profile::Ecdsa)
    }

    /// Whether another derivation than HKDF is asked for and the profile left to its default.
    pub(super) fn derives_without_profile(&self) -> bool {
        self.key_derivation == Some(KeyDerivation::ConcatKdf) && self.profile.is_none()
    }
}

/// `[[leg]]`: what differs for one action.
#[derive(Clone, Debug)]
pub(super) struct LegRule {
    service: Option<String>,
    action: String,
    line: usize,
    security: Security,
}

impl LegRule {
    pub(super) fn read_all(table: &Table<'_>) -> Vec<Self> {
        let read = |table: Table<'_>| {
            let service = table.word("service");
            let action = table.required("action");
            let security = Security::read(&table);
            if security.is_contradictory() {
                table.problem("key_derivation", NOT_ECDSA);
            }
            let line = table.line_of("action").unwrap_or_default();
            table.finish();
            action.map(|action| Self {
                service,
                action,
                line,
                security,
            })
        };
        table.tables("leg").into_iter().filter_map(read).collect()
    }

    pub(super) fn apply(&self, leg: &mut Leg, service: &Service, action: &str) {
        let same = self
            .service
            .as_deref()
            .is_none_or(|it| it == service.value());
        if same && self.action == action {
            self.security.apply(leg);
        }
    }

    /// The service and the action, for messages.
    pub(super) fn names(&self) -> (Option<&str>, &str) {
        (self.service.as_deref(), &self.action)
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// Whether this is the leg of the test service, which no file lists among the services.
    pub(super) fn is_test(&self) -> bool {
        self.action == profile::TEST_ACTION
            && self
                .service
                .as_deref()
                .is_none_or(|it| it == profile::TEST_SERVICE)
    }
}

pub(super) const NOT_ECDSA: &str = "another derivation than HKDF goes with profile \"ecdsa\"";
