//! Which trace a request belongs to, and whether it is recorded.
//!
//! Owns: reading a proxy's `traceparent` (W3C Trace Context), and the decision where there is none. `tracestate` is not read:
//! nothing of what a client may have written gets into a span but the ids.
//! Must not know: whether the proxy is believed.

use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, Sampler, SamplingDecision, ShouldSample};

/// The trace that a request belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    id: TraceId,
    span: SpanId,
    parent: SpanId,
    is_recorded: bool,
    began_at: SystemTime,
}

impl Trace {
    /// Written as 32 hexadecimal digits.
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// Of the request's own span.
    pub fn span(&self) -> SpanId {
        self.span
    }

    /// The proxy's span; invalid where the trace begins here.
    pub fn parent(&self) -> SpanId {
        self.parent
    }

    /// Whether it has spans.
    pub fn is_recorded(&self) -> bool {
        self.is_recorded
    }

    /// By the clock of this machine.
    pub fn began_at(&self) -> SystemTime {
        self.began_at
    }
}

/// Which requests are recorded.
pub struct Sampling {
    sampler: Sampler,
    follows_proxy: bool,
}

impl Sampling {
    /// This part of them, from 0 to 1. `follows_proxy`: only where no proxy has decided; else whatever it has decided.
    pub fn of(ratio: f64, follows_proxy: bool) -> Self {
        let sampler = if ratio > 0.0 { Sampler::TraceIdRatioBased(ratio) } else { Sampler::AlwaysOff };
        Sampling { sampler, follows_proxy }
    }

    /// Of a request that begins now.
    pub fn begin(&self, traceparent: Option<&str>) -> Option<Trace> {
        let ids = RandomIdGenerator::default();
        if let Some(told) = traceparent.and_then(read) {
            return Some(Trace {
                id: told.trace_id(),
                span: ids.new_span_id(),
                parent: told.span_id(),
                is_recorded: if self.follows_proxy {
                    told.is_sampled()
                } else {
                    self.chooses(told.trace_id())
                },
                began_at: now(),
            });
        }
        let id = ids.new_trace_id();
        self.chooses(id).then(|| Trace {
            id,
            span: ids.new_span_id(),
            parent: SpanId::INVALID,
            is_recorded: true,
            began_at: now(),
        })
    }

    fn chooses(&self, id: TraceId) -> bool {
        let decision = self.sampler.should_sample(None, id, "", &SpanKind::Server, &[], &[]).decision;
        decision == SamplingDecision::RecordAndSample
    }
}

fn read(traceparent: &str) -> Option<SpanContext> {
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Told(traceparent));
    let told = context.span().span_context().clone();
    told.is_valid().then_some(told)
}

struct Told<'a>(&'a str);

impl Extractor for Told<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// By the clock of this machine.
#[allow(clippy::disallowed_methods)] // A span's time is the machine's; no rule of the product reads it.
pub fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn all() -> Sampling {
        Sampling::of(1.0, true)
    }

    fn none() -> Sampling {
        Sampling::of(0.0, true)
    }

    #[test]
    fn a_proxy_decides_and_names_the_trace() {
        for (flags, is_recorded) in [("01", true), ("00", false), ("03", true)] {
            for sampling in [all(), none()] {
                let told = format!("00-{ID}-00f067aa0ba902b7-{flags}");
                let trace = sampling.begin(Some(&told)).expect("a trace");
                assert_eq!((trace.id().to_string().as_str(), trace.is_recorded()), (ID, is_recorded));
                assert_eq!(trace.parent().to_string(), "00f067aa0ba902b7");
                assert_ne!(trace.span(), trace.parent());
            }
        }
    }

    #[test]
    fn what_is_no_traceparent_begins_no_other_trace() {
        for told in [
            "",
            "00",
            "canary",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-canary",
            "00-zzf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert!(none().begin(Some(told)).is_none(), "{told}");
            let trace = all().begin(Some(told)).expect("one of its own");
            assert_eq!(trace.parent(), SpanId::INVALID, "{told}");
            assert_ne!(trace.id().to_string(), ID, "{told}");
        }
    }

    #[test]
    fn a_proxy_names_the_trace_and_need_not_decide() {
        for flags in ["01", "00"] {
            let told = format!("00-{ID}-00f067aa0ba902b7-{flags}");
            for (ratio, is_recorded) in [(1.0, true), (0.0, false)] {
                let trace = Sampling::of(ratio, false).begin(Some(&told)).expect("a trace");
                assert_eq!((trace.id().to_string().as_str(), trace.is_recorded()), (ID, is_recorded));
            }
        }
    }

    #[test]
    fn one_in_so_many_is_recorded() {
        let recorded = |ratio| {
            let sampling = Sampling::of(ratio, true);
            (0..10_000).filter(|_| sampling.begin(None).is_some_and(|trace| trace.is_recorded())).count()
        };
        assert_eq!((recorded(1.0), recorded(0.0)), (10_000, 0));
        // Ten standard deviations.
        assert!((684..=1_316).contains(&recorded(0.1)));
    }
}
