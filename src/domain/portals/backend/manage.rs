//! Revoking and listing the sessions of the caller's users.
//!
//! Owns: that a session which the caller may not see counts as absent.

use super::{Caller, user_of};
use crate::domain::error::{Code, Error};
use crate::domain::handle::Handle;
use crate::domain::messages::SessionPage;
use crate::domain::portals::Portals;
use crate::domain::ports::{Position, Removal};

impl Portals {
    /// Revokes one session by its handle. One that the caller may not see counts as absent.
    pub async fn revoke(&self, caller: &Caller, handle: &Handle) -> Result<u64, Error> {
        let Some(found) = self.parts.store.find_by_handle(handle).await? else {
            return Ok(0);
        };
        let grant = &found.session.grant;
        if !caller.key.sees(&grant.workspace, &grant.slug, grant.environment) {
            return Ok(0);
        }
        Ok(u64::from(self.parts.store.remove(handle, Some(found.record), Removal::Revoked).await?))
    }

    /// Revokes all of a user's sessions, including those under previous secrets.
    pub async fn revoke_all(&self, caller: &Caller, slug: &str, external_id: &str) -> Result<u64, Error> {
        if self.catalog.portal_seen_by(&caller.key, slug).is_none() {
            return Ok(0);
        }
        let mut revoked = 0;
        for tag in self.parts.tagger.all_tags(&user_of(caller, slug, external_id)) {
            revoked += self.parts.store.revoke_all(tag).await?;
        }
        Ok(revoked)
    }

    /// Lists a user's sessions, newest first.
    pub async fn list(
        &self,
        caller: &Caller,
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
