//! Spending a ticket for a browser session.
//!
//! Owns: the order of the rules and which error each breach gives; that nothing is spent before the portal and the
//! page's origin are known to be right.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

use crate::domain::admitted_portals::AdmittedPortals;
use crate::domain::credential::{BrowserToken, Ticket};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::messages::{ExchangeRequest, ExchangedSession};
use crate::domain::portals::Portals;
use crate::domain::ports::{Exchange, ExchangeAttempt, Gone, Peek, Record, Removal, StoreError};
use crate::domain::rules::{admitted_portals, portal_of, too_many_sessions, why_not_admitted};

/// Slugs that an exchange sends, some kilobytes. One more round trip costs less than more of them.
const MOST_SENT: usize = 100;

impl Portals {
    /// Spends a ticket for a browser session. The origin is checked before anything is spent.
    pub async fn exchange(&self, request: ExchangeRequest<'_>) -> Result<ExchangedSession, Error> {
        let ticket = Ticket::parse_from_link(request.session_id);
        let portals = match admitted_portals(&self.catalog, &request.asker) {
            Ok(portals) => portals,
            Err(error) => return Err(self.told_of(ticket.ok(), error).await),
        };
        let not_found = |refusal, handle| Error::refused(Code::PortalSessionNotFound, refusal, handle);
        let ticket = ticket.map_err(|_| not_found(Refusal::Malformed, None))?;
        let token = match &request.idempotency_key {
            Some(key) => self.parts.deriver.derive(&ticket, key),
            None => BrowserToken::mint(ticket.environment(), ticket.tag()),
        };
        let portals = self.narrowed(portals, &ticket).await?;
        // A token with the ticket's tag is of the same user and portal.
        let own = request.held.iter().map(|(_, old)| old).filter(|old| old.tag() == ticket.tag());
        let attempt = ExchangeAttempt {
            held: own.map(BrowserToken::digest).filter(|old| *old != token.digest()).collect(),
            tag: ticket.tag(),
            ticket: ticket.digest(),
            token: token.digest(),
            portals,
            user_agent: request.user_agent,
        };
        let (session, went) = match self.parts.store.exchange(&attempt).await? {
            Exchange::Done(session, went) => (session, went),
            Exchange::Full(session) => return Err(too_many_sessions(Some(session.handle))),
            Exchange::NotAdmitted(session) => {
                let error = why_not_admitted(&self.catalog, &session, &request.asker);
                if let Some(refusal) = error.refusal {
                    self.note_refusal(&ticket, refusal).await;
                }
                return Err(error);
            }
            Exchange::Gone(Gone { refusal, handle, is_news: _ }) => return Err(not_found(refusal, handle)),
        };
        self.tell_of(&went, &session.grant.slug);
        // Of a workspace that has lost its slug to another one. Nobody is given its token, so it must not take a place.
        let Some(portal) = portal_of(&self.catalog, &session).cloned() else {
            let record = Some(Record::Token(token.digest()));
            self.parts.store.remove(&session.handle, record, Removal::Replaced).await?;
            return Err(not_found(Refusal::PortalGone, Some(session.handle)));
        };
        let mut held = request.held;
        held.retain(|(held_for, old)| held_for.slug == portal.slug && old.digest() != token.digest());
        // By now the ticket is spent, so an outage here must not fail the exchange: its user would be locked out.
        let mut replaced = went.replaced;
        let held = held.iter().map(|(_, old)| old);
        let ends = self.end_all(&portal, held, Removal::Replaced).await;
        replaced.extend(ends.ended);
        Ok(ExchangedSession { session, portal, token, replaced, not_replaced: ends.not_ended })
    }

    /// The ticket's own portal, where a program may spend those of very many: each exchange would send all their slugs.
    /// What is no longer pending may be the repeat of an attempt, whose portal only the store knows.
    async fn narrowed(
        &self,
        portals: AdmittedPortals,
        ticket: &Ticket,
    ) -> Result<AdmittedPortals, StoreError> {
        if portals.count() <= MOST_SENT {
            return Ok(portals);
        }
        match self.parts.store.peek(ticket.tag(), &ticket.digest()).await? {
            Peek::Pending(session) if portals.admits(&session.grant.slug) => {
                Ok(AdmittedPortals::new([session.grant.slug.as_str()]))
            }
            Peek::Pending(_) | Peek::Gone(_) => Ok(portals),
        }
    }

    /// A refusal for what the ticket has no part in, such as an origin that no portal lists. The operator learns whose
    /// link it met, if it is still one; who is refused learns nothing more.
    async fn told_of(&self, ticket: Option<Ticket>, error: Error) -> Error {
        let (Some(ticket), Some(refusal)) = (ticket, error.refusal) else { return error };
        match self.parts.store.peek(ticket.tag(), &ticket.digest()).await {
            Ok(Peek::Pending(session)) => {
                self.note_refusal(&ticket, refusal).await;
                Error { handle: Some(session.handle), ..error }
            }
            Ok(Peek::Gone(_)) | Err(_) => error,
        }
    }
}
