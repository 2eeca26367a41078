//! Signed tokens that are handed out again.
//!
//! Owns: for how long (half their life), and how much is kept.
//! Must not know: what a token says. It never leaves this process's memory but for its owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use secrecy::{ExposeSecret, SecretString};

use super::catalog::Catalog;
use super::error::Error;
use super::handle::Handle;
use super::signed_token::{Claims, Purpose};

/// Of one worker: some 10,000 tokens of a usual session.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Whose token, and for what.
type Key = (Handle, Purpose);

/// A token and its times.
pub struct KeptToken {
    token: SecretString,
    /// When it ends, Unix seconds.
    pub expires_at_s: u64,
    good_until_s: u64,
}

impl KeptToken {
    /// `claims`: what it says.
    pub fn new(token: String, claims: &Claims) -> Self {
        let life_s = claims.expires_at_s.saturating_sub(claims.issued_at_s);
        let good_until_s = claims.issued_at_s + life_s / 2;
        KeptToken { token: SecretString::from(token), expires_at_s: claims.expires_at_s, good_until_s }
    }

    fn bytes(&self) -> usize {
        self.expose().len()
    }

    /// The secret text, for its owner.
    pub fn expose(&self) -> &str {
        self.token.expose_secret()
    }
}

/// Those of one worker.
#[derive(Default)]
pub struct KeptTokens {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// The configuration that they were signed under. A plain address would not do: once the configuration is freed,
    /// the next one may get the same address. A weak reference keeps the address from being used again.
    under: Weak<Catalog>,
    tokens: HashMap<Key, Arc<KeptToken>>,
    bytes: usize,
}

impl Kept {
    /// Drops what is not handed out any more; if more than half is left then, everything.
    fn make_room(&mut self, now_s: u64) {
        self.tokens.retain(|_, kept| now_s < kept.good_until_s);
        self.bytes = self.tokens.values().map(|kept| kept.bytes()).sum();
        if self.bytes > MOST_BYTES / 2 {
            self.tokens.clear();
            self.bytes = 0;
        }
    }
}

impl KeptTokens {
    /// A token that has at least half its life before it, or a new one. A reload may have changed the keys or the
    /// portal, so what was signed before it is never handed out after it.
    pub fn get_or_sign(
        &self,
        under: &Arc<Catalog>,
        key: Key,
        now_ms: u64,
        sign: impl FnOnce() -> Result<KeptToken, Error>,
    ) -> Result<Arc<KeptToken>, Error> {
        let now_s = now_ms / 1_000;
        // No change of the map can be left half made by a panic.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::ptr::eq(kept.under.as_ptr(), Arc::as_ptr(under)) {
            *kept = Kept { under: Arc::downgrade(under), ..Kept::default() };
        }
        if let Some(kept) = kept.tokens.get(&key).filter(|kept| now_s < kept.good_until_s) {
            return Ok(kept.clone());
        }
        let fresh = Arc::new(sign()?);
        if kept.bytes + fresh.bytes() > MOST_BYTES {
            kept.make_room(now_s);
        }
        kept.bytes += fresh.bytes();
        let former = kept.tokens.insert(key, fresh.clone());
        kept.bytes -= former.map_or(0, |former| former.bytes());
        Ok(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::tests::session;
    use crate::domain::signed_token::TokenSettings;

    #[test]
    fn a_token_is_handed_out_for_half_its_life() {
        let kept = KeptTokens::default();
        let catalog = Arc::new(Catalog::new(Vec::new(), Vec::new()));
        let session = session(Some(0), 86_400_000);
        let settings = TokenSettings { ttl_seconds: 300, audience: None };
        let mut signed = 0;
        let mut at = |now_s: u64, purpose: Purpose| {
            let token = kept.get_or_sign(&catalog, (session.handle, purpose), now_s * 1_000, || {
                signed += 1;
                let claims = Claims::of(&session, &settings, purpose, now_s * 1_000);
                Ok(KeptToken::new(format!("token {signed}"), &claims))
            });
            token.expect("it is signed").expose().to_owned()
        };
        assert_eq!(at(1_000, Purpose::Call), "token 1");
        assert_eq!(at(1_149, Purpose::Call), "token 1");
        assert_eq!(at(1_150, Purpose::Call), "token 2");
        assert_eq!(at(1_150, Purpose::Assertion), "token 3");
        assert_eq!(at(1_180, Purpose::Assertion), "token 4");
        // At the end of the session a token's life is short, and so is half of it.
        assert_eq!(at(86_399, Purpose::Call), "token 5");
        assert_eq!(at(86_399, Purpose::Call), "token 6");
    }
    /// The allocator gives a new configuration the place of one that is gone. What was signed under the first must not
    /// pass for a token of the second, because its key may have been removed.
    #[test]
    fn nothing_outlives_the_configuration_that_it_was_signed_under() {
        let kept = KeptTokens::default();
        let session = session(Some(0), 86_400_000);
        let settings = TokenSettings { ttl_seconds: 300, audience: None };
        for number in 0..100 {
            let catalog = Arc::new(Catalog::new(Vec::new(), Vec::new()));
            let token = kept.get_or_sign(&catalog, (session.handle, Purpose::Call), 1_000_000, || {
                let claims = Claims::of(&session, &settings, Purpose::Call, 1_000_000);
                Ok(KeptToken::new(format!("token {number}"), &claims))
            });
            assert_eq!(token.expect("it is signed").expose(), format!("token {number}"));
        }
    }
}
