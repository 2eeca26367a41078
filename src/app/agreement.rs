//! That all gateways on one store have the same `server.secret`.
//!
//! Owns: what happens when one has another, or has one that another does not know. One of the two would not find the
//! sessions that the other makes: to revoke a user's sessions there would answer that there are none, and they would live
//! on. So whichever starts does not run. One that serves already goes on, and says so in its log.
//! Must not know: what a secret is used for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::domain::ports::SessionStore;
use crate::domain::secret_mark::{AGAIN_AFTER, Agreement, Presence, SecretMarks};

/// While the store cannot be asked for the first time.
const RETRY: Duration = Duration::from_secs(1);
/// At the end, when an orchestrator waits.
const LEAVE: Duration = Duration::from_secs(1);

pub(super) const OTHER: &str = "server.secret is not the one that other gateways on this store have, or had in the last 25 hours, and \
    is not beside it here either: this gateway would not find their sessions by user. Give all of them the same, without white space \
    at its ends. To change it, first add the new one to server.previous_secrets at every gateway, and restart it; then swap the two, \
    and leave the old one there for 25 hours. If it is lost for good, end all gateways and delete the keys vst:secrets and vst:secret (or \
    those that begin with your store.prefix)";

pub(super) const UNANNOUNCED: &str = "another gateway on this store does not know this one's server.secret, so it would not find by user \
    the sessions that this one makes. First add the new secret to server.previous_secrets at every gateway, and restart it; then swap \
    the two. A gateway that was killed counts for half a minute more";

/// How a gateway takes part.
#[derive(Clone)]
pub struct Membership {
    store: Arc<dyn SessionStore>,
    marks: SecretMarks,
    /// Of this process.
    gateway: String,
}

impl Membership {
    /// Of a gateway of this name that starts.
    pub fn new(store: Arc<dyn SessionStore>, marks: SecretMarks, gateway: String) -> Self {
        Membership { store, marks, gateway }
    }

    /// Compares at the start and every few seconds. Ends only with an error.
    pub async fn keep(self) -> io::Result<()> {
        loop {
            match self.store.agree(&self.marks, Presence::Starts(&self.gateway)).await {
                Ok(Agreement::Same) => break,
                Ok(Agreement::InRotation) => {
                    tracing::info!(
                        "server.secret is being rotated; this gateway and the others know each other's"
                    );
                    break;
                }
                Ok(Agreement::Other) => return Err(io::Error::other(OTHER)),
                Ok(Agreement::Unannounced) => return Err(io::Error::other(UNANNOUNCED)),
                // The store has logged it.
                Err(_) => sleep(RETRY).await,
            }
        }
        let mut told = None;
        loop {
            sleep(AGAIN_AFTER).await;
            let fault = match self.store.agree(&self.marks, Presence::Serves(&self.gateway)).await {
                Ok(Agreement::Other) => Some(OTHER),
                Ok(Agreement::Unannounced) => Some(UNANNOUNCED),
                Ok(Agreement::Same | Agreement::InRotation) => None,
                Err(_) => continue,
            };
            if let Some(fault) = fault.filter(|_| fault != told) {
                tracing::error!("{fault}");
            }
            told = fault;
        }
    }

    /// It makes no more sessions, so its secret need not be known any more.
    pub async fn end(self) {
        // Who is not told will know in half a minute.
        let _ = timeout(LEAVE, self.store.leave(&self.marks, &self.gateway)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_say_what_to_do() {
        for word in ["server.previous_secrets", "white space", "vst:secrets and vst:secret "] {
            assert!(OTHER.contains(word), "{word}");
        }
        for word in ["server.previous_secrets", "half a minute"] {
            assert!(UNANNOUNCED.contains(word), "{word}");
        }
    }
}
