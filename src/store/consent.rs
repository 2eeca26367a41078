//! What the comparison of `server.secret` with the other gateways' lets this one do.
//!
//! Owns: that before it nothing begins and nobody is told by user which sessions there are, and that nobody is told so while
//! others make sessions under a secret that this one does not know: the answer would be that there are none.
//! Must not know: secrets, or how they are compared.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::domain::ports::StoreError;
use crate::domain::secret_mark::{Agreement, Presence, SecretMarks};

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
}
