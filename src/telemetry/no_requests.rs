//! What libraries log of bytes that are no request.
//!
//! Owns: that whoever sends such bytes raises no alarm and fills no log. actix-http logs each refusal as an error, without an
//! id, as if it were a fault of ours. The listener has answered it by then, and logged one line with its id.
//! Must not know: how it was answered.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// Where the codec of HTTP/1.1 logs. Its own faults come from here too, and are kept.
const CODEC: &str = "actix_http::h1::dispatcher";
/// So begins every line that only tells that the bytes were no request.
const REFUSED: &str = "stream error: request parse error";

/// Keeps them out of all layers.
pub struct NoRequests;

impl<S: Subscriber> Layer<S> for NoRequests {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let metadata = event.metadata();
        if *metadata.level() != Level::ERROR || metadata.target() != CODEC {
            return true;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        !message.0.starts_with(REFUSED)
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;
    use crate::telemetry::dropped::DROPPED;
    use crate::telemetry::json_lines::JsonLines;
    use crate::telemetry::lines::{Lines, LogGuard};
    use crate::telemetry::queue::Queue;
    use crate::telemetry::{KeptLog, in_request_now};

    /// (`tests/binary/strangers.rs` has the bytes and the library itself.)
    #[test]
    fn its_own_faults_are_told() {
        let log = KeptLog::default();
        let lines = Lines::start(Queue::start(log.clone(), &DROPPED, drop).expect("a thread"));
        let json = JsonLines::new(lines.clone());
        let subscriber = tracing_subscriber::registry().with(NoRequests).with(json).set_default();
        tracing::error!(target: CODEC, "stream error: {}", "request parse error: invalid Header provided");
        tracing::error!(target: CODEC, "stream error: {}", "internal error");
        tracing::error!(target: CODEC, "Internal server error: unexpected payload chunk");
        tracing::warn!(target: CODEC, "stream error: request parse error");
        tracing::error!("stream error: request parse error");
        in_request_now("req_1".into(), || tracing::error!(target: CODEC, "write zero; closing"));
        drop((subscriber, LogGuard(lines)));
        assert_eq!(log.text().lines().count(), 5, "{}", log.text());
        for (text, times) in [
            ("invalid Header provided", 0),
            ("stream error: internal error", 1),
            ("unexpected payload chunk", 1),
            ("\"stream error: request parse error\"", 2),
            ("write zero; closing", 1),
        ] {
            assert_eq!(log.text().matches(text).count(), times, "{text}: {}", log.text());
        }
    }
}
