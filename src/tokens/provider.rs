//! `ring` as the cryptography of `jsonwebtoken`.
//!
//! Owns: handing each of the two algorithms on to `ring`, which the gateway has for TLS already. (Not the library's own
//! back ends: one brings a second C library into the binary, the other an RSA with a known side channel.)
//! Must not know: tokens. Every other algorithm is refused here too, so that nothing else can be signed or accepted.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{EllipticCurve, ThumbprintHash};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use sha2::{Digest, Sha256};
use signature::{Signer, Verifier};

static RING: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(refused()),
        rsa_pub_components_from_public_key: |_| Err(refused()),
        ec_pub_components_from_private_key: |_, _| Err(refused()),
        ed_pub_components_from_private_key: |_, _: &EllipticCurve| Err(refused()),
        compute_digest: digest,
    },
};

/// The library asks the process for its cryptography; whoever makes a key sees to it that there is one.
pub fn install() {
    // An error means that it is installed already: nobody else installs one.
    let _ = RING.install_default();
}

fn refused() -> Error {
    ErrorKind::InvalidAlgorithm.into()
}

fn digest(data: &[u8], hash: ThumbprintHash) -> Result<Vec<u8>, Error> {
    if matches!(hash, ThumbprintHash::SHA256) { Ok(Sha256::digest(data).to_vec()) } else { Err(refused()) }
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let der = key.as_bytes();
    let pair = if (*algorithm, key.family()) == (Algorithm::ES256, AlgorithmFamily::Ec) {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new()).map(Pair::Ecdsa)
    } else if (*algorithm, key.family()) == (Algorithm::EdDSA, AlgorithmFamily::Ed) {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519)
    } else {
        return Err(refused());
    };
    Ok(Box::new(pair.map_err(|_| Error::from(ErrorKind::InvalidKeyFormat))?))
}

impl Signer<Vec<u8>> for Pair {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        match self {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                Ok(signature.map_err(|_| signature::Error::new())?.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl JwtSigner for Pair {
    fn algorithm(&self) -> Algorithm {
        match self {
            Pair::Ecdsa(_) => Algorithm::ES256,
            Pair::Ed25519(_) => Algorithm::EdDSA,
        }
    }
}

struct Public {
    algorithm: Algorithm,
    verification: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let verification: &'static dyn VerificationAlgorithm =
        if (*algorithm, key.family()) == (Algorithm::ES256, AlgorithmFamily::Ec) {
            &ECDSA_P256_SHA256_FIXED
        } else if (*algorithm, key.family()) == (Algorithm::EdDSA, AlgorithmFamily::Ed) {
            &ED25519
        } else {
            return Err(refused());
        };
    Ok(Box::new(Public { algorithm: *algorithm, verification, key: key.try_get_as_bytes()?.to_vec() }))
}

impl Verifier<Vec<u8>> for Public {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let key = UnparsedPublicKey::new(self.verification, &self.key);
        key.verify(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Public {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
