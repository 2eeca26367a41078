//! Metrics of the store. All workers share them.
//!
//! Must not know: any operation, or what a kind of failure means.

use std::time::Duration;

use prometheus::{HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::families::{Families, Result};

/// Calls and connections.
pub struct StoreMetrics {
    errors: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    connections: IntGauge,
    connected: IntCounter,
    connect_errors: IntCounter,
}

impl StoreMetrics {
    pub(super) fn new(families: &Families<'_>) -> Result<Self> {
        Ok(StoreMetrics {
            errors: families.counters(
                "vestibule_store_errors_total",
                "Calls that the store failed.",
                &["operation", "kind"],
            )?,
            durations: families.durations(
                "vestibule_store_duration_seconds",
                "Time the store took.",
                &["operation"],
            )?,
            in_flight: families
                .gauge("vestibule_store_calls_in_flight", "Calls that the store has not answered yet.")?,
            connections: families.gauge("vestibule_store_connections", "Open connections to the store.")?,
            connected: families
                .counter("vestibule_store_connections_total", "Connections to the store that were made.")?,
            connect_errors: families.counter(
                "vestibule_store_connect_errors_total",
                "Connections to the store that could not be made.",
            )?,
        })
    }

    /// The store will be asked this, and may fail in these ways.
    pub fn foresee<'a>(&self, operation: &str, kinds: impl Iterator<Item = &'a str>) {
        self.durations.with_label_values(&[operation]);
        for kind in kinds {
            self.errors.with_label_values(&[operation, kind]);
        }
    }

    /// The store is being asked.
    pub fn call_began(&self) {
        self.in_flight.inc();
    }

    /// It is not, any more.
    pub fn call_ended(&self) {
        self.in_flight.dec();
    }

    /// The store was asked. `failure` is the kind of it.
    pub fn call(&self, operation: &str, took: Duration, failure: Option<&str>) {
        self.durations.with_label_values(&[operation]).observe(took.as_secs_f64());
        if let Some(kind) = failure {
            self.errors.with_label_values(&[operation, kind]).inc();
        }
    }

    /// A connection was made.
    pub fn connected(&self) {
        self.connected.inc();
        self.connections.inc();
    }

    /// It was closed.
    pub fn disconnected(&self) {
        self.connections.dec();
    }

    /// A connection could not be made.
    pub fn connect_failed(&self) {
        self.connect_errors.inc();
    }
}
