//! Spans that wait to be sent.
//!
//! Owns: that no request waits for a collector. So many spans may wait, those that are being sent included; any further
//! one is dropped and counted.
//! Must not know: what is in a span, or where it is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanExporter, SpanProcessor,
};

use crate::telemetry::metrics::TraceMetrics;

/// A span takes about a kilobyte.
const MOST_WAITING: usize = 8_192;
const MOST_AT_ONCE: usize = 512;
/// No span that is not in a full batch waits longer.
const SEND_EVERY: Duration = Duration::from_secs(1);

/// The queue, and the thread that sends what is in it.
pub struct Spans {
    processor: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    metrics: TraceMetrics,
}

impl Spans {
    /// Starts the thread.
    pub fn sent_by(exporter: impl SpanExporter + 'static, metrics: TraceMetrics) -> Self {
        let waiting = Arc::new(AtomicUsize::new(0));
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_max_export_batch_size(MOST_AT_ONCE)
            .with_scheduled_delay(SEND_EVERY);
        let counted = Counted { exporter, waiting: waiting.clone(), metrics: metrics.clone() };
        let mut processor = BatchSpanProcessor::new(counted, config.build());
        processor.set_resource(&resource());
        Spans { processor, waiting, metrics }
    }

    /// Never blocks.
    pub fn add(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.metrics.dropped.inc();
            return;
        }
        self.processor.on_end(span);
    }

    /// Sends what is left. Blocks, but not for longer than `limit`.
    pub fn shut_down(&self, limit: Duration) {
        if self.processor.shutdown_with_timeout(limit).is_err() {
            tracing::warn!("not all spans could be sent before the end");
        }
    }
}

/// Who we are. `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` may say more, which the library reads.
fn resource() -> Resource {
    let told = Resource::builder().build();
    let name = told.get_ref(&"service.name".into()).map(|name| name.as_str().into_owned());
    let is_named = name.is_some_and(|name| !name.starts_with("unknown_service"));
    let ours = Resource::builder()
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_named { ours.build() } else { ours.with_service_name("vestibule").build() }
}

/// An exporter that counts.
#[derive(Debug)]
struct Counted<E> {
    exporter: E,
    waiting: Arc<AtomicUsize>,
    metrics: TraceMetrics,
}

impl<E: SpanExporter> SpanExporter for Counted<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.exporter.export(batch).await;
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        let counter = if result.is_ok() { &self.metrics.exported } else { &self.metrics.failed };
        counter.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::telemetry::Metrics;
    use crate::telemetry::trace::Sampling;
    use crate::telemetry::traces::tests::span_of;

    /// Takes no batch until it is allowed to.
    #[derive(Debug)]
    struct Gate(Mutex<Receiver<()>>);

    impl SpanExporter for Gate {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            let _ = self.0.lock().unwrap_or_else(PoisonError::into_inner).recv();
            Ok(())
        }
    }

    fn stage() -> (Spans, Sender<()>, TraceMetrics) {
        let (allow, allowed) = channel();
        let metrics = Metrics::new().expect("metrics").traces;
        (Spans::sent_by(Gate(Mutex::new(allowed)), metrics.clone()), allow, metrics)
    }

    fn add(spans: &Spans, count: usize) {
        let trace = Sampling::of(1.0, true).begin(None).expect("it is recorded");
        (0..count).for_each(|_| spans.add(span_of(&trace)));
    }

    #[test]
    fn no_more_spans_wait_than_there_is_room_for_whoever_is_being_sent_included() {
        let (spans, allow, metrics) = stage();
        add(&spans, MOST_WAITING + 7);
        assert_eq!(metrics.dropped.get(), 7);
        allow.send(()).expect("it waits");
        while metrics.exported.get() == 0 {
            std::thread::yield_now();
        }
        let free = usize::try_from(metrics.exported.get()).expect("a batch");
        add(&spans, free + 1);
        assert_eq!(metrics.dropped.get(), 8, "what was sent has made room, and no more");
        drop(allow);
        spans.shut_down(Duration::from_secs(10));
        assert_eq!(metrics.exported.get(), u64::try_from(MOST_WAITING + free).expect("a number"));
    }

    #[test]
    fn an_end_does_not_wait_for_ever() {
        let (spans, allow, metrics) = stage();
        add(&spans, 1);
        spans.shut_down(Duration::from_millis(20));
        assert_eq!(metrics.exported.get(), 0);
        drop(allow);
    }
}
