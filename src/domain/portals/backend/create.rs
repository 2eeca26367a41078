//! Creating a pending session: a ticket for a browser to exchange.
//!
//! Must not know: how a ticket travels.

use super::{Caller, grant_of, user_of};
use crate::domain::credential::Ticket;
use crate::domain::error::Error;
use crate::domain::handle::HandleSuffix;
use crate::domain::messages::{CreatedSession, SessionRequest};
use crate::domain::portals::Portals;
use crate::domain::ports::{NewSession, Stored};
use crate::domain::root_key::ToCreate;
use crate::domain::session::SessionKind;
use crate::domain::warnings;

impl Portals {
    /// Creates a pending session for one of the caller's users.
    pub async fn create(
        &self,
        caller: &Caller<ToCreate>,
        request: SessionRequest,
    ) -> Result<CreatedSession, Error> {
        let portal = self.portal_for(caller, &request)?;
        let session_ttl_ms = request.session_ttl_ms;
        let grant = grant_of(SessionKind::Browser, caller, portal, request);
        let environment = grant.environment;
        let tag = self.parts.tagger.tag(&user_of(caller, &grant.slug, &grant.external_id));
        let ticket = Ticket::mint(environment, tag);
        let new = NewSession {
            tag,
            suffix: HandleSuffix::mint(),
            ticket: ticket.digest(),
            ticket_ttl_ms: portal.ticket_ttl_ms,
            session_ttl_ms,
            policy: portal.policy,
            grant,
            root_key: caller.key.id.clone(),
        };
        self.parts.store.begins_at(&portal.workspace, &portal.slug).await?;
        let Stored { session, live, went: _ } = self.parts.store.create(&new).await?;
        let warnings = warnings::of(portal, &session.grant, live);
        let url = portal.entrance(environment, &ticket);
        Ok(CreatedSession { session, ticket, url, warnings })
    }
}
