//! `[keys]`: what we sign, decrypt, seal and look up with.

use zeroize::Zeroizing;

use super::{read::Table, secret::Secret};

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::security::{DecryptionKey, InvalidKey, SigningKey};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject};

/// A 256-bit key with a name.
#[derive(Clone)]
pub struct NamedKey {
    id: String,
    key: Zeroizing<[u8; 32]>,
}

impl NamedKey {
    /// The name that is stored beside what this key seals.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself.
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }
}

impl fmt::Debug for NamedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// `[keys]`.
#[derive(Clone, Debug)]
pub struct Keys {
    as4_signing: SigningKey,
    as4_decryption: Vec<DecryptionKey>,
    storage: Vec<NamedKey>,
    index: Zeroizing<[u8; 32]>,
    audit: Secret,
}

impl Keys {
    /// Signs AS4 messages and receipts.
    pub fn as4_signing(&self) -> &SigningKey {
        &self.as4_signing
    }

    /// Decrypts AS4 messages; the first is the one partners are told, the others are going out.
    pub fn as4_decryption(&self) -> &[DecryptionKey] {
        &self.as4_decryption
    }

    /// Key-encryption keys of store, spool and audit; the first seals, all open.
    pub fn storage(&self) -> &[NamedKey] {
        &self.storage
    }

    /// HMAC key of look-up keys that are made from personal data.
    pub fn index(&self) -> &[u8; 32] {
        &self.index
    }

    /// PKCS#8 PEM of the Ed25519 key that signs the heads of the audit chain.
    pub fn audit_pem(&self) -> &Secret {
        &self.audit
    }

    pub(super) fn read(mut table: Table<'_>) -> Option<Self> {
        let as4_signing = pair(table.section("as4_signing"), SigningKey::from_pkcs8_pem);
        let decryption = table.tables("as4_decryption");
        if decryption.is_empty() {
            table.missing("as4_decryption", "a list of { key, certificate }");
        }
        let pairs = decryption
            .into_iter()
            .map(|own| pair(own, DecryptionKey::from_pkcs8_pem));
        // Every one is read before the first failure counts: all problems are to be seen.
        let pairs: Vec<_> = pairs.collect();
        let storage = read_storage(&mut table);
        let index = table.secret_file("index").and_then(|text| {
            let key = decoded(&text);
            if key.is_none() {
                table.problem("index", NOT_A_KEY, GENERATE);
            }
            key
        });
        let audit = table.secret_file("audit");
        if let Some(pem) = &audit
            && !is_ed25519(pem)
        {
            table.problem("audit", "is not an Ed25519 key in PKCS#8 PEM", GENERATE);
        }
        table.finish();
        Some(Self {
            as4_signing: as4_signing?,
            as4_decryption: pairs.into_iter().collect::<Option<_>>()?,
            storage: storage?,
            index: index?,
            audit: audit?,
        })
    }
}

/// `{ key, certificate }`, which must belong together.
fn pair<K>(
    mut table: Table<'_>,
    read: impl Fn(&[u8], &[u8]) -> Result<K, InvalidKey>,
) -> Option<K> {
    let key = table.secret_file("key");
    let certificate = table.pem_file("certificate");
    let joined = key.zip(certificate).and_then(|(key, certificate)| {
        read(key.expose().as_bytes(), certificate.as_bytes())
            .map_err(|error| table.problem("key", error.to_string(), GENERATE))
            .ok()
    });
    table.finish();
    joined
}

fn read_storage(table: &mut Table<'_>) -> Option<Vec<NamedKey>> {
    let tables = table.tables("storage");
    if tables.is_empty() {
        table.missing("storage", "a list of { id = \"…\", key = \"FILE\" }");
    }
    let keys: Vec<_> = tables.into_iter().map(read_named_key).collect();
    let keys: Vec<NamedKey> = keys.into_iter().collect::<Option<_>>()?;
    let mut ids: Vec<_> = keys.iter().map(NamedKey::id).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() != keys.len() {
        table.problem("storage", "two keys have the same id", "");
    }
    Some(keys)
}

fn read_named_key(mut table: Table<'_>) -> Option<NamedKey> {
    let id = table.get::<String>("id");
    let key = table.secret_file("key");
    let bytes = key.and_then(|text| {
        let bytes = decoded(&text);
        if bytes.is_none() {
            table.problem("key", NOT_A_KEY, GENERATE);
        }
        bytes
    });
    table.finish();
    Some(NamedKey {
        id: id?,
        key: bytes?,
    })
}

fn decoded(secret: &Secret) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(STANDARD.decode(secret.expose().trim()).ok()?);
    <[u8; 32]>::try_from(bytes.as_slice())
        .ok()
        .map(Zeroizing::new)
}

fn is_ed25519(pem: &Secret) -> bool {
    PrivatePkcs8KeyDer::from_pem_slice(pem.expose().as_bytes()).is_ok_and(|der| {
        aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
            .is_ok()
    })
}

const NOT_A_KEY: &str = "is not 32 bytes in base64";
const GENERATE: &str = "bridge keys generate makes one";
