//! Encryption of everything at rest: one data key per exchange, wrapped by the storage key.
//!
//! AES-256-GCM throughout. What a ciphertext belongs to is in its associated data, so that it opens
//! nowhere else. Deleting the wrapped data key is the erasure of an exchange.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest, hmac,
};
use thiserror::Error;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::world::World;

const KEY_LEN: usize = 32;
const TAG_LEN: usize = 16;
/// First byte of everything sealed here: the format, not the key.
const FORMAT: u8 = 1;

/// The key all secrets of one exchange are sealed with.
#[derive(Clone, Eq, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; KEY_LEN]);

/// A key of the configuration that wraps data keys.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StorageKey {
    id: String,
    key: [u8; KEY_LEN],
}

/// The key of the hashes that secret names are looked up by.
#[derive(Clone)]
pub struct IndexKey(hmac::Key);

/// The storage keys, the index key and the randomness to seal with.
#[derive(Clone)]
pub struct Vault {
    storage: Vec<StorageKey>,
    index: IndexKey,
    world: World,
}

/// What a sealed value belongs to. It opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The exchange, message or memo it belongs to.
    pub owner: &'a str,
    /// Which of its values it is.
    pub field: &'static str,
    /// The version of the value's form.
    pub version: u16,
}

/// Why something cannot be sealed or opened. Says nothing about the content.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum SealError {
    /// The bytes are not something sealed here.
    #[error("not a sealed value")]
    Format,
    /// The key it was sealed with is not configured.
    #[error("storage key is not configured")]
    UnknownKey,
    /// Wrong key, wrong place, or changed bytes.
    #[error("wrong key, wrong place or tampered bytes")]
    Tampered,
    /// The value is too large for one seal.
    #[error("too large to seal")]
    TooLarge,
}

/// The configured keys are no keys.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum KeyError {
    /// Neither 32 bytes nor any other length will do.
    #[error("a storage or index key has exactly 32 bytes")]
    Length,
    /// The id is written in front of every wrapped key.
    #[error("the id of a storage key has 1 to 64 bytes")]
    Id,
    /// There is nothing to seal with.
    #[error("no storage key")]
    None,
}

impl DataKey {
    /// A fresh key.
    #[must_use]
    pub fn draw(world: &World) -> Self {
        let mut key = [0; KEY_LEN];
        world.fill(&mut key);
        Self(key)
    }

    /// Encrypts `plain` for `place`.
    ///
    /// # Errors
    /// The value exceeds what one nonce may cover.
    pub fn seal(
        &self,
        place: Place<'_>,
        plain: &[u8],
        world: &World,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        world.fill(&mut nonce);
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG_LEN);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.to_bytes()),
                &mut body,
            )
            .map_err(|_| SealError::TooLarge)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Decrypts what was sealed for `place`.
    ///
    /// # Errors
    /// It was sealed with another key or for another place, or it was changed since.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some((&FORMAT, rest)) = sealed.split_first() else {
            return Err(SealError::Format);
        };
        let Some((nonce, body)) = rest.split_first_chunk::<NONCE_LEN>() else {
            return Err(SealError::Format);
        };
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .cipher()?
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(place.to_bytes()),
                &mut body,
            )
            .map_err(|_| SealError::Tampered)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// The cipher itself, for the chunks of the spool.
    pub(crate) fn cipher(&self) -> Result<LessSafeKey, SealError> {
        let key = UnboundKey::new(&AES_256_GCM, &self.0).map_err(|_| SealError::Format)?;
        Ok(LessSafeKey::new(key))
    }
}

impl StorageKey {
    /// The key with this id.
    ///
    /// # Errors
    /// The id is empty or too long, or the key has not 32 bytes.
    pub fn new(id: &str, key: &[u8]) -> Result<Self, KeyError> {
        if id.is_empty() || id.len() > 64 {
            return Err(KeyError::Id);
        }
        let key = key.try_into().map_err(|_| KeyError::Length)?;
        Ok(Self {
            id: id.to_owned(),
            key,
        })
    }
}

