//! The members of a log line's object that are the event's own.
//!
//! Owns: how each kind of value is written, whether `tracing` brings it or the code that logs.
//! Must not know: the rest of the line.

use std::fmt::{Debug, Write as _};

use tracing::field::{Field, Visit};

use crate::json;

/// The members of a line's object that are its own.
pub struct Members<'a>(&'a mut Vec<u8>);

impl<'a> Members<'a> {
    /// Behind what the line begins with.
    pub fn of(line: &'a mut Vec<u8>) -> Self {
        Members(line)
    }

    /// Adds what is JSON already: it begins with a comma.
    pub fn text(&mut self, json: &str) {
        self.0.extend_from_slice(json.as_bytes());
    }

    /// Adds a value. `name`: with a comma before it and a colon behind it, as JSON.
    pub fn member(&mut self, name: &str, value: impl Member) {
        value.write(name, self.0);
    }

    /// A field's name stands in the code, so it needs no escaping.
    fn name(&mut self, field: &Field) {
        let name = field.name();
        self.0.extend_from_slice(b",\"");
        self.0.extend_from_slice(name.strip_prefix("r#").unwrap_or(name).as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

/// What a member can be, where it is written directly.
pub trait Member {
    /// Writes it behind its name; nothing where there is none.
    fn write(self, name: &str, line: &mut Vec<u8>);
}

impl Member for &str {
    fn write(self, name: &str, line: &mut Vec<u8>) {
        line.extend_from_slice(name.as_bytes());
        json::write_text(line, self);
    }
}

impl Member for u64 {
    fn write(self, name: &str, line: &mut Vec<u8>) {
        line.extend_from_slice(name.as_bytes());
        json::write(line, &self);
    }
}

impl Member for bool {
    fn write(self, name: &str, line: &mut Vec<u8>) {
        line.extend_from_slice(name.as_bytes());
        json::write(line, &self);
    }
}

impl<M: Member> Member for Option<M> {
    fn write(self, name: &str, line: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(name, line);
        }
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.name(field);
        self.0.push(b'"');
        let _ = write!(Escaped(self.0), "{value:?}");
        self.0.push(b'"');
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.name(field);
        json::write_text(self.0, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.name(field);
        json::write(self.0, &value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.name(field);
        json::write(self.0, &value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON cannot express the others.
        if !value.is_finite() {
            return self.record_debug(field, &value);
        }
        self.name(field);
        json::write(self.0, &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.name(field);
        json::write(self.0, &value);
    }
}

/// The inside of a JSON string that is written piece by piece.
struct Escaped<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        let start = self.0.len();
        json::write_text(self.0, piece);
        // Remove the quotes around the piece.
        self.0.pop();
        self.0.remove(start);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracing::{Event, Subscriber};
    use tracing_subscriber::Layer;
    use tracing_subscriber::layer::Context;

    use super::*;

    fn line_of(log: impl FnOnce()) -> serde_json::Value {
        use tracing_subscriber::prelude::*;
        struct Kept(Arc<std::sync::Mutex<Vec<u8>>>);
        impl<S: Subscriber> Layer<S> for Kept {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let mut line = b"{\"first\":0".to_vec();
                event.record(&mut Members::of(&mut line));
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
}
