//! What a backend asks of the product: create, revoke, list.
//!
//! Owns: the order of the rules and which error each breach gives. A root key sees its own workspace, environment
//! and portals only; what it may not see does not exist for it.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

use std::sync::Arc;

use url::Url;

use super::Portals;
use crate::domain::catalog::RootKeyEntry;
use crate::domain::credential::{RootKey, Ticket};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::invalid::Invalid;
use crate::domain::messages::{CreatedSession, SessionPage, SessionRequest};
use crate::domain::ports::{NewSession, Position, Removal};
use crate::domain::rules::{check_ceiling, check_return_url, portal_disabled};
use crate::domain::session::Grant;
use crate::domain::user_tag::UserRef;

/// The holder of a root key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its key's entry.
    pub key: Arc<RootKeyEntry>,
}

impl Portals {
    /// Who holds this root key.
    pub fn authenticate(&self, key: &RootKey) -> Result<Caller, Error> {
        let key = self.catalog.root_key(&key.digest());
        let refused = || Error::refused(Code::KeyNotFound, Refusal::Unknown, None);
        key.map(|key| Caller { key: key.clone() }).ok_or_else(refused)
    }

    /// Whether sessions of this portal may return to `url`; nothing is told of a portal that the caller may
    /// not see. For a request whose faults are all told at once: [`Portals::create`] checks it in any case.
    pub fn may_return_to(&self, caller: &Caller, slug: &str, url: &Url) -> Result<(), Invalid> {
        self.catalog.portal_seen_by(&caller.key, slug).map_or(Ok(()), |portal| check_return_url(portal, url))
    }

    /// Creates a pending session for one of the caller's users.
    pub async fn create(&self, caller: &Caller, request: SessionRequest) -> Result<CreatedSession, Error> {
        let portal = self
            .catalog
            .portal_seen_by(&caller.key, &request.slug)
            .ok_or_else(|| Error::new(Code::PortalConfigNotFound))?;
        if !portal.enabled {
            return Err(portal_disabled(None));
        }
        check_ceiling(&caller.key, &request.permissions)?;
        if let Some(url) = &request.return_url {
            check_return_url(portal, url).map_err(|told| Error::invalid(vec![told.at("body.returnUrl")]))?;
        }

        let environment = caller.key.environment;
        let grant = Grant {
            workspace: portal.workspace.clone(),
            slug: request.slug,
            environment,
            external_id: request.external_id,
            external_organization_id: request.external_organization_id,
            email: request.email,
            permissions: request.permissions,
            preview: request.preview,
            metadata: request.metadata,
            return_url: request.return_url,
        };
        let tag = self.parts.tagger.tag(&user_of(caller, &grant.slug, &grant.external_id));
        let ticket = Ticket::mint(environment, tag);
        let new = NewSession {
            tag,
            suffix: HandleSuffix::mint(),
            ticket: ticket.digest(),
            ticket_ttl_ms: portal.ticket_ttl_ms,
            session_ttl_ms: request.session_ttl_ms,
            grant,
        };
        let session = self.parts.store.create(&new).await?;
        let url = portal.entrance(environment, &ticket);
        Ok(CreatedSession { session, ticket, url })
    }

    /// Revokes one session by its handle; what the caller may not see counts as not there.
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

    /// Revokes all of a user's sessions, also those of tags under previous secrets.
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
            // One more than asked for tells whether there is a next page.
            sessions.extend(self.parts.store.list(tag, before.map(Position::from), limit + 1).await?);
        }
        sessions.sort_by_key(|session| std::cmp::Reverse(Position::from(session.handle)));
        let has_more = sessions.len() > limit;
        sessions.truncate(limit);
        let next = if has_more { sessions.last().map(|session| session.handle) } else { None };
        Ok(SessionPage { sessions, next })
    }
}

fn user_of<'a>(caller: &'a Caller, slug: &'a str, external_id: &'a str) -> UserRef<'a> {
    UserRef { workspace: &caller.key.workspace, environment: caller.key.environment, slug, external_id }
}
