//! Metrics of requests and connections.
//!
//! Must not know: any route, or what is limited.

use std::cell::{OnceCell, RefCell};
use std::time::Duration;

use prometheus::{Histogram, HistogramVec, IntCounter, IntCounterVec, IntGauge};

use super::families::{Families, Held, Result};

/// What alerts ask for.
const FORESEEN_STATUSES: [&str; 3] = ["200", "500", "503"];

/// The series of one route, as one worker has found them: to find one by its labels takes longer than to count.
pub struct RouteSeries {
    route: &'static str,
    duration: OnceCell<Histogram>,
    /// By method and status, of which there are few.
    requests: RefCell<Vec<((&'static str, u16), IntCounter)>>,
}

impl RouteSeries {
    /// `route` is the template, never the path, which can hold anything.
    pub fn of(route: &'static str) -> Self {
        RouteSeries { route, duration: OnceCell::new(), requests: RefCell::default() }
    }

    /// The template.
    pub fn route(&self) -> &'static str {
        self.route
    }
}

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

    /// A request was answered.
    pub fn request(&self, series: &RouteSeries, method: &'static str, status: u16, took: Duration) {
        let RouteSeries { route, duration, requests } = series;
        let mut requests = requests.borrow_mut();
        if let Some((_, counter)) = requests.iter().find(|(labels, _)| *labels == (method, status)) {
            counter.inc();
        } else {
            let counter = self.requests.with_label_values(&[*route, method, &status.to_string()]);
            counter.inc();
            requests.push(((method, status), counter));
        }
        let duration = duration.get_or_init(|| self.durations.with_label_values(&[*route]));
        duration.observe(took.as_secs_f64());
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
