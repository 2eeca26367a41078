//! The metrics, as Prometheus reads them.
//!
//! Owns: the names and labels of the metrics. They live in a registry of their own, one for each gateway.
//! Must not know: requests, sessions or stores; it takes plain values.

use std::time::Duration;

use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, TextEncoder, core::Collector,
};

use super::dropped::{DROPPED, DroppedLines};

/// Buckets from below a millisecond up to the longest wait for the store.
const SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Values of the label `limit`.
const LIMITS: [&str; 2] = ["exchange_per_minute", "create_per_minute"];

/// All metrics of one gateway.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    created: IntCounterVec,
    exchanges: IntCounterVec,
    refusals: IntCounterVec,
    rate_limited: IntCounterVec,
    addresses_ignored: IntCounter,
    store_errors: IntCounterVec,
    store_durations: HistogramVec,
}

impl Metrics {
    /// Registers every metric under its name.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name, help, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        let histogram = |name, help, labels: &[&str]| {
            HistogramVec::new(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()), labels)
        };
        let metrics = Metrics {
            requests: counter(
                "vestibule_http_requests_total",
                "Requests answered.",
                &["route", "method", "status"],
            )?,
            durations: histogram("vestibule_http_request_duration_seconds", "Time to answer.", &["route"])?,
            created: counter(
                "vestibule_sessions_created_total",
                "Sessions created.",
                &["portal", "environment"],
            )?,
            exchanges: counter(
                "vestibule_exchanges_total",
                "Exchanges of session IDs by outcome.",
                &["outcome"],
            )?,
            refusals: counter("vestibule_refusals_total", "Refusals by their true reason.", &["reason"])?,
            rate_limited: counter("vestibule_rate_limited_total", "Calls beyond a limit.", &["limit"])?,
            addresses_ignored: IntCounter::new(
                "vestibule_client_addresses_ignored_total",
                "Client addresses told by peers that are not in server.trusted_proxies.",
            )?,
            store_errors: counter(
                "vestibule_store_errors_total",
                "Calls that the store failed.",
                &["operation"],
            )?,
            store_durations: histogram(
                "vestibule_store_duration_seconds",
                "Time the store took.",
                &["operation"],
            )?,
            registry,
        };
        // There at 0: an alert on the increase would miss the first.
        for limit in LIMITS {
            metrics.rate_limited.with_label_values(&[limit]);
        }
        let all: [Box<dyn Collector>; 10] = [
            Box::new(metrics.requests.clone()),
            Box::new(metrics.durations.clone()),
            Box::new(metrics.created.clone()),
            Box::new(metrics.exchanges.clone()),
            Box::new(metrics.refusals.clone()),
            Box::new(metrics.rate_limited.clone()),
            Box::new(metrics.addresses_ignored.clone()),
            Box::new(metrics.store_errors.clone()),
            Box::new(metrics.store_durations.clone()),
            Box::new(DroppedLines::new(&DROPPED)?),
        ];
        for metric in all {
            metrics.registry.register(metric)?;
        }
        Ok(metrics)
    }

    /// A request was answered. `route` is the template, never the path, which can hold anything.
    pub fn request(&self, route: &str, method: &str, status: &str, took: Duration) {
        self.requests.with_label_values(&[route, method, status]).inc();
        self.durations.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// A session was created.
    pub fn created(&self, portal: &str, environment: &str) {
        self.created.with_label_values(&[portal, environment]).inc();
    }

    /// An exchange ended. `outcome` is `done`, or the code of the refusal.
    pub fn exchange(&self, outcome: &str) {
        self.exchanges.with_label_values(&[outcome]).inc();
    }

    /// A credential or an action was refused.
    pub fn refusal(&self, reason: &str) {
        self.refusals.with_label_values(&[reason]).inc();
    }

    /// A call was beyond this limit.
    pub fn rate_limited(&self, limit: &str) {
        self.rate_limited.with_label_values(&[limit]).inc();
    }

    /// A peer that is not trusted has told its client's address.
    pub fn client_address_ignored(&self) {
        self.addresses_ignored.inc();
    }

    /// The store was asked.
    pub fn store_call(&self, operation: &str, took: Duration, answered: bool) {
        self.store_durations.with_label_values(&[operation]).observe(took.as_secs_f64());
        if !answered {
            self.store_errors.with_label_values(&[operation]).inc();
        }
    }

    /// Everything as Prometheus text.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
