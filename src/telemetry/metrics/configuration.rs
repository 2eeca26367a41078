//! Metrics of the build and of the configuration that it runs with.
//!
//! Owns: that the configuration is told by a hash, which is a number: as a label, every change would be a new series.
//! Must not know: how a configuration is read.

use prometheus::{IntCounterVec, IntGauge, IntGaugeVec};

use super::families::{Families, Result};

/// How many of each are configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Configured<'a> {
    /// Of the whole configuration; a double holds it exactly.
    pub hash: u64,
    /// Portals that are switched on, and off.
    pub portals: (usize, usize),
    /// Root keys by environment.
    pub root_keys: &'a [(&'a str, usize)],
}

/// What is configured, and reloads.
pub struct ConfigurationMetrics {
    hash: IntGauge,
    portals: IntGaugeVec,
    root_keys: IntGaugeVec,
    reloads: IntCounterVec,
    last_successful: IntGauge,
    last_success_seconds: IntGauge,
    files_stalled: IntGauge,
}

impl ConfigurationMetrics {
    pub(super) fn new(families: &Families<'_>) -> Result<Self> {
        let build = families.gauges("vestibule_build_info", "Always 1; the build.", &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let metrics = ConfigurationMetrics {
            hash: families.gauge(
                "vestibule_config_hash",
                "Hash of the configuration in force; the same at gateways with the same one.",
            )?,
            portals: families.gauges("vestibule_portals", "Portals that are configured.", &["state"])?,
            root_keys: families.gauges(
                "vestibule_root_keys",
                "Root keys that are configured.",
                &["environment"],
            )?,
            reloads: families.counters(
                "vestibule_config_reloads_total",
                "Reloads by result.",
                &["result"],
            )?,
            last_successful: families.gauge(
                "vestibule_config_last_reload_successful",
                "Whether the last reload was taken (1) or refused (0).",
            )?,
            last_success_seconds: families.gauge(
                "vestibule_config_last_reload_success_timestamp_seconds",
                "When the loaded configuration was read, at the start or by a reload.",
            )?,
            files_stalled: families.gauge(
                "vestibule_config_files_stalled",
                "Whether the files of the configuration do not answer (1), so that no change is noticed.",
            )?,
        };
        for result in ["done", "refused"] {
            metrics.reloads.with_label_values(&[result]);
        }
        Ok(metrics)
    }

    /// This is the configuration now.
    pub fn loaded(&self, configured: Configured<'_>, at_ms: u64) {
        let gauge = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.hash.set(i64::try_from(configured.hash).unwrap_or(i64::MAX));
        let (enabled, disabled) = configured.portals;
        self.portals.with_label_values(&["enabled"]).set(gauge(enabled));
        self.portals.with_label_values(&["disabled"]).set(gauge(disabled));
        for (environment, count) in configured.root_keys {
            self.root_keys.with_label_values(&[environment]).set(gauge(*count));
        }
        self.last_successful.set(1);
        self.last_success_seconds.set(i64::try_from(at_ms / 1_000).unwrap_or(i64::MAX));
    }

    /// It came by a reload.
    pub fn reloaded(&self) {
        self.reloads.with_label_values(&["done"]).inc();
    }

    /// Whether its files can be looked at for changes.
    pub fn files_answer(&self, do_they: bool) {
        self.files_stalled.set(i64::from(!do_they));
    }

    /// A new one was refused; the old one stays.
    pub fn reload_refused(&self) {
        self.reloads.with_label_values(&["refused"]).inc();
        self.last_successful.set(0);
    }
}
