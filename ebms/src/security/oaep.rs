//! RSA-OAEP with one hash for the label and another for the masks. Old access points send SHA-256
//! with MGF1-SHA-1, which the library does not offer, so the private-key operation is done here:
//! in constant time, with a blinded base, and with one answer to whatever is wrong. Used for
//! partners with the legacy switch only; all other keys are unwrapped by the library. `[P11]`

use super::{
    agreement::{ContentKey, KEY_LENGTH},
    der,
    key::Noise,
};
use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use crypto_bigint::{
    BoxedUint, Odd,
    modular::{BoxedMontyForm, BoxedMontyParams},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Which hash is used where.
#[derive(Clone, Copy)]
pub(super) struct Scheme {
    label: &'static digest::Algorithm,
    mask: &'static digest::Algorithm,
}

/// The mix that is in use.
pub(super) const SHA256_MGF1_SHA1: Scheme = Scheme {
    label: &SHA256,
    mask: &SHA1_FOR_LEGACY_USE_ONLY,
};

/// An RSA key. Without the primes: a fault in an operation that uses them gives the key away.
pub(super) struct PrivateKey {
    modulus: BoxedMontyParams,
    public_exponent: BoxedUint,
    private_exponent: Zeroizing<BoxedUint>,
    /// Octets of the modulus.
    length: usize,
}

impl PrivateKey {
    /// Reads the first numbers of an `RSAPrivateKey` in PKCS#8.
    pub(super) fn from_pkcs8(pkcs8: &[u8]) -> Option<Self> {
        let outer = der::take(pkcs8, der::SEQUENCE)?;
        let version = der::take_unsigned(outer.content)?;
        let algorithm = der::take(version.rest, der::SEQUENCE)?;
        let wrapped = der::take(algorithm.rest, der::OCTET_STRING)?;
        let key = der::take(wrapped.content, der::SEQUENCE)?;
        let version = der::take_unsigned(key.content)?;
        let modulus = der::take_unsigned(version.rest)?;
        let public_exponent = der::take_unsigned(modulus.rest)?;
        let private_exponent = der::take_unsigned(public_exponent.rest)?;
        if version.content != [0] || !outer.rest.is_empty() || !key.rest.is_empty() {
            return None;
        }
        let length = modulus.content.len();
        let modulus: Option<Odd<BoxedUint>> =
            Odd::new(BoxedUint::from_be_slice_vartime(modulus.content)).into();
        let modulus = BoxedMontyParams::new_vartime(modulus?);
        let bits = modulus.bits_precision();
        Some(Self {
            public_exponent: BoxedUint::from_be_slice_vartime(public_exponent.content),
            private_exponent: Zeroizing::new(
                BoxedUint::from_be_slice(private_exponent.content, bits).ok()?,
            ),
            modulus,
            length,
        })
    }

    /// The content key in `wrapped`.
    pub(super) fn unwrap(
        &self,
        scheme: Scheme,
        wrapped: &[u8],
        noise: &Noise,
    ) -> Option<ContentKey> {
        let encoded = self.apply(wrapped, noise)?;
        decode(&encoded, scheme)
    }

    /// The encoded message: `wrapped` to the power of the private exponent. What leaves early here
    /// depends on what everybody sees.
    fn apply(&self, wrapped: &[u8], noise: &Noise) -> Option<Zeroizing<Vec<u8>>> {
        let number = BoxedUint::from_be_slice(wrapped, self.modulus.bits_precision()).ok()?;
        if wrapped.len() != self.length || number >= *self.modulus.modulus().as_ref() {
            return None;
        }
        let base = BoxedMontyForm::new(number, &self.modulus);
        let factor = self.blinding_factor(wrapped, noise);
        let inverse: Option<BoxedMontyForm> = factor.invert().into();
        let inverse = Zeroizing::new(inverse?);
        let bits = self.public_exponent.bit_width();
        let blinded = Zeroizing::new(base * factor.pow_bounded_exp(&self.public_exponent, bits));
        let power = Zeroizing::new(blinded.pow(&self.private_exponent));
        let unblinded = Zeroizing::new(&*power * &*inverse);
        let octets = Zeroizing::new(Zeroizing::new(unblinded.retrieve()).to_be_bytes());
        let padding = octets.len().checked_sub(self.length)?;
        Some(Zeroizing::new(octets.get(padding..)?.to_vec()))
    }

    /// A number nobody else can foretell. The same for the same `wrapped`, so that repeating it
    /// shows nothing new.
    fn blinding_factor(&self, wrapped: &[u8], noise: &Noise) -> Zeroizing<BoxedMontyForm> {
        // Sixteen octets more than the modulus: no number is noticeably likelier than another.
        let mut octets = Zeroizing::new(vec![0; self.length + 16]);
        noise.fill(b"blinding", wrapped, &mut octets);
        let wide = Zeroizing::new(BoxedUint::from_be_slice_vartime(&octets));
        let number = wide.rem(self.modulus.modulus().as_nz_ref());
        Zeroizing::new(BoxedMontyForm::new(number, &self.modulus))
    }
}

/// EME-OAEP decoding of a content key. Its length is known, so everything in front of it is, too,
/// and is compared in one piece: there is no end of padding to search for. (RFC 8017, 7.1.2)
fn decode(encoded: &[u8], scheme: Scheme) -> Option<ContentKey> {
    let label = digest::digest(scheme.label, b"");
    let label = label.as_ref();
    let (first, rest) = encoded.split_first()?;
    let mut rest = Zeroizing::new(rest.to_vec());
    let (seed, block) = rest.split_at_mut_checked(label.len())?;
    unmask(seed, block, scheme.mask);
    unmask(block, seed, scheme.mask);
    let (head, key) = block.split_at_checked(block.len().checked_sub(KEY_LENGTH)?)?;
    let zeros = head.len().checked_sub(label.len() + 1)?;
    let expected = [label, &vec![0; zeros], &[1]].concat();
    let good = first.ct_eq(&0) & head.ct_eq(&expected);
    let mut content_key = Zeroizing::new([0; KEY_LENGTH]);
    for (to, from) in content_key.iter_mut().zip(key) {
        *to = *from;
    }
    bool::from(good).then_some(content_key)
}

/// MGF1 of `seed` over `target`. (RFC 8017, B.2.1)
fn unmask(target: &mut [u8], seed: &[u8], hash: &'static digest::Algorithm) {
    for (counter, chunk) in (0_u32..).zip(target.chunks_mut(hash.output_len())) {
        let mut context = digest::Context::new(hash);
        context.update(seed);
        context.update(&counter.to_be_bytes());
        for (byte, mask) in chunk.iter_mut().zip(context.finish().as_ref()) {
            *byte ^= mask;
        }
    }
}

#[cfg(test)]
mod tests;
