//! The log line of a request that was answered.
//!
//! Owns: its fields. It has the route's template, never a path, a query string or a header.
//! Must not know: requests; it takes plain values.

use std::time::Duration;

use super::direct::info_directly;
use super::metrics::NONE;
use super::traces::Served;

/// Writes it. `exceeded`: the limit that the request was beyond, and whose calls were counted together.
pub fn answered(served: &Served<'_>, exceeded: Option<(&str, &str)>, took: Duration) {
    info_directly!(
        target: "vestibule::request",
        method = served.method,
        route = served.route.unwrap_or(NONE),
        status = u64::from(served.status),
        code = served.code,
        handle = served.handle,
        limit = exceeded.map(|(limit, _)| limit),
        counted = exceeded.map(|(_, counted)| counted),
        duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        "answered"
    );
}
