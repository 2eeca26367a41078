//! Log lines as JSON, one object a line.
//!
//! Owns: the form of a line: time, level, the event's own fields, target, and the request and trace it belongs to.
//! Must not know: when a line is written. (`tracing-subscriber` writes JSON too, but on the busiest path, with one line
//! for each request, that took a sixth of the gateway's CPU time.)

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::dropped::Kind;
use super::lines::Lines;
use super::members::Members;
use super::request_id::{Current, with_current};
use crate::json;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// The current second, and its text.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
}

/// Turns every event into a line.
pub struct JsonLines {
    lines: Arc<Lines>,
}

impl JsonLines {
    /// `lines` takes them.
    pub fn new(lines: Arc<Lines>) -> Self {
        JsonLines { lines }
    }

    /// Writes one line; `write` adds the members that are its own.
    pub fn line(&self, level: Level, target: &str, write: impl FnOnce(&mut Members<'_>)) {
        // Taken, not borrowed: formatting a field may itself log.
        let mut line = SCRATCH.take();
        line.clear();
        line.extend_from_slice(b"{\"timestamp\":\"");
        write_now(&mut line);
        line.extend_from_slice(b"\",\"level\":\"");
        line.extend_from_slice(level.as_str().as_bytes());
        line.push(b'"');
        write(&mut Members::of(&mut line));
        // A target stands in the code, so it needs no escaping.
        line.extend_from_slice(b",\"target\":\"");
        line.extend_from_slice(target.as_bytes());
        line.push(b'"');
        with_current(|current| {
            if let Some(Current { id, trace }) = current {
                if let Some(trace) = trace {
                    let _ = write!(line, ",\"trace_id\":\"{}\"", trace.id());
                }
                line.extend_from_slice(b",\"span\":{\"request_id\":");
                json::write_text(&mut line, id);
                line.extend_from_slice(b",\"name\":\"request\"}");
            }
        });
        line.extend_from_slice(b"}\n");
        self.lines.add(&line, Kind::of(level, target));
        SCRATCH.set(line);
    }
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        self.line(*metadata.level(), metadata.target(), |members| event.record(members));
    }
}

/// In RFC 3339 with microseconds. The part up to the second is formatted once a second.
#[allow(clippy::disallowed_methods)] // A line's time is the machine's; no rule of the product reads it.
fn write_now(line: &mut Vec<u8>) {
    let now = SystemTime::now();
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != since_epoch.as_secs() {
            *second = since_epoch.as_secs();
            text.clear();
            let _ = write!(text, "{}", DateTime::<Utc>::from(now).format("%Y-%m-%dT%H:%M:%S"));
        }
        line.extend_from_slice(text.as_bytes());
    });
    let (mut text, mut micros) = (*b".000000Z", since_epoch.subsec_micros());
    for digit in text[1..7].iter_mut().rev() {
        *digit += u8::try_from(micros % 10).unwrap_or_default();
        micros /= 10;
    }
    line.extend_from_slice(&text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn the_time_is_rfc_3339() {
        for _ in 0..2 {
            let mut line = Vec::new();
            write_now(&mut line);
            let text = String::from_utf8(line).expect("text");
            let time = DateTime::parse_from_rfc3339(&text).expect("a time");
            assert_eq!(text.len(), "2026-01-01T00:00:00.000000Z".len());
            assert!((Utc::now() - time.to_utc()).num_seconds().abs() < 5, "{text}");
        }
    }
}
