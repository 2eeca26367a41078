//! The reader of signed tokens: of arbitrary text it accepts only what it signed, to the letter; what the key signed by
//! another program is read, or refused, without a panic, and its header cannot name another key.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use ring::signature::Ed25519KeyPair;
use serde_json::Value;
use vestibule::domain::environment::Environment;
use vestibule::domain::handle::{Handle, HandleSuffix};
use vestibule::domain::permission::Permission;
use vestibule::domain::signed_token::{Claims, Purpose, TokenSigner};
use vestibule::domain::user_tag::UserTag;
use vestibule::tokens::{Signer, SigningKey};

const ISSUER: &str = "https://sessions.example.com";
/// Ed25519, whose signatures are no different each time. The bytes of the key are 0, 1, 2, … 31.
const SEED: [u8; 32] = {
    let mut seed = [0; 32];
    let mut at = 0;
    while at < 32 {
        seed[at] = at as u8;
        at += 1;
    }
    seed
};
const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
    -----END PRIVATE KEY-----\n";
/// Fields of a header that ask to be trusted for what they say.
const UNTRUSTED: [&str; 10] = ["cty", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "enc", "zip"];

struct Fixed {
    signer: Signer,
    key_id: String,
    pair: Ed25519KeyPair,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let key = SigningKey::read(&PEM.into()).expect("a key");
    let key_id = key.id().to_owned();
    let signer = Signer::new(ISSUER.to_owned(), vec![key]).expect("a signer");
    let seed = include_str!("../corpus/signed_token/signed");
    assert!(signer.verify(seed).is_ok(), "mutation begins with a token that is accepted");
    let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).expect("a key");
    Fixed { signer, key_id, pair }
});

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    read(text);
    if let Some((header, claims)) = text.split_once('\n') {
        read_what_another_program_signed(header, claims);
    }
    if let Some(claims) = claims_of(text) {
        sign(&claims, text.len());
    }
});

fn read(text: &str) {
    if let Ok(claims) = FIXED.signer.verify(text) {
        assert_eq!(FIXED.signer.sign(&claims).expect("it signs"), text, "we did not sign this");
    }
}

/// With our key: a later release, or whoever else the operator lends it to.
fn read_what_another_program_signed(header: &str, claims: &str) {
    let signed = [URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)].join(".");
    let signature = URL_SAFE_NO_PAD.encode(FIXED.pair.sign(signed.as_bytes()));
    let Ok(read) = FIXED.signer.verify(&[signed, signature].join(".")) else { return };
    let header: Value = serde_json::from_str(header).expect("a header that was read");
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["kid"], FIXED.key_id.as_str());
    assert!(UNTRUSTED.iter().all(|name| header[name].is_null()), "{header}");
    let claims: Value = serde_json::from_str(claims).expect("claims that were read");
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["jti"], read.handle.to_string());
    assert_eq!(claims["sub"], read.subject.as_str());
    sign(&read, 0);
}

/// What is signed is read back as it was, and no other character will do at `place`.
fn sign(claims: &Claims, place: usize) {
    let token = FIXED.signer.sign(claims).expect("it signs");
    assert_eq!(FIXED.signer.verify(&token).as_ref(), Ok(claims));
    let at = place % token.len();
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
    assert!(FIXED.signer.verify(&changed).is_err(), "{changed}");
}

/// Claims whose free texts are the fuzzer's, one a field.
fn claims_of(text: &str) -> Option<Claims> {
    let mut fields = text.split('\u{1f}').map(str::to_owned);
    let (audience, subject) = (fields.next()?, fields.next()?);
    Some(Claims {
        audience,
        subject,
        handle: Handle {
            tag: UserTag::parse("0123456789abcdef").ok()?,
            created_at_ms: text.len() as u64,
            suffix: HandleSuffix::parse("abcdefgh").ok()?,
        },
        issued_at_s: text.len() as u64,
        expires_at_s: text.len() as u64 + 1,
        environment: if text.len().is_multiple_of(2) { Environment::Live } else { Environment::Test },
        permissions: text.split(' ').filter_map(|text| Permission::parse(text).ok()).collect(),
        organization: fields.next(),
        email: fields.next(),
        preview: text.len().is_multiple_of(3),
        purpose: Purpose::Call,
    })
}
