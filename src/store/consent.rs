//! What the comparison of `server.secret` with the other gateways' lets this one do.
//!
//! Owns: that before it nothing begins and nobody is told by user which sessions there are, and that nobody is told so while
//! others make sessions under a secret that this one does not know: the answer would be that there are none.
//! Must not know: secrets, or how they are compared.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::begun_portals::BegunPortals;
use crate::domain::ports::StoreError;
use crate::domain::secret_mark::{AGAIN_AFTER, Agreement, Presence, SecretMarks};

/// So long after its last comparison a gateway is still there for the others: who starts meanwhile would not start with a
/// secret that it does not know.
const COUNTS: Duration = AGAIN_AFTER.saturating_mul(2);

/// Nobody compares, or it was good.
const FREE: u8 = 0;
/// There was none yet.
const NEEDED: u8 = 1;
/// There is a secret that this gateway does not know.
const IN_DOUBT: u8 = 2;

/// Of all stores of a process.
#[derive(Debug, Default)]
pub struct Consent {
    state: AtomicU8,
    /// What is compared, and the gateway's name.
    gateway: OnceLock<(SecretMarks, String)>,
    /// Of one that serves.
    compared_at: Mutex<Option<Instant>>,
    /// What the gateways tell each other in the same round.
    pub begun: BegunPortals,
}

impl Consent {
    /// From now on a comparison of these, for a gateway of this name, must be good first.
    pub fn is_needed_for(&self, marks: SecretMarks, gateway: String) {
        if self.gateway.set((marks, gateway)).is_ok() {
            self.state.store(NEEDED, Ordering::Relaxed);
        }
    }

    /// What has to be compared before anything else.
    pub fn needed(&self) -> Option<(&SecretMarks, &str)> {
        let is_needed = self.state.load(Ordering::Relaxed) == NEEDED;
        self.gateway.get().filter(|_| is_needed).map(|(marks, gateway)| (marks, gateway.as_str()))
    }

    /// What has to be compared before anybody is answered by user: the last comparison is too long ago, as after an outage.
    pub fn outdated(&self) -> Option<(&SecretMarks, &str)> {
        let compared_at = *self.compared_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_outdated = compared_at.is_some_and(|at| at.elapsed() > COUNTS);
        self.gateway.get().filter(|_| is_outdated).map(|(marks, gateway)| (marks, gateway.as_str()))
    }

    /// Notes what a comparison has shown.
    pub fn heard(&self, agreement: Agreement, presence: Presence<'_>) {
        let state = match (presence, agreement) {
            // A gateway that may not start ends.
            (Presence::Looks, _) | (Presence::Starts(_), Agreement::Other | Agreement::Unannounced) => return,
            (Presence::Serves(_), Agreement::Other) => IN_DOUBT,
            // Where it is unannounced, it is the others that do not find what this one makes. They say so themselves.
            (Presence::Serves(_), Agreement::Unannounced)
            | (Presence::Starts(_) | Presence::Serves(_), Agreement::Same | Agreement::InRotation) => FREE,
        };
        self.state.store(state, Ordering::Relaxed);
        *self.compared_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it may be told by user which sessions there are, or that none is left.
    pub fn to_answer_by_user(&self) -> Result<(), StoreError> {
        if self.state.load(Ordering::Relaxed) != IN_DOUBT {
            return Ok(());
        }
        let reason = "other gateways have a server.secret that this one does not know, and it would not find their sessions";
        Err(StoreError::Unavailable(reason.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_decides() {
        let consent = Consent::default();
        assert!(consent.needed().is_none(), "nobody compares");
        let marks = SecretMarks { present: "a".into(), previous: Vec::new() };
        consent.is_needed_for(marks.clone(), "x".into());
        let (starts, serves) = (Presence::Starts("x"), Presence::Serves("x"));
        for (heard, presence, is_needed, answers) in [
            (Agreement::Same, Presence::Looks, true, true),
            (Agreement::Other, starts, true, true),
            (Agreement::Unannounced, starts, true, true),
            (Agreement::InRotation, starts, false, true),
            (Agreement::Unannounced, serves, false, true),
            (Agreement::Other, serves, false, false),
            (Agreement::Other, starts, false, false),
            (Agreement::Same, serves, false, true),
        ] {
            consent.heard(heard, presence);
            let found = (consent.needed().is_some(), consent.to_answer_by_user().is_ok());
            assert_eq!(found, (is_needed, answers), "{heard:?} {presence:?}");
        }
    }

    /// As after an outage: who started meanwhile may have another secret.
    #[tokio::test(start_paused = true)]
    async fn a_comparison_counts_as_long_as_the_others_know_of_this_gateway() {
        let consent = Consent::default();
        consent.is_needed_for(SecretMarks { present: "a".into(), previous: Vec::new() }, "x".into());
        assert!(consent.outdated().is_none(), "the first one is needed in any case");
        for _ in 0..2 {
            consent.heard(Agreement::Same, Presence::Serves("x"));
            tokio::time::advance(COUNTS).await;
            assert!(consent.outdated().is_none());
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(consent.outdated().is_some());
        }
    }
}
