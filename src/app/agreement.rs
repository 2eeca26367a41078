//! That all gateways on one store have the same `server.secret`.
//!
//! Owns: what happens when one has another. It would not find the sessions that the others make: to revoke a user's
//! sessions there would answer that there are none, and they would live on. So it ends when it starts. One that serves
//! already goes on, and says so in its log.
//! Must not know: what a secret is used for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::domain::ports::SessionStore;
use crate::domain::secret_mark::{Agreement, SecretMarks};

/// While the store cannot be asked for the first time.
const RETRY: Duration = Duration::from_secs(1);
/// The mark outlives this by far.
const REPEAT: Duration = Duration::from_secs(60);

pub(super) const OTHER: &str = "server.secret is not the one that the other gateways on this store have, so this one would not find \
                     their sessions by user. Give all of them the same, without white space at its ends. To change it, \
                     first add the new one to server.previous_secrets at every gateway, and restart it; then swap the two. If it is lost for good, delete the key vst:secret \
                     (or that which begins with your store.prefix)";

/// Compares at the start and once a minute. Ends only with an error.
pub async fn keep(store: Arc<dyn SessionStore>, marks: SecretMarks) -> io::Result<()> {
    loop {
        match store.agree(&marks).await {
            Ok(Agreement::Same) => break,
            Ok(Agreement::InRotation) => {
                tracing::info!(
                    "server.secret is new; the other gateways on this store still have a previous one"
                );
                break;
            }
            Ok(Agreement::Other) => return Err(io::Error::other(OTHER)),
            // The store has logged it.
            Err(_) => sleep(RETRY).await,
        }
    }
    let mut is_told = false;
    loop {
        sleep(REPEAT).await;
        match store.agree(&marks).await {
            Ok(Agreement::Other) if !is_told => {
                tracing::error!("{OTHER}");
                is_told = true;
            }
            Ok(Agreement::Same | Agreement::InRotation) => is_told = false,
            Ok(Agreement::Other) | Err(_) => (),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_to_do() {
        for word in ["server.previous_secrets", "white space", "vst:secret"] {
            assert!(OTHER.contains(word), "{word}");
        }
    }
}
