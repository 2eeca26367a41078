//! What a portal, its pages and its proxies ask of the product: exchange, find, authorize, end.
//!
//! Owns: the order of the rules, and the error for breaking each. Nothing is spent before the portal and the page's
//! origin are known to be right.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

use super::Portals;
use crate::domain::catalog::Portal;
use crate::domain::credential::{BrowserToken, Ticket};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::messages::{CurrentSession, EndedSession, ExchangeRequest, ExchangedSession};
use crate::domain::permission::Permission;
use crate::domain::ports::{Exchange, ExchangeAttempt, Found, Gone, Record, Removal, StoreError};
use crate::domain::presented::Presented;
use crate::domain::rules::{
    admitted_portals, check_held, origin_not_listed, portal_disabled, portal_of, why_not_admitted,
};

impl Portals {
    /// Spends a ticket for a browser session. The origin is checked before anything is spent.
    pub async fn exchange(&self, request: ExchangeRequest<'_>) -> Result<ExchangedSession, Error> {
        let portals = admitted_portals(&self.catalog, &request.asker)?;
        let not_found = |refusal, handle| Error::refused(Code::PortalSessionNotFound, refusal, handle);
        let ticket =
            Ticket::parse_from_link(request.session_id).map_err(|_| not_found(Refusal::Malformed, None))?;
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
            self.parts
                .store
                .remove(&session.handle, Some(Record::Token(token.digest())), Removal::Revoked)
                .await?;
            return Err(not_found(Refusal::PortalGone, Some(session.handle)));
        };
        let mut held = request.held;
        held.retain(|(held_for, old)| held_for.slug == portal.slug && old.digest() != token.digest());
        // By now the ticket is spent. If an outage here failed the exchange, its user would be locked out.
        let replaced = self.end_all(&portal, held.iter().map(|(_, old)| old), Removal::Replaced).await;
        Ok(ExchangedSession { session, portal, token, replaced })
    }

    /// Ends those of a browser's sessions that belong to this portal, and returns them.
    async fn end_all(
        &self,
        portal: &Portal,
        tokens: impl Iterator<Item = &BrowserToken>,
        removal: Removal,
    ) -> Result<Vec<Handle>, StoreError> {
        let mut ended = Vec::new();
        for token in tokens {
            if let Found::Active(session) = self.parts.store.find(token.tag(), &token.digest()).await?
                && session.grant.slug == portal.slug
            {
                self.parts
                    .store
                    .remove(&session.handle, Some(Record::Token(token.digest())), removal)
                    .await?;
                ended.push(session.handle);
            }
        }
        Ok(ended)
    }

    /// The live session that a request presents. It does not check the page's origin. Of several cookies with the same
    /// name, a live one counts wherever it stands: a dead one before it must not lock its user out.
    pub async fn find(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let signed_out = |code, gone: &Gone| Error {
            home: Some(presented.home(&self.catalog)),
            ..Error::refused(code, gone.refusal, gone.handle)
        };
        let Some(presented_token) = &presented.token else {
            return Err(signed_out(Code::PortalTokenMissing, &gone(Refusal::Missing, None)));
        };
        let dead = |gone: &Gone| signed_out(Code::PortalSessionNotFound, gone);
        let tokens = presented_token.candidates.as_ref().map_err(|refusal| dead(&gone(*refusal, None)))?;
        let mut first_gone = None;
        for token in tokens {
            match self.live(token, presented.expected_slug()).await? {
                Ok(CurrentSession { session, portal, .. }) if !portal.enabled => {
                    return Err(portal_disabled(Some(session.handle)));
                }
                Ok(current) => return Ok(current),
                Err(gone) => {
                    first_gone.get_or_insert(gone);
                }
            }
        }
        Err(dead(&first_gone.unwrap_or_else(|| gone(Refusal::Malformed, None))))
    }

    async fn live(
        &self,
        token: &BrowserToken,
        expected_slug: Option<&str>,
    ) -> Result<Result<CurrentSession, Gone>, StoreError> {
        let session = match self.parts.store.find(token.tag(), &token.digest()).await? {
            Found::Active(session) => session,
            Found::Gone(gone) => return Ok(Err(gone)),
        };
        let handle = Some(session.handle);
        Ok(match portal_of(&self.catalog, &session).cloned() {
            None => Err(gone(Refusal::PortalGone, handle)),
            Some(portal) if expected_slug.is_some_and(|slug| slug != portal.slug) => {
                Err(gone(Refusal::OtherPortal, handle))
            }
            Some(portal) => Ok(CurrentSession { session, portal, token: token.clone() }),
        })
    }

    /// [`Portals::find`] for a page. Before a word is said to it, not even whether somebody is signed in, its origin
    /// must be one of the portal that the word is about.
    pub async fn find_for_page(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let about = presented.portal(&self.catalog);
        if about.is_some_and(|portal| presented.is_foreign_page(portal)) {
            return Err(origin_not_listed(None));
        }
        self.find(presented).await.map_err(|error| match about {
            Some(portal) if presented.is_foreign_to(portal) => Error { home: None, ..error },
            Some(_) | None => error,
        })
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

    /// [`Portals::find`], for ending the session. A forged request from another site is refused.
    pub async fn find_for_ending(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let current = self.find_for_page(presented).await?;
        if !presented.may_change(&current.portal) {
            return Err(origin_not_listed(Some(current.session.handle)));
        }
        Ok(current)
    }

    /// Ends the session that [`Portals::find_for_ending`] found, because its user asked for it.
    pub async fn end(&self, presented: &Presented, current: CurrentSession) -> Result<EndedSession, Error> {
        let token = current.token.digest();
        self.parts.store.remove(&current.session.handle, Some(Record::Token(token)), Removal::Ended).await?;
        // The user is not signed out while another cookie of the same name still lets this browser in.
        let others = presented.candidates().iter().filter(|other| other.digest() != token);
        let others = self.end_all(&current.portal, others, Removal::Ended).await?;
        Ok(EndedSession { current, others })
    }
}

fn gone(refusal: Refusal, handle: Option<Handle>) -> Gone {
    Gone { refusal, handle }
}
