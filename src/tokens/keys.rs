//! Signing keys: made, written as PEM and read back.
//!
//! Owns: which kinds of key there are (ECDSA on P-256, Ed25519), their PKCS#8 form, and the name of each (RFC 7638).
//! Must not know: where a key is kept. A private key is never printed, but for the operator who has just made it.

use std::fmt;

use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use secrecy::{ExposeSecret, SecretString};

use super::provider;

const PEM_LABEL: &str = "PRIVATE KEY";

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8 (RFC 8410). `ring` would add the public half, in a form
/// that OpenSSL and others do not read.
const ED25519_PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256: every JWT library knows it.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The library's name for it.
    pub(super) fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
            Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// Why a key cannot be used. Says nothing of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM, or of another label.
    #[error("it holds no PEM block \"PRIVATE KEY\" (PKCS#8)")]
    NotPkcs8,
    /// With a passphrase.
    #[error("its key is encrypted with a passphrase: `openssl pkey -in KEY -out PLAIN` writes it without")]
    Encrypted,
    /// Of another kind, or damaged.
    #[error("its key is neither ECDSA on P-256 nor Ed25519, or it is damaged")]
    UnknownKind,
    /// The random source failed.
    #[error("no key could be made")]
    NotMade,
}

/// A private key with its public half.
pub struct SigningKey {
    pub(super) algorithm: Algorithm,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    pub(super) public: Jwk,
    pub(super) id: String,
}

impl SigningKey {
    /// A new one, as PKCS#8 in PEM form.
    pub fn generate(algorithm: Algorithm) -> Result<SecretString, KeyError> {
        let random = SystemRandom::new();
        let document = match algorithm {
            Algorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map(|document| document.as_ref().to_vec()),
            Algorithm::EdDsa => ring::rand::generate::<[u8; 32]>(&random)
                .map(|secret| [&ED25519_PKCS8_HEAD[..], &secret.expose()].concat()),
        };
        let document = document.map_err(|_| KeyError::NotMade)?;
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let text = pem::encode_config(&pem::Pem::new(PEM_LABEL, document), config);
        Ok(SecretString::from(text))
    }

    /// Reads one that [`SigningKey::generate`] or another program made. Of several blocks, the first.
    pub fn read(text: &SecretString) -> Result<Self, KeyError> {
        let block = pem::parse(text.expose_secret()).map_err(|_| KeyError::NotPkcs8)?;
        if block.tag() == "ENCRYPTED PRIVATE KEY" {
            return Err(KeyError::Encrypted);
        }
        if block.tag() != PEM_LABEL {
            return Err(KeyError::NotPkcs8);
        }
        let der = block.contents();
        let ecdsa = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
        if let Ok(pair) = ecdsa {
            let decoding = DecodingKey::from_ec_der(pair.public_key().as_ref());
            return Self::new(Algorithm::Es256, EncodingKey::from_ec_der(der), decoding);
        }
        // Other programs leave the public half out of the file; it follows from the private one.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::UnknownKind)?;
        let decoding = DecodingKey::from_ed_der(pair.public_key().as_ref());
        Self::new(Algorithm::EdDsa, EncodingKey::from_ed_der(der), decoding)
    }

    fn new(algorithm: Algorithm, encoding: EncodingKey, decoding: DecodingKey) -> Result<Self, KeyError> {
        provider::install();
        let public = Jwk::from_decoding_key(&decoding, Some(algorithm.of_library()));
        let mut public = public.map_err(|_| KeyError::UnknownKind)?;
        let id = public.thumbprint(ThumbprintHash::SHA256).map_err(|_| KeyError::UnknownKind)?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(SigningKey { algorithm, encoding, decoding, public, id })
    }

    /// Its name in tokens and in the key set: the thumbprint of its public half.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id)
    }
}
