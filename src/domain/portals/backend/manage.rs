//! Revoking and listing the sessions of the caller's users.
//!
//! Owns: that a session which the caller may not see counts as absent.

use std::collections::BTreeSet;
use std::future::ready;

use futures_util::stream::{self, StreamExt};

use super::{Caller, user_of};
use crate::domain::candidates::Candidate;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::invalid::Invalid;
use crate::domain::messages::{Revocation, SessionPage};
use crate::domain::portals::Portals;
use crate::domain::ports::{Found, Lookup, NotAllRevoked, OnBehalf, Position, Record, Removal, StoreError};
use crate::domain::root_key::{ToList, ToRevoke};
use crate::domain::user_tag::UserTag;

/// Portals whose sessions are revoked side by side. A replica that hangs holds a place in the store for each, so that these
/// must be few.
const AT_ONCE: usize = 4;

impl Portals {
    /// Revokes one session by its handle. One that the caller may not see counts as absent.
    pub async fn revoke(&self, caller: &Caller<ToRevoke>, handle: &Handle) -> Result<Revocation, Error> {
        let Some(found) = self.parts.store.find_by_handle(handle).await? else {
            return Ok(Revocation::Nothing);
        };
        let grant = &found.session.grant;
        if !caller.key.sees(&grant.workspace, &grant.slug, grant.environment) {
            return Ok(Revocation::Nothing);
        }
        self.revoke_one(*handle, found.record).await
    }

    /// Of one that was just found.
    async fn revoke_one(&self, handle: Handle, record: Record) -> Result<Revocation, Error> {
        match self.parts.store.remove(&handle, Some(record), Removal::Revoked).await {
            // The record was gone if a first try had done it and its answer was lost. This call has found the session live.
            Ok(_) => Ok(Revocation::Done(handle)),
            Err(error @ StoreError::Unconfirmed(_)) => Ok(Revocation::Unconfirmed(handle, error)),
            Err(error @ (StoreError::Unavailable(_) | StoreError::Crowded(_) | StoreError::Corrupt(_))) => {
                Err(error.into())
            }
        }
    }

    /// Revokes the session of a token of any kind; which one it was, if the caller may see it. Whoever finds a token
    /// where it does not belong need not know what kind it is. A signed token for another use than a session, or that cannot
    /// be verified here, is refused: its session may live, and would seem to be over. Of the latter nobody learns why.
    pub async fn revoke_by_token(
        &self,
        caller: &Caller<ToRevoke>,
        token: &Candidate,
    ) -> Result<Revocation, Error> {
        let place = match self.place_of(token) {
            Ok(place) => place,
            Err(Refusal::OtherPurpose) => {
                let fix = "To end the session that it names, send its jti as id.";
                let invalid =
                    Invalid::new("This token is for calls to other programs, not a session's.", fix);
                return Err(Error::invalid(vec![invalid.at("body.token")]));
            }
            Err(_) => {
                let fix = "Send the session's id instead.";
                let message = "This token is none that this gateway has signed, or it is not whole.";
                return Err(Error::invalid(vec![Invalid::new(message, fix).at("body.token")]));
            }
        };
        let Found::Active(session) = self.look_up(place.tag, &place.digest, Lookup::Glance).await? else {
            self.parts.store.settle(place.tag, OnBehalf::Known).await?;
            return Ok(Revocation::Nothing);
        };
        let grant = &session.grant;
        if !caller.key.sees(&grant.workspace, &grant.slug, grant.environment) {
            return Ok(Revocation::Nothing);
        }
        self.revoke_one(session.handle, Record::Token(place.digest)).await
    }

    /// Revokes all of a user's sessions but one, of one portal or of all that the caller may see, whether or not this gateway
    /// has them; also those of tags under previous secrets. How many those are; an error tells it too, and stops nothing
    /// else: what one portal's replicas do not confirm must not leave the sessions of the next one alive.
    pub async fn revoke_all(
        &self,
        caller: &Caller<ToRevoke>,
        slug: Option<&str>,
        external_id: &str,
        except: Option<Handle>,
    ) -> Result<u64, NotAllRevoked> {
        let slugs = match slug {
            Some(slug) => BTreeSet::from([slug.to_owned()]),
            None => self.slugs_of(&caller.key.workspace).await.map_err(NotAllRevoked::nothing)?,
        };
        let key = &caller.key;
        let seen = slugs.iter().filter(|slug| key.sees(&key.workspace, slug, key.environment));
        let tags = seen.flat_map(|slug| self.parts.tagger.all_tags(&user_of(caller, slug, external_id)));
        let revoke = |tag: UserTag| {
            let kept = except.filter(|handle| handle.tag == tag).map(Position::from);
            self.parts.store.revoke_all(tag, kept)
        };
        let parts = stream::iter(tags.map(revoke)).buffer_unordered(AT_ONCE);
        parts.fold(Ok(0), |so_far, part| ready(NotAllRevoked::sum(so_far, part))).await
    }

    /// Of this gateway's portals and of all others that may have sessions: it may not have a portal yet, or not any more.
    async fn slugs_of(&self, workspace: &str) -> Result<BTreeSet<String>, StoreError> {
        let ours = self.catalog.portals().iter().filter(|portal| portal.workspace == workspace);
        let ours: BTreeSet<_> = ours.map(|portal| portal.slug.clone()).collect();
        Ok(self.parts.store.portals_of(workspace).await?.into_iter().chain(ours).collect())
    }

    /// Lists a user's sessions, newest first.
    pub async fn list(
        &self,
        caller: &Caller<ToList>,
        slug: &str,
        external_id: &str,
        before: Option<Handle>,
        limit: usize,
    ) -> Result<SessionPage, Error> {
        if self.catalog.portal_seen_by(&caller.key, slug).is_none() {
            return Err(Error::new(Code::PortalConfigNotFound));
        }
        let mut sessions = Vec::new();
        for tag in self.parts.tagger.all_tags(&user_of(caller, slug, external_id)) {
            // One more than asked for, to know whether there is a next page.
            sessions.extend(self.parts.store.list(tag, before.map(Position::from), limit + 1).await?);
        }
        sessions.sort_by_key(|session| std::cmp::Reverse(Position::from(session.handle)));
        let has_more = sessions.len() > limit;
        sessions.truncate(limit);
        let next = if has_more { sessions.last().map(|session| session.handle) } else { None };
        Ok(SessionPage { sessions, next })
    }
}
