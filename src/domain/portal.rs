//! The whole product on one page: create, exchange, find, authorize, end, revoke, list.
//!
//! Owns: the order of the rules and which error each breach gives.
//! Must not know: HTTP, Redis, time. Every method makes one decision at a time and asks the store at most
//! once or twice; a `StoreError` is an outage and never looks like absence.

use std::sync::Arc;

use arc_swap::ArcSwap;
use url::Url;

use super::catalog::{Catalog, Portal, RootKeyEntry};
use super::credential::{BrowserToken, RootKey, Ticket};
use super::error::{Code, Error, Invalid, Refusal};
use super::handle::{Handle, HandleSuffix};
use super::idempotency::TokenDeriver;
use super::messages::{
    CreatedSession, CurrentSession, ExchangeRequest, ExchangedSession, SessionPage, SessionRequest,
};
use super::permission::Permission;
use super::ports::{
    Exchange, ExchangeAttempt, Found, Gone, NewSession, Position, Removal, SessionStore, StoreError,
};
use super::presented::Presented;
use super::return_url::with_parameter;
use super::rules::{
    admitted_portals, check_ceiling, check_held, check_return_url, origin_not_listed, portal_disabled,
    portal_of, why_not_admitted,
};
use super::session::Grant;
use super::user_tag::{UserRef, UserTagger};

/// The catalog in force; a reload stores another.
pub type SharedCatalog = Arc<ArcSwap<Catalog>>;

/// The holder of a root key.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Its key's entry.
    pub key: Arc<RootKeyEntry>,
}

/// The product.
pub struct Portals {
    catalog: SharedCatalog,
    pub(super) store: Arc<dyn SessionStore>,
    tagger: Arc<UserTagger>,
    deriver: Arc<TokenDeriver>,
}

impl Portals {
    /// `store` and `catalog` outlive every request.
    pub fn new(
        catalog: SharedCatalog,
        store: Arc<dyn SessionStore>,
        tagger: Arc<UserTagger>,
        deriver: Arc<TokenDeriver>,
    ) -> Self {
        Portals { catalog, store, tagger, deriver }
    }

