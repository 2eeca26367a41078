//! What happens to sessions without anybody's asking, as audit lines.
//!
//! Owns: which line tells what. They carry the id of the request that noticed or caused it.
//! Must not know: why it happened.

use crate::domain::events::{Event, Events};
use crate::domain::handle::Handle;
use crate::telemetry::{SessionEvent, audit};

/// Tells the operator in the log.
pub struct AuditTrail;

impl Events for AuditTrail {
    fn happened(&self, event: Event<'_>, handle: Handle) {
        let handle = handle.to_string();
        audit(match event {
            Event::Idle => SessionEvent::Idle { handle: &handle },
            Event::Displaced { slug } => SessionEvent::Displaced { handle: &handle, portal: slug },
        });
    }

    fn under_another_secret(&self, handle: Handle) {
        tracing::error!(
            %handle,
            "a session was created under another server.secret, so this gateway cannot revoke or list it by its user. Put \
             that secret into server.previous_secrets, as it is, white space at its ends included"
        );
    }
}
