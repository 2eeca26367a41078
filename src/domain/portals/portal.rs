//! What a portal, its pages and its proxies ask of the product: exchange, find, authorize, end.
//!
//! Owns: the order of the rules and which error each breach gives; that nothing is spent before the portal and the
//! page's origin are known to be right.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

use super::Portals;
use crate::domain::catalog::Portal;
use crate::domain::credential::{BrowserToken, Ticket};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::messages::{CurrentSession, ExchangeRequest, ExchangedSession};
use crate::domain::permission::Permission;
use crate::domain::ports::{Exchange, ExchangeAttempt, Found, Gone, Removal, StoreError};
use crate::domain::presented::Presented;
use crate::domain::rules::{
    admitted_portals, check_held, origin_not_listed, portal_disabled, portal_of, why_not_admitted,
};

impl Portals {
    /// Spends a ticket for a browser session. The origin is checked before anything is spent.
    pub async fn exchange(&self, request: ExchangeRequest<'_>) -> Result<ExchangedSession, Error> {
        let portals = admitted_portals(&self.catalog, &request.asker)?;
        let not_found = |refusal, handle| Error::refused(Code::PortalSessionNotFound, refusal, handle);
        let ticket = Ticket::parse(request.session_id).map_err(|_| not_found(Refusal::Malformed, None))?;
        let token = match &request.idempotency_key {
            Some(key) => self.parts.deriver.derive(&ticket, key),
            None => BrowserToken::mint(ticket.environment(), ticket.tag()),
        };
        let attempt = ExchangeAttempt {
            tag: ticket.tag(),
            ticket: ticket.digest(),
            token: token.digest(),
            portals,
            user_agent: request.user_agent,
        };
        let session = match self.parts.store.exchange(&attempt).await? {
            Exchange::Done(session) => session,
            Exchange::NotAdmitted(session) => {
                return Err(why_not_admitted(&self.catalog, &session, &request.asker));
            }
            Exchange::Gone(Gone { refusal, handle }) => return Err(not_found(refusal, handle)),
        };
        let Some(portal) = portal_of(&self.catalog, &session).cloned() else {
            self.parts.store.remove(&session.handle, Some(&token.digest()), Removal::Revoked).await?;
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
        let Found::Active(session) = self.parts.store.find(old.tag(), &old.digest()).await? else {
            return Ok(None);
        };
        if session.grant.slug != portal.slug {
            return Ok(None);
        }
        self.parts.store.remove(&session.handle, Some(&old.digest()), Removal::Replaced).await?;
        Ok(Some(session.handle))
    }

    /// The live session that a request presents; does not check the page's origin.
    pub async fn find(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let dead = |refusal, handle| Error {
            home: Some(presented.home(&self.catalog)),
            ..Error::refused(Code::PortalSessionNotFound, refusal, handle)
        };
        let Some(presented_token) = &presented.token else {
            let error = Error::refused(Code::PortalTokenMissing, Refusal::Missing, None);
            return Err(Error { home: Some(presented.home(&self.catalog)), ..error });
        };
        let Ok(token) = presented_token.token.clone() else {
            return Err(dead(Refusal::Malformed, None));
        };
        let session = match self.parts.store.find(token.tag(), &token.digest()).await? {
            Found::Active(session) => session,
            Found::Gone(Gone { refusal, handle }) => return Err(dead(refusal, handle)),
        };
        let handle = session.handle;
        let portal = portal_of(&self.catalog, &session)
            .cloned()
            .ok_or_else(|| dead(Refusal::PortalGone, Some(handle)))?;
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
        self.parts.store.remove(&current.session.handle, Some(&token), Removal::Ended).await?;
        Ok(current)
    }
}
