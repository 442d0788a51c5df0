//! Makes private keys with certificates, and the random keys of store and index.
//!
//! The certificates are for tests and first steps: signed by themselves or by an authority whose
//! key is thrown away. In production an authority signs; the private key may still come from here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{Span, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, RsaKeySize, SanType, SerialNumber,
};
use zeroize::Zeroizing;

use crate::world::World;

/// Kinds of key pairs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSA with 3072 bits: signing and decrypting in profile `rsa`.
    Rsa,
    /// Ed25519: the audit log, signing in profile `ed25519`.
    Ed25519,
    /// ECDSA on P-256: TLS.
    P256,
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Usage {
    /// Signs messages.
    Signing,
    /// Messages are encrypted for it.
    Encryption,
    /// TLS server on this machine.
    Server,
    /// TLS client.
    Client,
}

/// A key pair could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Key or certificate failed.
    #[error("key or certificate cannot be made")]
    Crypto(#[from] rcgen::Error),
    /// The validity lies outside the calendar.
    #[error("validity is out of range")]
    Validity(#[from] jiff::Error),
}

/// A private key with its certificate.
#[derive(Clone, Debug)]
pub struct Generated {
    key: Zeroizing<String>,
    certificate: String,
}

impl Generated {
    /// PKCS#8 PEM.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// The certificate, followed by its authority's where there is one.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }
}

/// PKCS#8 PEM of a new private key, without a certificate.
///
/// # Errors
/// The cryptographic library failed.
pub fn private_key(algorithm: Algorithm) -> Result<Zeroizing<String>, GenerateError> {
    Ok(Zeroizing::new(pair(algorithm)?.serialize_pem()))
}

/// 32 random bytes in base64.
pub fn symmetric_key(world: &World) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new([0; 32]);
    world.fill(bytes.as_mut());
    Zeroizing::new(STANDARD.encode(bytes.as_ref()))
}

/// What a certificate shall say.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// Common name.
    pub name: &'w str,
    /// Kind of key.
    pub algorithm: Algorithm,
    /// What for.
    pub usage: Usage,
    /// How long.
    pub days: u16,
}

/// A key with a certificate that it signs itself.
///
/// # Errors
/// See [`GenerateError`].
pub fn self_signed(world: &World, wanted: Wanted<'_>) -> Result<Generated, GenerateError> {
    let key = pair(wanted.algorithm)?;
    let certificate = params(world, &wanted)?.self_signed(&key)?.pem();
    Ok(Generated {
        key: Zeroizing::new(key.serialize_pem()),
        certificate,
    })
}

/// An authority that lives only as long as this value: its key is never written.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// See [`GenerateError`].
    pub fn new(world: &World, name: &str, days: u16) -> Result<Self, GenerateError> {
        let key = pair(Algorithm::P256)?;
        let wanted = Wanted {
            name,
            algorithm: Algorithm::P256,
            usage: Usage::Signing,
            days,
        };
        let mut params = params(world, &wanted)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate,
        })
    }

    /// Its own certificate.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate
    }

    /// A key with a certificate of this authority.
    ///
    /// # Errors
    /// See [`GenerateError`].
    pub fn issue(&self, world: &World, wanted: Wanted<'_>) -> Result<Generated, GenerateError> {
        let key = pair(wanted.algorithm)?;
        let leaf = params(world, &wanted)?.signed_by(&key, &self.issuer)?.pem();
        let certificate = [leaf.as_str(), &self.certificate].concat();
        Ok(Generated {
            key: Zeroizing::new(key.serialize_pem()),
            certificate,
        })
    }
}

fn pair(algorithm: Algorithm) -> Result<KeyPair, rcgen::Error> {
    match algorithm {
        Algorithm::Rsa => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072),
        Algorithm::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
        Algorithm::P256 => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
    }
}

