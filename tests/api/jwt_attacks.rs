//! The corpus of attacks on signed tokens: each is refused by the gateway, by a page's call and by a backend's, and the
//! operator learns why. Those that are accepted do no harm.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::direct::{NOT_FOUND, open, refused, with_reasons};
use crate::forge::{Key, claims_of, encoded, header_of};
use crate::support::app::{ACME_LIVE, Kind, TestApp, text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    attack: Vec<Attack>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attack {
    name: String,
    #[serde(default = "genuine_header")]
    header: String,
    #[serde(default = "genuine_claims")]
    claims: String,
    #[serde(default = "own")]
    signature: String,
    #[serde(default = "usual")]
    shape: String,
    reason: Option<String>,
    accepted: Option<String>,
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

fn corpus() -> Vec<Attack> {
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
struct Attacker {
    gateway: Key,
    stranger: Key,
    published: Value,
    header: Value,
    claims: Value,
}

impl Attacker {
    async fn of(app: &TestApp, token: &str) -> Self {
        Attacker {
            gateway: Key::of_the_gateway(),
            stranger: Key::of_a_stranger(),
            published: app.get("/.well-known/jwks.json").send().await.json()["keys"][0].clone(),
            header: header_of(token),
            claims: claims_of(token),
        }
    }

    fn filled(&self, template: &str) -> String {
        let point = self.stranger.public();
        let jwk =
            json!({ "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) });
        let end = self.claims["exp"].as_u64().expect("seconds");
        let mut filled = template.to_owned();
        for name in ["iss", "aud", "exp", "permissions"] {
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

    fn token(&self, attack: &Attack) -> String {
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

/// By Bearer where a header can hold it, and in a backend's call.
async fn does_nothing(app: &TestApp, attack: &Attack, token: &str) {
    let reason = attack.reason.as_deref().expect("a reason");
    if reqwest::header::HeaderValue::from_str(token).is_ok() {
        assert!(!app.accepts(token).await, "{}", attack.name);
        for path in ["/v2/portal.getSession", "/v2/portal.authorize"] {
            refused(app, app.get(path).bearer(token), NOT_FOUND, reason).await;
        }
    }
    // What the gateway has signed itself names its session, whatever else it says; the session's own backend may end it.
    if ["other_audience", "expired"].contains(&reason) {
        return;
    }
    let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "token": token })).await;
    if revoked.status == 200 {
        assert_eq!(revoked.data()["revoked"], 0, "{}", attack.name);
    } else {
        revoked.expect(413, "bad_request/request_body_too_large");
    }
}

async fn no_attack_opens_a_session(kind: Kind) {
    let app = with_reasons(kind).await;
    let opened = open(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
    let genuine = text(&opened["token"]);
    let attacker = Attacker::of(&app, genuine).await;
    let mut harmless = Vec::new();
    for attack in corpus() {
        let token = attacker.token(&attack);
        assert_ne!(token, genuine, "{}", attack.name);
        match &attack.accepted {
            Some(why) => {
                assert!(app.accepts(&token).await, "{}: {why}", attack.name);
                harmless.push(token);
            }
            None => does_nothing(&app, &attack, &token).await,
        }
    }
    assert!(app.accepts(genuine).await);
    app.backend(ACME_LIVE, "revokeSession", json!({ "id": opened["id"] })).await;
    for token in harmless.iter().map(String::as_str).chain([genuine]) {
        assert!(!app.accepts(token).await, "what is accepted ends with its session");
    }
}

#[tokio::test]
async fn no_attack_opens_a_session_on_memory() {
    no_attack_opens_a_session(Kind::Memory).await;
}

#[tokio::test]
async fn no_attack_opens_a_session_on_redis() {
    no_attack_opens_a_session(Kind::Redis).await;
}
