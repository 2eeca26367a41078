//! Signed tokens taken apart and put together again, with the tests' own key or another.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::Value;

/// As a part of a token.
pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A part of a token.
pub fn decoded(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("base64url")
}

fn part(token: &str, index: usize) -> Vec<u8> {
    decoded(token.split('.').nth(index).expect("three parts"))
}

pub fn header_of(token: &str) -> Value {
    serde_json::from_slice(&part(token, 0)).expect("JSON")
}

pub fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&part(token, 1)).expect("JSON")
}

/// A key for ES256.
pub struct Key(EcdsaKeyPair);

impl Key {
    /// One that a gateway signs with.
    pub fn of_file(path: impl AsRef<Path>) -> Self {
        let file = pem::parse(std::fs::read(path).expect("a file")).expect("a PEM file");
        Self::read(file.contents())
    }

    /// Somebody else's.
    pub fn of_a_stranger() -> Self {
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        Self::read(made.as_ref())
    }

    fn read(der: &[u8]) -> Self {
        let random = SystemRandom::new();
        Key(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random).expect("a key"))
    }

    /// The uncompressed point.
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub fn sign(&self, message: &str) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature").as_ref().to_vec()
    }

    /// A token with this header and these claims, both as JSON.
    pub fn token(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        format!("{message}.{}", encoded(&self.sign(&message)))
    }
}
