//! Tokens that nobody may accept: what an attacker makes of a good one, and what a good key signed for somebody else.
//!
//! Owns: the forgeries. Whoever checks tokens, the gateway or an API, is given all of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::Sha256;

/// The order of P-256. An `r` or `s` of it counts as zero in a careless check.
const ORDER_OF_P256: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Makes forgeries of one good token.
pub struct Forger {
    header: Value,
    claims: Value,
    parts: [String; 3],
    good_key: EcdsaKeyPair,
    /// An attacker's own.
    own_key: EcdsaKeyPair,
}

impl Forger {
    /// `key`: the file of the ES256 key that signed the good token.
    pub fn new(good: &str, key: &std::path::Path) -> Self {
        let parts: Vec<&str> = good.split('.').collect();
        let parts: [&str; 3] = parts.try_into().expect("a token of three parts");
        let pem = pem::parse(std::fs::read(key).expect("the key")).expect("a PEM file");
        let random = SystemRandom::new();
        let own = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        Forger {
            header: decoded(parts[0]),
            claims: decoded(parts[1]),
            parts: parts.map(str::to_owned),
            good_key: pair(pem.contents()),
            own_key: pair(own.as_ref()),
        }
    }

    /// All of them, by name.
    pub fn forgeries(&self) -> Vec<(String, String)> {
        [self.other_algorithms(), self.keys_of_ones_own(), self.for_somebody_else(), self.damaged()].concat()
    }

    fn other_algorithms(&self) -> Vec<(String, String)> {
        let mut made = Vec::new();
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            let token = join(&self.header_with("alg", json!(algorithm)), &self.claims, "");
            made.push((format!("alg {algorithm:?} without a signature"), token));
        }
        let point = self.good_key.public_key().as_ref();
        let jwk = public_jwk(point).to_string();
        let pem = public_pem(point);
        let secrets =
            [("point", point), ("JWK", jwk.as_bytes()), ("PEM file", pem.as_bytes()), ("nothing", b"")];
        for (name, secret) in secrets {
            let input = signed_part(&self.header_with("alg", json!("HS256")), &self.claims);
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
            mac.update(input.as_bytes());
            let signature = encode(&mac.finalize().into_bytes());
            made.push((
                format!("HS256, the secret is the public key's {name}"),
                format!("{input}.{signature}"),
            ));
        }
        for algorithm in ["ES384", "EdDSA", "RS256", "PS256"] {
            let header = self.header_with("alg", json!(algorithm));
            made.push((
                format!("alg {algorithm} of an ES256 key"),
                sign(&self.good_key, &header, &self.claims),
            ));
        }
        made
    }

    fn keys_of_ones_own(&self) -> Vec<(String, String)> {
        let own = public_jwk(self.own_key.public_key().as_ref());
        let mut made = vec![("another key".to_owned(), sign(&self.own_key, &self.header, &self.claims))];
        let ids = ["unknown", "", "../../../../dev/null", "' OR '1'='1", "key|id", "http://127.0.0.1:1/key"];
        for id in ids {
            let header = self.header_with("kid", json!(id));
            made.push((format!("another key, kid {id:?}"), sign(&self.own_key, &header, &self.claims)));
        }
        let brought = [
            ("jwk", own.clone()),
            ("jku", json!("http://127.0.0.1:1/jwks.json")),
            ("x5u", json!("http://127.0.0.1:1/certificate.pem")),
            ("x5c", json!(["MIIB"])),
        ];
        for (name, value) in brought {
            let with_good_id = self.header_with(name, value);
            made.push((
                format!("another key, brought by {name}"),
                sign(&self.own_key, &with_good_id, &self.claims),
            ));
            let mut alone = with_good_id;
            alone.as_object_mut().expect("an object").remove("kid");
            made.push((format!("the same without kid, {name}"), sign(&self.own_key, &alone, &self.claims)));
        }
        made
    }

    /// By the good key.
    fn for_somebody_else(&self) -> Vec<(String, String)> {
        let expired_at_s = self.claims["iat"].as_u64().expect("seconds") - 3_600;
        let changes = [
            ("aud", json!("other-api")),
            ("aud", json!(["other-api"])),
            ("aud", json!("")),
            ("iss", json!("https://sessions.example.com.evil.example")),
            ("iss", json!("http://sessions.example.com")),
            ("exp", json!(expired_at_s)),
            ("exp", json!("tomorrow")),
        ];
        let change = |(name, value): (&str, Value)| {
            let mut claims = self.claims.clone();
            claims[name] = value.clone();
            (format!("{name} {value}"), sign(&self.good_key, &self.header, &claims))
        };
        changes.into_iter().map(change).collect()
    }

    fn damaged(&self) -> Vec<(String, String)> {
        let [header, claims, signature] = &self.parts;
        let mut other_user = self.claims.clone();
        other_user["sub"] = json!("admin");
        let other_user = encode(other_user.to_string().as_bytes());
        let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        let mut flipped = bytes.clone();
        flipped[10] ^= 1;
        let order = [ORDER_OF_P256, ORDER_OF_P256].concat();
        let signatures = [
            ("no signature", Vec::new()),
            ("a signature with a changed bit", flipped),
            ("half a signature", bytes[..32].to_vec()),
            ("a signature of zeros", vec![0; 64]),
            ("a signature of the order of the curve", order),
            ("a signature of ones", vec![0xff; 64]),
            ("a signature as DER of zeros", vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
        ];
        let put = |(name, bytes): (&str, Vec<u8>)| {
            (name.to_owned(), format!("{header}.{claims}.{}", encode(&bytes)))
        };
        let mut made: Vec<_> = signatures.into_iter().map(put).collect();
        let whole = self.parts.join(".");
        for (name, token) in [
            ("another user under the same signature", format!("{header}.{other_user}.{signature}")),
            ("two parts", format!("{header}.{claims}")),
            ("four parts", format!("{whole}.{signature}")),
            ("a token in a token", join(&self.header_with("cty", json!("JWT")), &json!(whole), signature)),
            ("no token", "x".to_owned()),
            ("dots alone", "..".to_owned()),
        ] {
            made.push((name.to_owned(), token));
        }
        made
    }

    fn header_with(&self, name: &str, value: Value) -> Value {
        let mut header = self.header.clone();
        header[name] = value;
        header
    }
}

fn pair(der: &[u8]) -> EcdsaKeyPair {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &SystemRandom::new());
    key.expect("a key on P-256")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token's header or claims.
pub fn decoded(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn signed_part(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()))
}

fn join(header: &Value, claims: &Value, signature: &str) -> String {
    format!("{}.{signature}", signed_part(header, claims))
}

fn sign(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let signature = key.sign(&SystemRandom::new(), signed_part(header, claims).as_bytes());
    join(header, claims, &encode(signature.expect("it signs").as_ref()))
}

fn public_jwk(point: &[u8]) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]) })
}

/// SubjectPublicKeyInfo: what a public key is in a PEM file.
fn public_pem(point: &[u8]) -> String {
    let head = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
    let byte = |index: usize| u8::from_str_radix(&head[index..index + 2], 16).expect("hexadecimal");
    let der = (0..head.len()).step_by(2).map(byte).chain(point.iter().copied()).collect::<Vec<_>>();
    pem::encode(&pem::Pem::new("PUBLIC KEY", der))
}
