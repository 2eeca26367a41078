//! Metrics of requests and connections.
//!
//! Must not know: any route, or what is limited.

use std::time::Duration;

use prometheus::{HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::families::{Families, Held, Result};

/// What alerts ask for.
const FORESEEN_STATUSES: [&str; 3] = ["200", "500", "503"];

/// Requests and connections.
pub struct HttpMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    connections: IntGauge,
    accepted: IntCounter,
    rate_limited: IntCounterVec,
    addresses_ignored: IntCounter,
}

impl HttpMetrics {
    pub(super) fn new(families: &Families<'_>) -> Result<Self> {
        Ok(HttpMetrics {
            requests: families.counters(
                "vestibule_http_requests_total",
                "Requests answered.",
                &["route", "method", "status"],
            )?,
            durations: families.durations(
                "vestibule_http_request_duration_seconds",
                "Time to answer.",
                &["route"],
            )?,
            in_flight: families
                .gauge("vestibule_http_requests_in_flight", "Requests without an answer yet.")?,
            connections: families.gauge("vestibule_http_connections", "Open connections of clients.")?,
            accepted: families
                .counter("vestibule_http_connections_total", "Connections of clients accepted.")?,
            rate_limited: families.counters(
                "vestibule_rate_limited_total",
                "Calls beyond a limit.",
                &["limit"],
            )?,
            addresses_ignored: families.counter(
                "vestibule_client_addresses_ignored_total",
                "Client addresses told by peers that are not in server.trusted_proxies.",
            )?,
        })
    }

    /// This route will be asked for by this method.
    pub fn foresee(&self, route: &str, method: &str) {
        for status in FORESEEN_STATUSES {
            self.requests.with_label_values(&[route, method, status]);
        }
        self.durations.with_label_values(&[route]);
    }

    /// This limit may be reached.
    pub fn foresee_limit(&self, limit: &str) {
        self.rate_limited.with_label_values(&[limit]);
    }

    /// A request has arrived. It is in flight for as long as the answer is kept.
    pub fn request_began(&self) -> Held {
        Held::by(&self.in_flight)
    }

    /// A request was answered. `route` is the template, never the path, which can hold anything.
    pub fn request(&self, route: &str, method: &str, status: &str, took: Duration) {
        self.requests.with_label_values(&[route, method, status]).inc();
        self.durations.with_label_values(&[route]).observe(took.as_secs_f64());
    }

    /// A client has connected. The connection is open for as long as the answer is kept.
    pub fn connected(&self) -> Held {
        self.accepted.inc();
        Held::by(&self.connections)
    }

    /// A call was beyond this limit.
    pub fn rate_limited(&self, limit: &str) {
        self.rate_limited.with_label_values(&[limit]).inc();
    }

    /// A peer that is not trusted has told its client's address.
    pub fn client_address_ignored(&self) {
        self.addresses_ignored.inc();
    }
}