fn params(world: &World, wanted: &Wanted<'_>) -> Result<CertificateParams, GenerateError> {
    let today = day(world.now());
    let mut params = CertificateParams::default();
    // A day early, so that a clock that is behind accepts it.
    let (from, until) = (
        today.checked_sub(1.day())?,
        today.checked_add(Span::new().days(wanted.days))?,
    );
    let [(year, month, day), until] = [from, until].map(parts);
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = until;
    params.not_after = rcgen::date_time_ymd(year, month, day);
    let mut serial = [0; 16];
    world.fill(&mut serial);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, wanted.name);
    params.use_authority_key_identifier_extension = true;
    apply(wanted.usage, &mut params)?;
    Ok(params)
}

fn apply(usage: Usage, params: &mut CertificateParams) -> Result<(), rcgen::Error> {
    use ExtendedKeyUsagePurpose as Extended;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = match usage {
        Usage::Encryption => vec![KeyUsagePurpose::KeyEncipherment],
        Usage::Signing | Usage::Server | Usage::Client => vec![KeyUsagePurpose::DigitalSignature],
    };
    match usage {
        Usage::Signing | Usage::Encryption => {}
        Usage::Client => params.extended_key_usages = vec![Extended::ClientAuth],
        Usage::Server => {
            params.extended_key_usages = vec![Extended::ServerAuth];
            params.subject_alt_names = vec![
                SanType::DnsName("localhost".try_into()?),
                SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            ];
        }
    }
    Ok(())
}

fn day(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::UTC).date()
}

fn parts(date: Date) -> (i32, u8, u8) {
    (
        i32::from(date.year()),
        date.month().unsigned_abs(),
        date.day().unsigned_abs(),
    )
}

#[cfg(test)]
mod tests {
    use ebms::security::{DecryptionKey, SigningKey};

    use super::*;

    fn world() -> World {
        World::frozen("2026-03-01T12:00:00Z".parse().unwrap(), 1)
    }

    fn wanted(algorithm: Algorithm, usage: Usage) -> Wanted<'static> {
        Wanted {
            name: "AP_DE_01",
            algorithm,
            usage,
            days: 30,
        }
    }

    #[test]
    fn a_signing_key_fits_its_certificate_and_its_time() {
        for algorithm in [Algorithm::Rsa, Algorithm::Ed25519, Algorithm::P256] {
            let made = self_signed(&world(), wanted(algorithm, Usage::Signing)).unwrap();
            let (key, certificate) = (made.key_pem(), made.certificate_pem());
            let key = SigningKey::from_pkcs8_pem(key.as_bytes(), certificate.as_bytes()).unwrap();
            assert_eq!(
                key.certificate().not_before().to_string(),
                "2026-02-28T00:00:00Z"
            );
            assert_eq!(
                key.certificate().not_after().to_string(),
                "2026-03-31T00:00:00Z"
            );
            assert_eq!(key.certificate().subject(), "CN=AP_DE_01");
        }
    }

    #[test]
    fn an_rsa_key_decrypts() {
        let made = self_signed(&world(), wanted(Algorithm::Rsa, Usage::Encryption)).unwrap();
        let certificate = made.certificate_pem().as_bytes();
        DecryptionKey::from_pkcs8_pem(made.key_pem().as_bytes(), certificate).unwrap();
    }

    #[test]
    fn a_symmetric_key_has_32_bytes_and_is_new_each_time() {
        let world = world();
        let (one, other) = (symmetric_key(&world), symmetric_key(&world));
        assert_eq!(STANDARD.decode(one.as_bytes()).unwrap().len(), 32);
        assert_ne!(*one, *other);
    }

    #[test]
    fn an_authority_is_named_in_the_chain() {
        let world = world();
        let authority = Authority::new(&world, "Authority", 30).unwrap();
        let leaf = authority
            .issue(&world, wanted(Algorithm::P256, Usage::Client))
            .unwrap();
        assert!(
            leaf.certificate_pem()
                .ends_with(authority.certificate_pem())
        );
        assert_eq!(
            leaf.certificate_pem().matches("BEGIN CERTIFICATE").count(),
            2
        );
    }
}
