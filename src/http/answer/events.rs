//! What happens to sessions without anybody's asking, as audit lines.
//!
//! Owns: which line tells what, and that what lasts until a restart is told once, and counted from then on. The lines carry the id of the request that noticed or caused it.
//! Must not know: why it happened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::events::{Event, Events};
use crate::domain::handle::Handle;
use crate::telemetry::{Metrics, SessionEvent, audit};

/// Tells the operator in the log. One for all workers.
pub struct AuditTrail {
    metrics: Arc<Metrics>,
    is_secret_told: AtomicBool,
}

impl AuditTrail {
    /// Has told nothing yet.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        AuditTrail { metrics, is_secret_told: AtomicBool::new(false) }
    }
}

impl Events for AuditTrail {
    fn happened(&self, event: Event<'_>, handle: Handle) {
        let handle = handle.to_string();
        audit(match event {
            Event::Idle => SessionEvent::Idle { handle: &handle },
            Event::Displaced { slug } => SessionEvent::Displaced { handle: &handle, portal: slug },
        });
    }

    fn under_another_secret(&self, handle: Handle) {
        self.metrics.sessions.under_unknown_secret();
        if self.is_secret_told.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::error!(
            %handle,
            "a session was created under another server.secret, so this gateway cannot revoke or list it by its user. Put \
             that secret into server.previous_secrets, as it is, white space at its ends included"
        );
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::handle::HandleSuffix;
    use crate::domain::user_tag::UserTag;
    use crate::telemetry::{KeptLog, log_of_this_thread};

    /// A gateway may serve thousands of them.
    #[test]
    fn an_unknown_secret_is_told_once_and_counted_always() {
        let (log, metrics) = (KeptLog::default(), Arc::new(Metrics::new().expect("metrics")));
        let guards = log_of_this_thread(log.clone());
        let trail = AuditTrail::new(metrics.clone());
        let tag = UserTag::parse("0123456789abcdef").expect("a tag");
        let handle = Handle { tag, created_at_ms: 1, suffix: HandleSuffix::mint() };
        (0..3).for_each(|_| trail.under_another_secret(handle));
        drop(guards);
        let told = log.text();
        assert_eq!(told.matches("server.previous_secrets").count(), 1, "{told}");
        let counted = metrics.render().expect("they are written");
        assert!(counted.contains("vestibule_sessions_under_unknown_secret_total 3\n"), "{counted}");
    }
}
