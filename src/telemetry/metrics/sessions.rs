//! Metrics of sessions. The label `portal` has slugs of the configuration only, and no label tells of a user.
//!
//! Must not know: what an outcome or a reason means.

use std::collections::HashMap;

use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec};

use super::families::{Families, Result};

/// What becomes of sessions and of those who ask for them.
pub struct SessionMetrics {
    created: IntCounterVec,
    exchanges: IntCounterVec,
    refusals: IntCounterVec,
    under_unknown_secret: IntCounter,
}

impl SessionMetrics {
    pub(super) fn new(families: &Families<'_>) -> Result<Self> {
        Ok(SessionMetrics {
            created: families.counters(
                "vestibule_sessions_created_total",
                "Sessions created.",
                &["portal", "environment"],
            )?,
            exchanges: families.counters(
                "vestibule_exchanges_total",
                "Exchanges of session IDs by outcome.",
                &["portal", "outcome"],
            )?,
            refusals: families.counters(
                "vestibule_refusals_total",
                "Refusals by their true reason.",
                &["portal", "reason"],
            )?,
            under_unknown_secret: families.counter(
                "vestibule_sessions_under_unknown_secret_total",
                "Sessions that were found, looked at, and created under a server.secret that this gateway does not know.",
            )?,
        })
    }

    /// These may happen at this portal.
    pub fn foresee<'a>(
        &self,
        portal: &str,
        environments: &[&str],
        outcomes: &[&str],
        reasons: impl Iterator<Item = &'a str>,
    ) {
        for environment in environments {
            self.created.with_label_values(&[portal, environment]);
        }
        for outcome in outcomes {
            self.exchanges.with_label_values(&[portal, outcome]);
        }
        for reason in reasons {
            self.refusals.with_label_values(&[portal, reason]);
        }
    }

    /// The series of a portal that is no longer known go; else each that ever was would stay until the next start.
    pub fn forget(&self, is_known: impl Fn(&str) -> bool) {
        for counters in [&self.created, &self.exchanges, &self.refusals] {
            for family in counters.collect() {
                for series in family.get_metric() {
                    let labels: HashMap<&str, &str> =
                        series.get_label().iter().map(|label| (label.name(), label.value())).collect();
                    if labels.get("portal").is_some_and(|portal| !is_known(portal)) {
                        // It may have gone meanwhile.
                        let _ = counters.remove(&labels);
                    }
                }
            }
        }
    }

    /// A session was created.
    pub fn created(&self, portal: &str, environment: &str) {
        self.created.with_label_values(&[portal, environment]).inc();
    }

    /// An exchange ended. `outcome` is `done`, or the code of the refusal.
    pub fn exchange(&self, portal: &str, outcome: &str) {
        self.exchanges.with_label_values(&[portal, outcome]).inc();
    }

    /// A session was found that cannot be revoked by its user here.
    pub fn under_unknown_secret(&self) {
        self.under_unknown_secret.inc();
    }

    /// A credential or an action was refused.
    pub fn refusal(&self, portal: &str, reason: &str) {
        self.refusals.with_label_values(&[portal, reason]).inc();
    }
}
