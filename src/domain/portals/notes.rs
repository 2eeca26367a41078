//! Noting in a session's history what changes nothing: who opened its link, and who was refused.
//!
//! Owns: that nobody's request fails or waits in vain because of a note. Events that change something are written by the
//! store, in the step of the change.
//! Must not know: where a history is kept, or who reads it.

use super::Portals;
use crate::domain::credential::Ticket;
use crate::domain::error::Refusal;
use crate::domain::history::{Happening, LooksLike};

impl Portals {
    /// The landing page was fetched with this ticket.
    pub(super) async fn note_opening(&self, ticket: &Ticket, looks_like: LooksLike) {
        self.note(ticket, Happening::Opened(looks_like)).await;
    }

    /// The ticket of a session that is still known was refused.
    pub(super) async fn note_refusal(&self, ticket: &Ticket, refusal: Refusal) {
        self.note(ticket, Happening::Refused(refusal)).await;
    }

    async fn note(&self, ticket: &Ticket, what: Happening) {
        // A failure is in the log and in the metrics; it says nothing about the request.
        let _ = self.parts.store.note(ticket.tag(), &ticket.digest(), &what).await;
    }
}
