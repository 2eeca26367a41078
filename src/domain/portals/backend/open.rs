//! Opening a direct session: the backend gets its token at once, for a page or an app to use (API.md section 9).
//!
//! Owns: that the token is made before the store is asked, so that a lost reply never leaves two sessions; and that a
//! signed token is made only for a session that exists.
//! Must not know: how a token is signed.

use super::asked::asked;
use super::{Caller, grant_of, user_of};
use crate::domain::credential::{DirectToken, signed_token_digest};
use crate::domain::error::{Code, Error};
use crate::domain::handle::HandleSuffix;
use crate::domain::invalid::Invalid;
use crate::domain::messages::{DirectRequest, IssuedToken, OpenedSession};
use crate::domain::portals::Portals;
use crate::domain::ports::{NewDirectSession, Opening, Record, Removal, Stored};
use crate::domain::root_key::ToCreate;
use crate::domain::rules::{not_direct, signing_key_missing, too_many_sessions};
use crate::domain::session::SessionKind;
use crate::domain::signed_token::{Claims, Purpose};
use crate::domain::token_format::TokenFormat;
use crate::domain::warnings;

impl Portals {
    /// Opens an active session for one of the caller's users.
    pub async fn open(
        &self,
        caller: &Caller<ToCreate>,
        request: DirectRequest,
    ) -> Result<OpenedSession, Error> {
        let DirectRequest { session: request, format, idempotency_key } = request;
        let portal = self.portal_for(caller, &request)?.clone();
        if !portal.direct {
            return Err(not_direct(None));
        }
        let signer = match format {
            TokenFormat::Jwt => Some(self.catalog.signer().ok_or_else(signing_key_missing)?),
            TokenFormat::Opaque => None,
        };
        let session_ttl_ms = request.session_ttl_ms;
        let grant = grant_of(SessionKind::Direct, caller, &portal, request);
        let tag = self.parts.tagger.tag(&user_of(caller, &grant.slug, &grant.external_id));
        let random = idempotency_key.map(|key| {
            let asked = asked(format, session_ttl_ms, &grant);
            self.parts.deriver.direct(&caller.key.digest, &key, tag, &asked)
        });
        let token = match &random {
            Some(random) => DirectToken::from_random(grant.environment, tag, random),
            None => DirectToken::mint(grant.environment, tag),
        };
        let suffix = HandleSuffix::from_digest(token.digest().as_bytes());
        let digest = match format {
            TokenFormat::Opaque => token.digest(),
            TokenFormat::Jwt => signed_token_digest(tag, suffix),
        };
        let new = NewDirectSession {
            tag,
            suffix,
            token: digest,
            is_repeatable: random.is_some(),
            session_ttl_ms,
            policy: portal.policy,
            grant,
            root_key: caller.key.id.clone(),
        };
        self.parts.store.begins_at(&portal.workspace, &portal.slug).await?;
        let Stored { session, live, went } = match self.parts.store.open(&new).await? {
            Opening::Done(stored) => stored,
            Opening::TooLate => return Err(used_before()),
            Opening::Full => return Err(too_many_sessions(None)),
        };
        self.tell_of(&went, &portal.slug);
        let warnings = warnings::of(&portal, &session.grant, live);
        let Some(signer) = signer else {
            return Ok(OpenedSession { session, portal, token: IssuedToken::Direct(token), warnings });
        };
        let begun_at_ms = session.handle.created_at_ms;
        let claims = Claims::of(&session, &portal.tokens, Purpose::Session, begun_at_ms);
        match signer.sign(&claims) {
            Ok(token) => {
                Ok(OpenedSession { session, portal, token: IssuedToken::Signed(token.into()), warnings })
            }
            Err(_) => {
                // Nobody has a credential for it, so it does no harm if this fails too.
                let _ = self
                    .parts
                    .store
                    .remove(&session.handle, Some(Record::Token(digest)), Removal::Replaced)
                    .await;
                Err(Error { handle: Some(session.handle), ..Error::new(Code::UnexpectedError) })
            }
        }
    }
}

fn used_before() -> Error {
    let message =
        "This key was used for the same request more than a minute ago, or its session has ended since.";
    let fix = "Make one random value for each token that you ask for, and repeat it within a minute only.";
    Error::invalid(vec![Invalid::new(message, fix).at("header.Idempotency-Key")])
}
