//! Ties the form on a landing page to the browser that got the page.
//!
//! Owns: the pass (the value of a short-lived cookie) and the form's nonce, which is derived from it. Another site can
//! neither read the pass nor compute a nonce, so it cannot submit the form for a visitor (login CSRF). The pass is also
//! the browser's `Idempotency-Key`: a double click finds its own success, another browser does not.
//! Must not know: cookies or forms.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::base62::{RANDOM_CHARS, random_text};
use super::idempotency::IdempotencyKey;
use super::invalid::Invalid;
use super::malformed::Malformed;
use super::user_tag::keyed_hash;

/// A random value for one browser. It opens no session.
#[derive(Clone)]
pub struct LandingPass(SecretString);

impl LandingPass {
    /// A new one.
    pub fn mint() -> Self {
        LandingPass(SecretString::from(random_text()))
    }

    /// Reads one that a browser sent back.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let well_formed = text.len() == RANDOM_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if well_formed { Ok(LandingPass(SecretString::from(text))) } else { Err(Malformed) }
    }

    /// The text, for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Makes it safe for this browser to repeat its exchange.
    pub fn idempotency_key(&self) -> Result<IdempotencyKey, Invalid> {
        IdempotencyKey::parse(self.0.expose_secret())
    }
}

impl fmt::Debug for LandingPass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[masked]")
    }
}

/// Derives nonces from `server.secret`, so that a neighbouring host that plants a pass still has no nonce.
pub struct LandingNonces {
    keyed: Hmac<Sha256>,
}

impl LandingNonces {
    /// Every replica must have the same secret, or visitors see the form twice.
    pub fn new(secret: &SecretString) -> Self {
        LandingNonces { keyed: keyed_hash(secret) }
    }

    /// The nonce of the form that offers this session ID to the browser with this pass.
    pub fn nonce(&self, pass: &LandingPass, session_id: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.hash(pass, session_id).finalize().into_bytes())
    }

    /// Whether the form was made for this browser and this session ID; compared in constant time.
    pub fn vouches(&self, nonce: &str, pass: &LandingPass, session_id: &str) -> bool {
        let sent = URL_SAFE_NO_PAD.decode(nonce).unwrap_or_default();
        self.hash(pass, session_id).verify_slice(&sent).is_ok()
    }

    fn hash(&self, pass: &LandingPass, session_id: &str) -> Hmac<Sha256> {
        let mut hash = self.keyed.clone();
        // The first part keeps these apart from other values that come from the secret. A pass has a fixed length.
        for part in ["landing nonce", pass.expose(), session_id] {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_for_one_browser_one_session_id_and_one_secret() {
        let nonces = LandingNonces::new(&"secret".into());
        let pass = LandingPass::mint();
        let nonce = nonces.nonce(&pass, "pst_live_a");
        let same = LandingPass::parse(pass.expose()).expect("a pass reads back");
        assert!(nonces.vouches(&nonce, &same, "pst_live_a"));
        assert!(!nonces.vouches(&nonce, &pass, "pst_live_b"));
        assert!(!nonces.vouches(&nonce, &LandingPass::mint(), "pst_live_a"));
        assert!(!LandingNonces::new(&"other".into()).vouches(&nonce, &pass, "pst_live_a"));
        for bad in ["", "x", pass.expose(), &nonce[1..], &format!("{nonce}A")] {
            assert!(!nonces.vouches(bad, &pass, "pst_live_a"), "{bad}");
        }
    }

    #[test]
    fn a_pass_has_one_form_is_a_key_and_is_not_printed() {
        let pass = LandingPass::mint();
        assert!(pass.idempotency_key().is_ok());
        assert_eq!(format!("{pass:?}"), "[masked]");
        for bad in ["", "short", &"a".repeat(34), &format!("{}-", "a".repeat(32)), &"é".repeat(33)] {
            assert!(LandingPass::parse(bad).is_err(), "accepted {bad:?}");
        }
    }
}