    /// The catalog in force now.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// Whether the store answers.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.store.ready().await
    }

    /// Who holds this root key.
    pub fn authenticate(&self, key: &RootKey) -> Result<Caller, Error> {
        let catalog = self.catalog.load();
        let key = catalog.root_key(&key.digest());
        let refused = || Error::refused(Code::KeyNotFound, Refusal::Unknown, None);
        key.map(|key| Caller { key: key.clone() }).ok_or_else(refused)
    }

    /// Whether sessions of this portal may return to `url`; nothing is told of a portal that the caller may
    /// not see. For a request whose faults are all told at once: [`Portals::create`] checks it in any case.
    pub fn may_return_to(&self, caller: &Caller, slug: &str, url: &Url) -> Result<(), Invalid> {
        let catalog = self.catalog.load();
        catalog.portal_seen_by(&caller.key, slug).map_or(Ok(()), |portal| check_return_url(portal, url))
    }

    /// Creates a pending session for one of the caller's users.
    pub async fn create(&self, caller: &Caller, request: SessionRequest) -> Result<CreatedSession, Error> {
        let catalog = self.catalog.load_full();
        let portal = catalog
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
        let tag = self.tagger.tag(&user_of(caller, &grant.slug, &grant.external_id));
        let ticket = Ticket::mint(environment, tag);
        let new = NewSession {
            tag,
            suffix: HandleSuffix::mint(),
            ticket: ticket.digest(),
            ticket_ttl_ms: portal.ticket_ttl_ms,
            session_ttl_ms: request.session_ttl_ms,
            grant,
        };
        let session = self.store.create(&new).await?;
        let url = with_parameter(&portal.entrance(environment), "session", ticket.expose());
        Ok(CreatedSession { session, ticket, url })
    }

    /// Spends a ticket for a browser session. The origin is checked before anything is spent.
    pub async fn exchange(&self, request: ExchangeRequest<'_>) -> Result<ExchangedSession, Error> {
        let catalog = self.catalog.load_full();
        let portals = admitted_portals(&catalog, &request.asker)?;
        let not_found = |refusal, handle| Error::refused(Code::PortalSessionNotFound, refusal, handle);
        let ticket = Ticket::parse(request.session_id).map_err(|_| not_found(Refusal::Malformed, None))?;
        let token = match &request.idempotency_key {
            Some(key) => self.deriver.derive(&ticket, key),
            None => BrowserToken::mint(ticket.environment(), ticket.tag()),
        };
        let attempt = ExchangeAttempt {
            tag: ticket.tag(),
            ticket: ticket.digest(),
            token: token.digest(),
            portals,
            user_agent: request.user_agent,
        };
        let session = match self.store.exchange(&attempt).await? {
            Exchange::Done(session) => session,
            Exchange::NotAdmitted(session) => {
                return Err(why_not_admitted(&catalog, &session, &request.asker));
            }
            Exchange::Gone(Gone { refusal, handle }) => return Err(not_found(refusal, handle)),
        };
        let Some(portal) = portal_of(&catalog, &session).cloned() else {
            self.store.remove(&session.handle, Some(&token.digest()), Removal::Revoked).await?;
            return Err(not_found(Refusal::PortalGone, Some(session.handle)));
        };
        let held = request.held.into_iter().find(|(held_for, _)| held_for.slug == portal.slug);
        let replaced = match held {
            Some((_, old)) if old.digest() != token.digest() => self.end_replaced(&portal, &old).await,
            Some(_) | None => Ok(None),
        };
        Ok(ExchangedSession { session, portal, token, replaced })
    }

    /// A browser that gets a new session loses the one it had of the same portal. By now the ticket is spent,
    /// so an outage here must not fail the exchange: its user would be locked out.
    async fn end_replaced(&self, portal: &Portal, old: &BrowserToken) -> Result<Option<Handle>, StoreError> {
        let Found::Active(session) = self.store.find(old.tag(), &old.digest()).await? else {
            return Ok(None);
        };
        if session.grant.slug != portal.slug {
            return Ok(None);
        }
        self.store.remove(&session.handle, Some(&old.digest()), Removal::Replaced).await?;
        Ok(Some(session.handle))
    }

    /// The live session that a request presents; does not check the page's origin.
    pub async fn find(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let catalog = self.catalog.load_full();
        let dead = |refusal, handle| Error {
            home: Some(presented.home(&catalog)),
            ..Error::refused(Code::PortalSessionNotFound, refusal, handle)
        };
        let Some(presented_token) = &presented.token else {
            let error = Error::refused(Code::PortalTokenMissing, Refusal::Missing, None);
            return Err(Error { home: Some(presented.home(&catalog)), ..error });
        };
        let Ok(token) = presented_token.token.clone() else {
            return Err(dead(Refusal::Malformed, None));
        };
        let session = match self.store.find(token.tag(), &token.digest()).await? {
            Found::Active(session) => session,
            Found::Gone(Gone { refusal, handle }) => return Err(dead(refusal, handle)),
        };
        let handle = session.handle;
        let portal =
            portal_of(&catalog, &session).cloned().ok_or_else(|| dead(Refusal::PortalGone, Some(handle)))?;
        if presented.expected_slug().is_some_and(|slug| slug != portal.slug) {
            return Err(dead(Refusal::OtherPortal, Some(handle)));
        }
        if !portal.enabled {
            return Err(portal_disabled(Some(handle)));
        }
        Ok(CurrentSession { session, portal, token })
    }

    /// [`Portals::find`] for reading: a page that the portal does not list is refused.
    pub async fn find_for_reading(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let current = self.find(presented).await?;
        if presented.is_foreign_page(&current.portal) {
            return Err(origin_not_listed(Some(current.session.handle)));
        }
        Ok(current)
    }

    /// The live session that a request presents, if it holds every one of `required`.
    pub async fn authorize(
        &self,
        presented: &Presented,
        required: &[Permission],
    ) -> Result<CurrentSession, Error> {
        let current = self.find(presented).await?;
        check_held(&current.session, required)?;
        Ok(current)
    }

    /// Ends a session on its user's wish, and only then: a forged request of another site is refused.
    pub async fn end(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let current = self.find(presented).await?;
        if !presented.may_change(&current.portal) {
            return Err(origin_not_listed(Some(current.session.handle)));
        }
        let token = current.token.digest();
        self.store.remove(&current.session.handle, Some(&token), Removal::Ended).await?;
        Ok(current)
    }

    /// Revokes one session by its handle; what the caller may not see counts as not there.
    pub async fn revoke(&self, caller: &Caller, handle: &Handle) -> Result<u64, Error> {
        let Some(session) = self.store.find_by_handle(handle).await? else {
            return Ok(0);
        };
        let grant = &session.grant;
        if !caller.key.sees(&grant.workspace, &grant.slug, grant.environment) {
            return Ok(0);
        }
        Ok(u64::from(self.store.remove(handle, None, Removal::Revoked).await?))
    }

    /// Revokes all of a user's sessions, also those of tags under previous secrets.
    pub async fn revoke_all(&self, caller: &Caller, slug: &str, external_id: &str) -> Result<u64, Error> {
        if self.catalog.load().portal_seen_by(&caller.key, slug).is_none() {
            return Ok(0);
        }
        let mut revoked = 0;
        for tag in self.tagger.all_tags(&user_of(caller, slug, external_id)) {
            revoked += self.store.revoke_all(tag).await?;
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
        if self.catalog.load().portal_seen_by(&caller.key, slug).is_none() {
            return Err(Error::new(Code::PortalConfigNotFound));
        }
        let mut sessions = Vec::new();
        for tag in self.tagger.all_tags(&user_of(caller, slug, external_id)) {
            // One more than asked for tells whether there is a next page.
            sessions.extend(self.store.list(tag, before.map(Position::from), limit + 1).await?);
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
