//! `vestibule check --connect`: tries the store of a configuration, before people do.
//!
//! Owns: what makes a store unfit: that it cannot be reached, does not keep a promise, or is used by gateways with another
//! secret.
//! Must not know: what is printed, or exit codes.

mod walk;
#[cfg(test)]
mod walk_tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use self::walk::walk;
use super::StartError;
use super::agreement::{OTHER, UNANNOUNCED};
use super::stores::StoreMaker;
use crate::config::Settings;
use crate::domain::ports::{Clock, Readiness, SessionStore, StoreError};
use crate::domain::secret_mark::{Agreement, Presence, SecretMarks};
use crate::telemetry::Metrics;

/// What is kept of the sessions that are tried, where histories are kept.
const HISTORY: Duration = Duration::from_secs(60);

/// Longer than it takes until too few sentinels are followed whom nobody contradicts: four rounds of asking, in each of which
/// those that hang have most of the time-out, with time to spare.
fn patience(timeout: Duration) -> Duration {
    Duration::from_secs(10) + timeout * 5
}

const PAUSE: Duration = Duration::from_millis(200);

/// What was found out.
#[derive(Debug, Default)]
pub struct Findings {
    /// Why it does not serve: the operation that failed, and its error.
    pub failure: Option<String>,
    /// What weakens a promise, and how.
    pub warnings: Vec<String>,
}

/// Tries a store. An error means that it could not even be tried. It leaves nothing there. Where the store forbids that, or
/// the check breaks off, an index stays for an hour, for a minute what happened to the sessions, and for a day the list of the portals
/// of a workspace without a name.
pub async fn try_store(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Findings, StartError> {
    let metrics = Arc::new(Metrics::new()?);
    let history = settings.history.min(HISTORY);
    let stores =
        StoreMaker::new(&settings.store, history, clock, &metrics, None).map_err(StartError::Store)?;
    let store = stores.make();
    let mut findings = Findings::default();
    match ready(&stores, store.as_ref(), patience(settings.store.timeout)).await {
        Ok(Readiness::Serves) => {
            let tried = walk(store.as_ref(), &settings.store.prefix, !history.is_zero()).await;
            let marks = SecretMarks::new(&settings.server.secret, &settings.server.previous_secrets);
            match tried {
                Ok(warning) => {
                    findings.warnings.extend(warning);
                    findings.failure = disagrees(store.as_ref(), &marks, &settings.store.prefix).await;
                }
                Err(failure) => findings.failure = Some(failure),
            }
        }
        Ok(Readiness::FindsOnly { reason }) => findings.failure = Some(reason),
        Err(error) => findings.failure = Some(error.to_string()),
    }
    findings.warnings.extend(stores.weaknesses().await);
    Ok(findings)
}

/// As a gateway that starts does, it waits where too few sentinels answer.
async fn ready(
    stores: &StoreMaker,
    store: &dyn SessionStore,
    patience: Duration,
) -> Result<Readiness, StoreError> {
    let deadline = Instant::now() + patience;
    loop {
        let ready = store.ready().await;
        if ready.is_ok() || !stores.waits_for_sentinels() || Instant::now() >= deadline {
            return ready;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A gateway that disagrees with the others ends at its start.
async fn disagrees(store: &dyn SessionStore, marks: &SecretMarks, prefix: &str) -> Option<String> {
    match store.agree(marks, Presence::Looks).await {
        Ok(Agreement::Same | Agreement::InRotation) => None,
        Ok(Agreement::Other) => Some(OTHER.to_owned()),
        Ok(Agreement::Unannounced) => Some(UNANNOUNCED.to_owned()),
        Err(error) => Some(format!("the marks of the secrets, {prefix}:secrets: {error}")),
    }
}
