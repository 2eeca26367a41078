//! Metrics of spans on their way to a collector.
//!
//! Must not know: what is in a span.

use prometheus::IntCounter;

use super::families::{Families, Result};

/// What becomes of spans.
#[derive(Clone, Debug)]
pub struct TraceMetrics {
    /// The collector has them.
    pub exported: IntCounter,
    /// The collector did not take them.
    pub failed: IntCounter,
    /// Too many were waiting.
    pub dropped: IntCounter,
}

impl TraceMetrics {
    pub(super) fn new(families: &Families<'_>) -> Result<Self> {
        let spans = families.counters(
            "vestibule_trace_spans_total",
            "Spans of traces by what became of them.",
            &["result"],
        )?;
        let of = |result| spans.with_label_values(&[result]);
        Ok(TraceMetrics { exported: of("exported"), failed: of("failed"), dropped: of("dropped") })
    }
}
