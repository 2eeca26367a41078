//! An API in Rust that checks signed tokens by itself, as `docs/tokens.md` shows it.
//!
//! Owns: the check, and a key set that is kept for as long as its `max-age` says, by a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::sync::Mutex;
use vestibule::tokens::{self, SigningKey};

use super::app::TestApp;

// The document shows what stands between these lines.
// begin
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

#[derive(serde::Deserialize)]
pub struct Claims {
    pub sub: String,
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// `keys`: what /.well-known/jwks.json answered within the last five minutes.
pub fn user_of(token: &str, keys: &JwkSet) -> Result<Claims, Error> {
    let id = decode_header(token)?.kid.unwrap_or_default();
    let key = keys.find(&id).ok_or(ErrorKind::InvalidToken)?;
    // The key decides on the algorithm, not the token.
    let is_ecdsa = matches!(key.algorithm, AlgorithmParameters::EllipticCurve(_));
    let mut expected = Validation::new(if is_ecdsa { Algorithm::ES256 } else { Algorithm::EdDSA });
    expected.set_issuer(&["https://sessions.example.com"]);
    expected.set_audience(&["my-api"]);
    expected.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    expected.leeway = 0;
    Ok(decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &expected)?.claims)
}
// end

/// The library has its cryptography from the gateway in this build, which brings it along with its first key.
pub fn bring_cryptography() {
    let key = SigningKey::generate(tokens::Algorithm::Es256).expect("a key");
    SigningKey::read(&key).expect("it can be read");
}

/// Checks tokens of one gateway.
pub struct RustApi {
    gateway: TestApp,
    /// Seconds. Only the test moves it, so nobody waits for a key set to grow old.
    pub clock: Arc<AtomicU64>,
    kept: Mutex<Option<(JwkSet, u64)>>,
    pub fetches: AtomicUsize,
}

impl RustApi {
    pub fn new(gateway_url: &str) -> Self {
        bring_cryptography();
        let gateway = TestApp::of_process(gateway_url);
        RustApi { gateway, clock: Arc::default(), kept: Mutex::default(), fetches: AtomicUsize::new(0) }
    }

    pub fn now_s(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub async fn check(&self, token: &str) -> Result<Claims, Error> {
        user_of(token, &self.keys().await)
    }

    /// Never fetched for an unknown `kid`: whoever rotates keys as documented needs no such luck.
    async fn keys(&self) -> JwkSet {
        let mut kept = self.kept.lock().await;
        let now_s = self.now_s();
        if let Some((set, good_until_s)) = &*kept
            && now_s < *good_until_s
        {
            return set.clone();
        }
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let reply = self.gateway.get("/.well-known/jwks.json").send().await;
        let max_age = reply.header("cache-control").strip_prefix("public, max-age=").expect("a life");
        let max_age_s: u64 = max_age.parse().expect("seconds");
        let set: JwkSet = serde_json::from_str(&reply.text).expect("a key set");
        *kept = Some((set.clone(), now_s + max_age_s));
        set
    }
}

/// The check as the document shows it.
pub fn sample() -> String {
    let text = include_str!("rust_api.rs");
    let shown = text.split_once("// begin\n").and_then(|(_, rest)| rest.split_once("// end\n"));
    shown.expect("the marks").0.to_owned()
}
