//! Log lines as JSON, one object a line.
//!
//! Owns: the form of a line: time, level, the event's own fields, target, and the request and trace it belongs to.
//! Must not know: when a line is written. (`tracing-subscriber` writes JSON too, but on the busiest path, with one line
//! for each request, that took a sixth of the gateway's CPU time.)

use std::cell::{Cell, RefCell};
use std::fmt::{Debug, Write as _};
use std::io::Write as _;
use std::sync::Arc;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::dropped::Kind;
use super::lines::Lines;
use super::request_id::{Current, with_current};

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
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // Taken, not borrowed: formatting a field may itself log.
        let mut line = SCRATCH.take();
        line.clear();
        let metadata = event.metadata();
        line.extend_from_slice(b"{\"timestamp\":\"");
        write_now(&mut line);
        line.extend_from_slice(b"\",\"level\":\"");
        line.extend_from_slice(metadata.level().as_str().as_bytes());
        line.push(b'"');
        let mut fields = Fields(&mut line);
        event.record(&mut fields);
        fields.text("target", metadata.target());
        with_current(|current| {
            if let Some(Current { id, trace }) = current {
                if let Some(trace) = trace {
                    let _ = write!(line, ",\"trace_id\":\"{}\"", trace.id());
                }
                line.extend_from_slice(b",\"span\":{\"request_id\":");
                write_text(&mut line, id);
                line.extend_from_slice(b",\"name\":\"request\"}");
            }
        });
        line.extend_from_slice(b"}\n");
        self.lines.add(&line, Kind::of(metadata));
        SCRATCH.set(line);
    }
}

/// Writes each field of an event as a member of the line's object.
struct Fields<'a>(&'a mut Vec<u8>);

impl Fields<'_> {
    /// A field's name stands in the code, so it needs no escaping.
    fn name(&mut self, name: &'static str) {
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.strip_prefix("r#").unwrap_or(name).as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        write_text(self.0, text);
    }

    fn number(&mut self, field: &Field, number: impl Serialize) {
        self.name(field.name());
        write_json(self.0, &number);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(field.name());
        self.0.push(b'"');
        let _ = write!(Escaped(self.0), "{value:?}");
        self.0.push(b'"');
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON cannot express the others.
        if value.is_finite() { self.number(field, value) } else { self.record_debug(field, &value) }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }
}

/// The inside of a JSON string that is written piece by piece.
struct Escaped<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        let start = self.0.len();
        write_text(self.0, piece);
        // Remove the quotes around the piece.
        self.0.pop();
        self.0.remove(start);
        Ok(())
    }
}

/// Nearly all texts need no escaping, and seeing that for a whole text takes a fraction of looking at each of its bytes.
fn write_text(line: &mut Vec<u8>, text: &str) {
    let is_special = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if text.bytes().fold(false, |found, byte| found | is_special(byte)) {
        return write_json(line, text);
    }
    line.push(b'"');
    line.extend_from_slice(text.as_bytes());
    line.push(b'"');
}

fn write_json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    // Writing text or a number into memory cannot fail.
    let _ = serde_json::to_writer(line, value);
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
    let _ = write!(line, ".{:06}Z", since_epoch.subsec_micros());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of(log: impl FnOnce()) -> serde_json::Value {
        use tracing_subscriber::prelude::*;
        struct Kept(Arc<std::sync::Mutex<Vec<u8>>>);
        impl<S: Subscriber> Layer<S> for Kept {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let mut line = b"{\"first\":0".to_vec();
                event.record(&mut Fields(&mut line));
                line.push(b'}');
                *self.0.lock().expect("not poisoned") = line;
            }
        }
        let kept = Arc::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(Kept(Arc::clone(&kept))), log);
        let line = kept.lock().expect("not poisoned").clone();
        serde_json::from_slice(&line).expect("one JSON object")
    }

    #[test]
    fn every_kind_of_field_is_a_member() {
        let (absent, present): (Option<&str>, Option<&str>) = (None, Some("there"));
        let line = line_of(|| {
            let error = std::io::Error::other("a \"quoted\"\nreason");
            tracing::info!(r#type = "t", absent, present, count = 7_u64, less = -1, yes = true, half = 0.5, %error, "done");
        });
        let expected = serde_json::json!({
            "first": 0, "message": "done", "type": "t", "present": "there", "count": 7, "less": -1,
            "yes": true, "half": 0.5, "error": "a \"quoted\"\nreason",
        });
        assert_eq!(line, expected);
    }

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
