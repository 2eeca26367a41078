//! Forged tokens: the corpus of `tests/testdata/jwt_attacks.toml`, made of a genuine token.
//!
//! Owns: how each is put together. Whoever checks tokens, the gateway or an API, is given all of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use super::app::{TestApp, text};
use super::forge::{Key, claims_of, decoded, encoded, header_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    pub name: String,
    #[serde(default = "genuine_header")]
    header: String,
    #[serde(default = "genuine_claims")]
    claims: String,
    #[serde(default = "own")]
    signature: String,
    #[serde(default = "usual")]
    shape: String,
    pub reason: Option<String>,
    pub accepted: Option<String>,
    /// Why it may be accepted by those who check without the gateway.
    pub elsewhere: Option<String>,
}

fn genuine_header() -> String {
    "{{header}}".to_owned()
}

fn genuine_claims() -> String {
    "{{claims}}".to_owned()
}

fn own() -> String {
    "own".to_owned()
}

fn usual() -> String {
    "{header}.{claims}.{signature}".to_owned()
}

pub fn corpus() -> Vec<Attack> {
    let corpus: Corpus = toml::from_str(include_str!("../testdata/jwt_attacks.toml")).expect("a corpus");
    corpus.attack
}

/// What stands between the braces of an object, without one of its members.
fn members(object: &Value, without: &str) -> String {
    let mut object = object.clone();
    object.as_object_mut().expect("an object").shift_remove(without);
    let text = object.to_string();
    text[1..text.len() - 1].to_owned()
}

/// The order of the curve P-256.
const N: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

fn n_minus(number: &[u8]) -> Vec<u8> {
    let (mut difference, mut borrow) = (vec![0; 32], 0);
    for at in (0..32).rev() {
        let digit = i16::from(N[at]) - i16::from(number[at]) - borrow;
        borrow = i16::from(digit < 0);
        difference[at] = u8::try_from(digit.rem_euclid(256)).expect("a byte");
    }
    difference
}

fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| [&[2, 33, 0], number].concat();
    [vec![0x30, 70], integer(&signature[..32]), integer(&signature[32..])].concat()
}

/// Somebody who has seen a genuine token and the key set.
pub struct Attacker {
    gateway: Key,
    stranger: Key,
    published: Value,
    header: Value,
    claims: Value,
    signature: Vec<u8>,
}

impl Attacker {
    /// `key`: the one that signed the token, for what looks as if the gateway had made a mistake.
    pub async fn of(app: &TestApp, key: Key, token: &str) -> Self {
        Attacker {
            gateway: key,
            stranger: Key::of_a_stranger(),
            published: app.get("/.well-known/jwks.json").send().await.json()["keys"][0].clone(),
            header: header_of(token),
            claims: claims_of(token),
            signature: decoded(token.rsplit('.').next().expect("a signature")),
        }
    }

    fn filled(&self, template: &str) -> String {
        let point = self.stranger.public();
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) });
        let seconds = |name: &str| self.claims[name].as_u64().expect("seconds");
        let (issued, end) = (seconds("iat"), seconds("exp"));
        let mut filled = template.to_owned();
        for name in ["iss", "aud", "sub", "exp", "permissions"] {
            filled = filled.replace(&format!("{{without {name}}}"), &members(&self.claims, name));
        }
        let places = [
            ("{header}", members(&self.header, "")),
            ("{claims}", members(&self.claims, "")),
            ("{kid}", text(&self.header["kid"]).to_owned()),
            ("{jwk}", jwk.to_string()),
            ("{huge}", "x".repeat(40_000)),
            ("{nested}", format!("{}{}", "[".repeat(5_000), "]".repeat(5_000))),
            ("{later}", (end + 1).to_string()),
            ("{earlier}", (end - 1).to_string()),
            ("{past}", (issued - 3_600).to_string()),
        ];
        places.iter().fold(filled, |filled, (place, value)| filled.replace(place, value))
    }

    fn signature(&self, how: &str, message: &str) -> Vec<u8> {
        let genuine = self.gateway.sign(message);
        let (r, s) = genuine.split_at(32);
        let hmac = |secret: &[u8]| {
            let mut hmac = Hmac::<Sha256>::new_from_slice(secret).expect("a secret of any length");
            hmac.update(message.as_bytes());
            hmac.finalize().into_bytes().to_vec()
        };
        match how {
            "own" => genuine,
            "genuine" => self.signature.clone(),
            "stranger" => self.stranger.sign(message),
            "none" => Vec::new(),
            "hmac pem" => hmac(self.pem().as_bytes()),
            "hmac point" => hmac(self.gateway.public()),
            "hmac jwk" => hmac(self.published.to_string().as_bytes()),
            "hmac empty" => hmac(b""),
            "zero" => vec![0; 64],
            "zero r" => [&[0; 32], s].concat(),
            "zero s" => [r, &[0; 32]].concat(),
            "r is n" => [&N, s].concat(),
            "s is n" => [r, &N].concat(),
            "high s" => [r, &n_minus(s)].concat(),
            "der" => der(&genuine),
            "short" => genuine[..63].to_vec(),
            "long" => [&genuine[..], &[0]].concat(),
            unknown => panic!("no signature is {unknown:?}"),
        }
    }

    /// As programs write a public key on P-256: RFC 5480's fixed beginning, then the point.
    fn pem(&self) -> String {
        const BEGINNING: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE";
        let body = format!("{BEGINNING}{}", STANDARD.encode(&self.gateway.public()[1..]));
        let (first, second) = body.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    pub fn token(&self, attack: &Attack) -> String {
        let (header, claims) = (self.filled(&attack.header), self.filled(&attack.claims));
        let [header, claims] = [header, claims].map(|json| encoded(json.as_bytes()));
        let signature = encoded(&self.signature(&attack.signature, &format!("{header}.{claims}")));
        match &*attack.shape {
            "plain base64" => {
                let plain = signature.replace('-', "+").replace('_', "/");
                // Not every signature has a character that differs.
                format!("{header}.{claims}.{plain}+")
            }
            "loose bits" => {
                let last = signature.chars().last().expect("a signature");
                let next = char::from_u32(u32::from(last) + 1).expect("a character");
                format!("{header}.{claims}.{}{next}", &signature[..signature.len() - 1])
            }
            shape => shape
                .replace("{header}", &header)
                .replace("{claims}", &claims)
                .replace("{signature}", &signature),
        }
    }
}