impl IndexKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// The key has not 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self, KeyError> {
        if key.len() != KEY_LEN {
            return Err(KeyError::Length);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// The keyed hash of `value` within `scope`.
    #[must_use]
    pub fn hash(&self, scope: &str, value: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(scope.as_bytes());
        context.update(&[0]);
        context.update(value);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }

    /// The keyed hash as text.
    #[must_use]
    pub fn name(&self, scope: &str, value: &[u8]) -> String {
        hex(&self.hash(scope, value))
    }
}

impl Vault {
    /// The first storage key seals; all of them open.
    ///
    /// # Errors
    /// There is no storage key.
    pub fn new(storage: Vec<StorageKey>, index: IndexKey, world: World) -> Result<Self, KeyError> {
        if storage.is_empty() {
            return Err(KeyError::None);
        }
        Ok(Self {
            storage,
            index,
            world,
        })
    }

    /// The key of the look-up hashes.
    #[must_use]
    pub const fn index(&self) -> &IndexKey {
        &self.index
    }

    /// Clock and randomness.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The id of the key new data keys are wrapped with.
    #[must_use]
    pub fn active_key(&self) -> &str {
        self.storage.first().map_or("", |key| &key.id)
    }

    /// Wraps a data key for `owner`.
    ///
    /// # Errors
    /// Cannot happen with a key of the right length.
    pub fn wrap(&self, owner: &str, key: &DataKey) -> Result<Vec<u8>, SealError> {
        self.seal(Place::data_key(owner), &key.0)
    }

    /// Unwraps the data key of `owner`.
    ///
    /// # Errors
    /// The storage key is gone, or the bytes are not the wrapped key of this owner.
    pub fn unwrap(&self, owner: &str, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let plain = self.open(Place::data_key(owner), wrapped)?;
        let key = plain.as_slice().try_into().map_err(|_| SealError::Format)?;
        Ok(DataKey(key))
    }

    /// Encrypts under the active storage key: for values that belong to no exchange.
    ///
    /// # Errors
    /// The value exceeds what one nonce may cover.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let storage = self.storage.first().ok_or(SealError::UnknownKey)?;
        let body = DataKey(storage.key).seal(place, plain, &self.world)?;
        let length = u8::try_from(storage.id.len()).map_err(|_| SealError::Format)?;
        let mut sealed = vec![FORMAT, length];
        sealed.extend_from_slice(storage.id.as_bytes());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Decrypts what `seal` encrypted, with whichever storage key it names.
    ///
    /// # Errors
    /// The storage key is gone, the place is another, or the bytes were changed.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let Some((&FORMAT, rest)) = sealed.split_first() else {
            return Err(SealError::Format);
        };
        let (&length, rest) = rest.split_first().ok_or(SealError::Format)?;
        let (id, body) = rest
            .split_at_checked(usize::from(length))
            .ok_or(SealError::Format)?;
        let mut known = self.storage.iter();
        let storage = known
            .find(|key| key.id.as_bytes() == id)
            .ok_or(SealError::UnknownKey)?;
        DataKey(storage.key).open(place, body)
    }
}

impl<'a> Place<'a> {
    const fn data_key(owner: &'a str) -> Self {
        Self {
            owner,
            field: "data-key",
            version: 1,
        }
    }

    /// Unambiguous: the field holds no NUL, the version has a fixed width, the owner comes last.
    fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.field.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(self.owner.as_bytes());
        bytes
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndexKey")
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| {
        DIGITS
            .get(usize::from(value))
            .copied()
            .map_or('0', char::from)
    };
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0x0f));
    }
    text
}

