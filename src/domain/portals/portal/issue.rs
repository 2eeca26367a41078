//! Issuing a signed token of a session, for others to check.
//!
//! Owns: who gets one, and that a signature is kept for half its life: an assertion for every request would cost a
//! signature each.
//! Must not know: how a token is signed.

use std::sync::Arc;

use crate::domain::error::{Code, Error};
use crate::domain::kept_tokens::KeptToken;
use crate::domain::messages::CurrentSession;
use crate::domain::portals::Portals;
use crate::domain::rules::signing_key_missing;
use crate::domain::signed_token::{Claims, Purpose};

impl Portals {
    /// A token of the session that was found, which lives from `now_ms` on, by the clock of the gateway.
    pub fn issue(
        &self,
        current: &CurrentSession,
        purpose: Purpose,
        now_ms: u64,
    ) -> Result<Arc<KeptToken>, Error> {
        let signer = self.catalog.signer().ok_or_else(signing_key_missing)?;
        let (session, portal) = (&current.session, &current.portal);
        self.parts.kept_tokens.get_or_sign(&self.catalog, (session.handle, purpose), now_ms, || {
            let claims = Claims::of(session, &portal.tokens, purpose, now_ms);
            let token = signer.sign(&claims).map_err(|_| Error::new(Code::UnexpectedError))?;
            Ok(KeptToken::new(token, &claims))
        })
    }
}
