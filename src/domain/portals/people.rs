//! The hosted landing (API.md section 6): what becomes of a browser that arrives with a ticket, or without.
//!
//! Owns: looking without spending, and that a browser which already has a session is never shown an error
//! for a spent ticket.
//! Must not know: pages, forms, cookies; or whether a person is there, which `http` judges by the request.

use std::sync::Arc;

use url::Url;

use super::Portals;
use crate::domain::catalog::{Catalog, Landing, Portal};
use crate::domain::credential::Ticket;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::messages::{CurrentSession, ExchangeRequest, ExchangedSession};
use crate::domain::ports::{Gone, Peek};
use crate::domain::presented::Presented;
use crate::domain::return_url::Reason;
use crate::domain::rules::{portal_disabled, portal_of};
use crate::domain::session::PortalSession;

/// What is found when a browser arrives.
#[derive(Debug)]
pub enum Arrival {
    /// It has a live session already, and nothing else to do here.
    SignedIn {
        /// Its session.
        handle: Handle,
        /// Where the portal is.
        url: Url,
    },
    /// Its ticket can be spent.
    Waiting {
        /// The portal, and how it wants people to be asked.
        portal: Arc<Portal>,
        /// What the ticket stands for.
        session: Box<PortalSession>,
        /// The live session of somebody else that this one would replace.
        replaces: Option<Box<PortalSession>>,
    },
}

/// What came of spending a ticket.
#[derive(Debug)]
pub enum Entry {
    /// A new session.
    Exchanged(Box<ExchangedSession>),
    /// The ticket is spent, but this browser has a session already.
    SignedIn {
        /// Its session.
        handle: Handle,
        /// Where the portal is.
        url: Url,
    },
    /// Nothing is done yet: it would replace a session of somebody else, and the person has not been told.
    Unasked,
}

impl Portals {
    /// Looks at what a browser brings; spends nothing, however often and by whomever it is called.
    pub async fn arrive(&self, presented: &Presented, session_id: Option<&str>) -> Result<Arrival, Error> {
        let portal = hosted(presented, &self.catalog)?;
        let current = match (self.find(presented).await, session_id) {
            (Ok(current), _) => Some(current),
            // Without a session of its own, but with a ticket to get one.
            (Err(error), Some(_)) if error.home.is_some() => None,
            (Err(error), _) => return Err(error),
        };
        let peek = match session_id {
            Some(session_id) => self.peek(&portal, session_id).await?,
            None => gone(Refusal::Missing, None),
        };
        match (peek, current) {
            (Peek::Pending(session), current) => {
                let replaces = current.map(|current| Box::new(current.session));
                let replaces = replaces.filter(|other| other.grant.external_id != session.grant.external_id);
                Ok(Arrival::Waiting { portal, session: Box::new(session), replaces })
            }
            (Peek::Gone(_), Some(CurrentSession { session, portal, .. })) => {
                let url = portal.url_for(session.grant.environment).clone();
                Ok(Arrival::SignedIn { handle: session.handle, url })
            }
            (Peek::Gone(gone), None) => Err(dead_link(presented, &self.catalog, gone)),
        }
    }

    /// Spends a ticket, as [`Portals::exchange`] does; a spent one lets a browser pass that has a session.
    /// `told`: the handle of the session that the person knows would be replaced, or nothing.
    pub async fn enter(
        &self,
        presented: &Presented,
        request: ExchangeRequest<'_>,
        told: &str,
    ) -> Result<Entry, Error> {
        let session_id = request.session_id;
        // A page that was reached from another site may have been made without the session's cookie, which the
        // browser sends with the form only.
        if presented.token.is_some() {
            match self.arrive(presented, Some(session_id)).await {
                Ok(Arrival::Waiting { replaces: Some(other), .. }) if other.handle.to_string() != told => {
                    return Ok(Entry::Unasked);
                }
                Ok(Arrival::Waiting { .. } | Arrival::SignedIn { .. }) => {}
                // A ticket that is spent may be a repeat, which the exchange answers.
                Err(error) if error.home.is_some() => {}
                Err(error) => return Err(error),
            }
        }
        let error = match self.exchange(request).await {
            Ok(exchanged) => return Ok(Entry::Exchanged(Box::new(exchanged))),
            Err(error) => error,
        };
        if error.code != Code::PortalSessionNotFound {
            return Err(error);
        }
        match self.arrive(presented, Some(session_id)).await? {
            Arrival::SignedIn { handle, url } => Ok(Entry::SignedIn { handle, url }),
            // It was refused a moment ago and is there again: nothing can be said for certain.
            Arrival::Waiting { .. } => Err(Error::new(Code::ServiceUnavailable)),
        }
    }

    async fn peek(&self, portal: &Portal, session_id: &str) -> Result<Peek, Error> {
        let Ok(ticket) = Ticket::parse(session_id) else {
            return Ok(gone(Refusal::Malformed, None));
        };
        let session = match self.parts.store.peek(ticket.tag(), &ticket.digest()).await? {
            Peek::Pending(session) => session,
            Peek::Gone(gone) => return Ok(Peek::Gone(gone)),
        };
        Ok(match portal_of(&self.catalog, &session) {
            None => gone(Refusal::PortalGone, Some(session.handle)),
            Some(its) if its.slug != portal.slug => gone(Refusal::OtherPortal, Some(session.handle)),
            Some(_) => Peek::Pending(session),
        })
    }
}

fn gone(refusal: Refusal, handle: Option<Handle>) -> Peek {
    Peek::Gone(Gone { refusal, handle })
}

/// A portal without a hosted landing has no page here.
fn hosted(presented: &Presented, catalog: &Catalog) -> Result<Arc<Portal>, Error> {
    match presented.portal(catalog) {
        Some(portal) if portal.landing == Landing::Portal => Err(Error::new(Code::RouteNotFound)),
        Some(portal) if !portal.enabled => Err(portal_disabled(None)),
        Some(portal) => Ok(portal.clone()),
        None => Err(Error::new(Code::RouteNotFound)),
    }
}

fn dead_link(presented: &Presented, catalog: &Catalog, gone: Gone) -> Error {
    let error = Error::refused(Code::PortalSessionNotFound, gone.refusal, gone.handle);
    Error { home: Some(presented.home_because(Reason::LinkUsed, catalog)), ..error }
}