/// A name that cannot be guessed: 128 random bits as 32 hexadecimal digits.
#[must_use]
pub fn token(world: &World) -> String {
    let mut bytes = [0; 16];
    world.fill(&mut bytes);
    hex(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'static> = Place {
        owner: "exchange-1",
        field: "content",
        version: 1,
    };

    fn world() -> World {
        World::frozen("2026-01-31T10:00:00Z".parse().unwrap(), 1)
    }

    fn vault(storage: &[(&str, u8)]) -> Result<Vault, KeyError> {
        let keys = storage.iter();
        let keys = keys.map(|(id, byte)| StorageKey::new(id, &[*byte; 32]).unwrap());
        Vault::new(keys.collect(), IndexKey::new(&[9; 32])?, world())
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let (world, vault) = (world(), vault(&[("a", 1)]).unwrap());
        let key = DataKey::draw(&world);
        for plain in [&b""[..], b"x", &[7; 100_000]] {
            let sealed = key.seal(HERE, plain, &world).unwrap();
            assert_eq!(key.open(HERE, &sealed).unwrap().as_slice(), plain);
            let sealed = vault.seal(HERE, plain).unwrap();
            assert_eq!(vault.open(HERE, &sealed).unwrap().as_slice(), plain);
        }
        let wrapped = vault.wrap("exchange-1", &key).unwrap();
        assert!(vault.unwrap("exchange-1", &wrapped).unwrap() == key);
    }

    #[track_caller]
    fn check_closed(place: Place<'_>) {
        let (world, vault) = (world(), vault(&[("a", 1)]).unwrap());
        let key = DataKey::draw(&world);
        let sealed = key.seal(HERE, b"x", &world).unwrap();
        assert_eq!(key.open(place, &sealed).err(), Some(SealError::Tampered));
        let sealed = vault.seal(HERE, b"x").unwrap();
        assert_eq!(vault.open(place, &sealed).err(), Some(SealError::Tampered));
    }

    #[test]
    fn a_value_opens_only_in_its_place() {
        check_closed(Place {
            owner: "exchange-2",
            ..HERE
        });
        check_closed(Place {
            field: "entry",
            ..HERE
        });
        check_closed(Place { version: 2, ..HERE });
        check_closed(Place { owner: "", ..HERE });
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let vault = vault(&[("a", 1)]).unwrap();
        let sealed = vault.seal(HERE, b"secret").unwrap();
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut bent = sealed.clone();
                bent[at] ^= 1 << bit;
                assert!(vault.open(HERE, &bent).is_err(), "byte {at} bit {bit}");
            }
        }
        for length in 0..sealed.len() {
            assert!(vault.open(HERE, &sealed[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_rotated_key_still_opens_what_it_sealed() {
        let old = vault(&[("a", 1)]).unwrap();
        let sealed = old.seal(HERE, b"x").unwrap();
        let both = vault(&[("b", 2), ("a", 1)]).unwrap();
        assert_eq!(both.open(HERE, &sealed).unwrap().as_slice(), b"x");
        assert_eq!(both.active_key(), "b");
        let fresh = both.seal(HERE, b"x").unwrap();
        assert_eq!(old.open(HERE, &fresh).err(), Some(SealError::UnknownKey));
    }

    #[test]
    fn keys_are_checked() {
        assert_eq!(StorageKey::new("", &[0; 32]).err(), Some(KeyError::Id));
        assert_eq!(StorageKey::new("a", &[0; 31]).err(), Some(KeyError::Length));
        assert_eq!(IndexKey::new(&[0; 33]).err(), Some(KeyError::Length));
        assert_eq!(vault(&[]).err(), Some(KeyError::None));
    }

    #[test]
    fn hashes_depend_on_scope_value_and_key() {
        let key = IndexKey::new(&[9; 32]).unwrap();
        let name = key.name("token", b"x");
        assert_eq!(name.len(), 64);
        assert_ne!(key.name("session", b"x"), name);
        assert_ne!(key.name("toke", b"nx"), name);
        assert_ne!(IndexKey::new(&[8; 32]).unwrap().name("token", b"x"), name);
    }

    #[test]
    fn keys_are_not_printed() {
        let vault = vault(&[("a", 77)]).unwrap();
        let text = format!(
            "{vault:?} {:?} {:?}",
            DataKey::draw(&world()),
            vault.index()
        );
        assert!(!text.contains("77"));
    }
}
