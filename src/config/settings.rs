//! The settings themselves, as the rest of the gateway gets them.
//!
//! Must not know: what they were read from.

use std::time::Duration;

use super::restart::AtRestart;
use super::sections::{Limits, Log, Server};
use super::store::Store;
use super::telemetry::Telemetry;
use crate::domain::catalog::Catalog;
use crate::domain::credential::Digest;
use crate::domain::invalid::Fault;
use crate::tokens::SigningKey;

/// Everything a gateway needs to know.
#[derive(Debug)]
pub struct Settings {
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[errors] type_base`, without a slash at its end.
    pub error_type_base: String,
    /// `[limits]`
    pub limits: Limits,
    /// `[history]`: how long what happened to a session is kept after it; zero keeps nothing.
    pub history: Duration,
    /// `[log]`
    pub log: Log,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[tokens]`: the first one signs. None: in memory one is made at the start.
    pub signing_keys: Vec<SigningKey>,
    /// `[[workspaces]]`
    pub catalog: Catalog,
    /// To tell at a reload what needs a restart.
    pub at_restart: AtRestart,
    /// Of everything else.
    pub rest: Digest,
    /// Variables that are left aside, and why.
    pub left_aside: Vec<String>,
    /// What a restart would refuse, and a gateway that runs already does not need.
    pub refused_at_restart: Vec<Fault>,
}

impl Settings {
    /// What is no fault, and does not do what somebody believes.
    pub fn warnings(&self, now_ms: u64) -> Vec<String> {
        let certificate = self.store.client_certificate.as_ref();
        let certificate = certificate.and_then(|pair| pair.out_of_date(now_ms)).map(str::to_owned);
        self.left_aside.iter().cloned().chain(certificate).collect()
    }
}
