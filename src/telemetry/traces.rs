//! Traces, as OpenTelemetry has them: a span for each request that is recorded, and one for each of its store calls.
//!
//! Owns: which requests are recorded, and the names and attributes of spans. A span has what the request's log line has,
//! and nothing else: no path, no query, no header, no address.
//! Must not know: requests or stores; it takes plain values. (The SDK's tracer is left aside, and its batches and exporter are
//! used as they are: docs/internals/dependencies.md.)

mod collector;
mod queue;

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

pub use self::collector::{Receiver, TracesError};
use self::queue::Spans;
use super::metrics::TraceMetrics;
use super::request_id::with_current;
use super::trace::{Sampling, Trace, now};

/// Records requests, and sends what it recorded to a collector.
pub struct Traces {
    sampling: Sampling,
    is_named_by_proxies: bool,
    spans: Spans,
    scope: InstrumentationScope,
}

/// A request that was answered.
pub struct Served<'a> {
    /// One of a closed list.
    pub method: &'a str,
    /// The route's template, if there is a route.
    pub route: Option<&'a str>,
    /// The HTTP status.
    pub status: u16,
    /// The code of an error.
    pub code: Option<&'a str>,
    /// The session that it is about.
    pub handle: Option<&'a str>,
}

impl Traces {
    /// Sends what `sampling` chooses. `is_named_by_proxies`: whether one may decide at all.
    pub fn start(
        to: &Receiver<'_>,
        sampling: Sampling,
        is_named_by_proxies: bool,
        metrics: &TraceMetrics,
    ) -> Result<Self, TracesError> {
        let exporter = collector::exporter(to)?;
        let scope = InstrumentationScope::builder("vestibule").with_version(env!("CARGO_PKG_VERSION"));
        Ok(Traces {
            sampling,
            is_named_by_proxies,
            spans: Spans::sent_by(exporter, metrics.clone()),
            scope: scope.build(),
        })
    }

    /// Whether a proxy that is believed names the trace.
    pub fn is_named_by_proxies(&self) -> bool {
        self.is_named_by_proxies
    }

    /// The trace of a request that begins now. `traceparent`: what a proxy that is believed has told (W3C Trace Context).
    /// `None` if there is nothing to record, and nothing to tell in the log.
    pub fn begin(&self, traceparent: Option<&str>) -> Option<Box<Trace>> {
        self.sampling.begin(traceparent).map(Box::new)
    }

    /// The request of this thread was answered.
    pub fn request_ended(&self, served: &Served<'_>, took: Duration) {
        let recorded = with_current(|current| {
            let current = current?;
            let trace = current.trace.as_deref().filter(|trace| trace.is_recorded())?;
            Some((*trace, current.id.clone()))
        });
        let Some((trace, request_id)) = recorded else { return };
        let Served { method, route, status, code, handle } = *served;
        let mut attributes = vec![
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status)),
            KeyValue::new("vestibule.request_id", request_id),
        ];
        let mut told = |name, value: Option<&str>| {
            attributes.extend(value.map(|value| KeyValue::new(name, value.to_owned())));
        };
        told("http.route", route);
        told("error.type", code);
        told("vestibule.session", handle);
        let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
        self.spans.add(SpanData {
            name: name.into(),
            attributes,
            // A refusal is an answer, and no error of the gateway.
            status: if status >= 500 { Status::error("") } else { Status::Unset },
            parent_span_id: trace.parent(),
            parent_span_is_remote: trace.parent() != SpanId::INVALID,
            ..bare(&trace, trace.span(), SpanKind::Server, (trace.began_at(), took), self.scope.clone())
        });
    }

    /// A call to the store has ended now. It is recorded if the request of this thread is.
    pub fn store_call_ended(&self, operation: &'static str, took: Duration, failure: Option<&'static str>) {
        let trace =
            with_current(|current| current?.trace.as_deref().filter(|trace| trace.is_recorded()).copied());
        let Some(trace) = trace else { return };
        let mut attributes =
            vec![KeyValue::new("db.system.name", "redis"), KeyValue::new("db.operation.name", operation)];
        attributes.extend(failure.map(|kind| KeyValue::new("error.type", kind)));
        self.spans.add(SpanData {
            name: Cow::Owned(format!("redis {operation}")),
            attributes,
            status: if failure.is_some() { Status::error("") } else { Status::Unset },
            parent_span_id: trace.span(),
            ..bare(
                &trace,
                RandomIdGenerator::default().new_span_id(),
                SpanKind::Client,
                (began(took), took),
                self.scope.clone(),
            )
        });
    }

    /// Sends what is left. Blocks, but not for longer than `limit`.
    pub fn shut_down(&self, limit: Duration) {
        self.spans.shut_down(limit);
    }
}

/// A span that says nothing yet. `time`: when it began, and how long it took.
fn bare(
    trace: &Trace,
    id: SpanId,
    span_kind: SpanKind,
    time: (SystemTime, Duration),
    instrumentation_scope: InstrumentationScope,
) -> SpanData {
    let (start_time, took) = time;
    SpanData {
        span_context: SpanContext::new(trace.id(), id, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind,
        name: Cow::Borrowed(""),
        start_time,
        end_time: start_time + took,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope,
    }
}

fn began(took: Duration) -> SystemTime {
    let now = now();
    now.checked_sub(took).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that says nothing.
    pub fn span_of(trace: &Trace) -> SpanData {
        let scope = InstrumentationScope::builder("tests").build();
        bare(trace, trace.span(), SpanKind::Server, (trace.began_at(), Duration::ZERO), scope)
    }
}
