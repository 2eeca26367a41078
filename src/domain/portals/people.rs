//! The hosted landing (API.md section 6): what happens to a browser that arrives with or without a ticket.
//!
//! Owns: looking at a ticket without spending it, and that a browser which already has a session never sees an error
//! for a spent ticket.
//! Must not know: pages, forms or cookies; or whether a person is there, which `http` judges from the request.

use std::sync::Arc;

use super::Portals;
use crate::domain::credential::Ticket;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::history::LooksLike;
use crate::domain::messages::{CurrentSession, ExchangeRequest, ExchangedSession};
use crate::domain::portal::Portal;
use crate::domain::portal_path::PortalPath;
use crate::domain::ports::{Gone, Lookup, Peek};
use crate::domain::presented::Presented;
use crate::domain::return_url::Reason;
use crate::domain::rules::{landing_portal, portal_of};
use crate::domain::session::PortalSession;

/// What is found when a browser arrives.
#[derive(Debug)]
pub enum Arrival {
    /// It already has a live session, and nothing else to do here.
    SignedIn(Box<SignedIn>),
    /// Its ticket can be spent.
    Waiting(Box<Waiting>),
}

/// A browser that already has a session.
#[derive(Debug)]
pub struct SignedIn {
    /// Its session.
    pub current: CurrentSession,
    /// Where it began, for who comes by its own link once more.
    pub path: Option<PortalPath>,
}

/// A ticket that can be spent.
#[derive(Debug)]
pub struct Waiting {
    /// The portal, and how it wants people to be asked.
    pub portal: Arc<Portal>,
    /// The ticket, without what a mail may have added to it.
    pub ticket: Ticket,
    /// What it stands for.
    pub session: PortalSession,
    /// The live session of somebody else that this one would replace.
    pub replaces: Option<PortalSession>,
}

/// What came of the attempt to spend a ticket.
#[derive(Debug)]
pub enum Entry {
    /// A new session.
    Exchanged(Box<ExchangedSession>),
    /// The ticket is spent, but this browser has a session already.
    SignedIn(Box<SignedIn>),
    /// Nothing was done: it would replace somebody else's session, and the person has not been told.
    Unasked(Box<Waiting>),
}

impl Portals {
    /// Looks at what a browser brings. It spends nothing, however often it is called and by whom. `opens`: what came by
    /// the link, not by a form.
    pub async fn arrive(
        &self,
        presented: &Presented,
        session_id: Option<&str>,
        opens: Option<LooksLike>,
    ) -> Result<Arrival, Error> {
        let portal = self.landing_of(presented)?;
        let Some(session_id) = session_id else {
            return Ok(Arrival::SignedIn(signed_in(self.find(presented, Lookup::Glance).await?, None)));
        };
        let visitor = self.visitor(presented).await?;
        match (self.look(portal, session_id, visitor.as_ref()).await?, visitor) {
            (Ok(waiting), _) => {
                if let Some(looks_like) = opens {
                    self.note_opening(&waiting.ticket, looks_like).await;
                }
                Ok(Arrival::Waiting(Box::new(waiting)))
            }
            (Err(gone), Some(current)) => Ok(Arrival::SignedIn(signed_in(current, gone.handle))),
            (Err(gone), None) => {
                if let (Ok(ticket), Some(_)) = (Ticket::parse_from_link(session_id), gone.handle) {
                    self.note_refusal(&ticket, gone.refusal).await;
                }
                let error = Error::refused(Code::PortalSessionNotFound, gone.refusal, gone.handle);
                Err(self.dead_link(presented, error))
            }
        }
    }

    /// What a ticket stands for whose page a browser fetches in advance, if that is worth telling; it is refused in any
    /// case.
    pub async fn prefetched(&self, presented: &Presented, session_id: &str) -> Option<Waiting> {
        let portal = self.landing_of(presented).ok()?;
        let ticket = Ticket::parse_from_link(session_id).ok()?.digest();
        if !self.parts.prefetches.has_room_for(&ticket) {
            return None;
        }
        let waiting = self.look(portal, session_id, None).await.ok()?.ok()?;
        self.parts.prefetches.count(ticket);
        self.note_opening(&waiting.ticket, LooksLike::Prefetch).await;
        Some(waiting)
    }

    /// Spends a ticket, as [`Portals::exchange`] does. If it is spent already, a browser that has a session may pass.
    /// `told`: the handle of the session that would be replaced, if the person was told of one.
    pub async fn enter(
        &self,
        presented: &Presented,
        request: ExchangeRequest<'_>,
        told: &str,
    ) -> Result<Entry, Error> {
        let portal = self.landing_of(presented)?;
        let visitor = self.visitor(presented).await?;
        // When the page was reached from another site, the browser may not have sent the session's cookie with that
        // request. It sends it with the form.
        if visitor.is_some()
            && let Ok(waiting) = self.look(portal, request.session_id, visitor.as_ref()).await?
            && waiting.replaces.as_ref().is_some_and(|other| other.handle.to_string() != told)
        {
            return Ok(Entry::Unasked(Box::new(waiting)));
        }
        match (self.exchange(request).await, visitor) {
            (Ok(exchanged), _) => Ok(Entry::Exchanged(Box::new(exchanged))),
            (Err(error), _) if error.code != Code::PortalSessionNotFound => Err(error),
            (Err(error), Some(current)) => Ok(Entry::SignedIn(signed_in(current, error.handle))),
            (Err(error), None) => Err(self.dead_link(presented, error)),
        }
    }

    fn landing_of(&self, presented: &Presented) -> Result<&Arc<Portal>, Error> {
        landing_portal(&self.catalog, presented.slug.as_deref().unwrap_or_default())
    }

    /// The session that the browser has, if it is signed in.
    async fn visitor(&self, presented: &Presented) -> Result<Option<CurrentSession>, Error> {
        match self.find(presented, Lookup::Glance).await {
            Ok(current) => Ok(Some(current)),
            Err(error) if error.says_signed_out() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a ticket stands for, as it is before it is spent.
    async fn look(
        &self,
        portal: &Arc<Portal>,
        session_id: &str,
        visitor: Option<&CurrentSession>,
    ) -> Result<Result<Waiting, Gone>, Error> {
        let gone = |refusal, handle| Ok(Err(Gone::new(refusal, handle)));
        let Ok(ticket) = Ticket::parse_from_link(session_id) else {
            return gone(Refusal::Malformed, None);
        };
        let session = match self.parts.store.peek(ticket.tag(), &ticket.digest()).await? {
            Peek::Pending(session) => session,
            Peek::Gone(gone) => return Ok(Err(gone)),
        };
        match portal_of(&self.catalog, &session) {
            None => return gone(Refusal::PortalGone, Some(session.handle)),
            Some(its) if its.slug != portal.slug => return gone(Refusal::OtherPortal, Some(session.handle)),
            Some(_) => {}
        }
        let replaces = visitor.map(|current| &current.session);
        let replaces = replaces.filter(|other| !other.grant.is_of_same_person(&session.grant)).cloned();
        Ok(Ok(Waiting { portal: portal.clone(), ticket, session, replaces }))
    }

    fn dead_link(&self, presented: &Presented, error: Error) -> Error {
        Error { home: Some(presented.home_because(Reason::LinkUsed, &self.catalog)), ..error }
    }
}

/// `came_for`: the session of the link by which it came.
fn signed_in(current: CurrentSession, came_for: Option<Handle>) -> Box<SignedIn> {
    let path = current.session.grant.path.clone().filter(|_| came_for == Some(current.session.handle));
    Box::new(SignedIn { current, path })
}
