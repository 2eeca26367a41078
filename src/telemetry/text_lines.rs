//! Log lines as text for people.
//!
//! Owns: the form of a line, and that it goes through the same queue as a line of JSON.
//! Must not know: when a line is written.

use std::io;
use std::sync::Arc;

use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use super::dropped::Kind;
use super::lines::Lines;
use super::request_id::TimeAndRequest;

/// Turns every event into a line.
pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(lines: Arc<Lines>, colours: bool) -> impl Layer<S> {
    let form = fmt::format().with_target(false).with_timer(TimeAndRequest(fmt::time::SystemTime));
    fmt::layer().event_format(form).with_ansi(colours).with_writer(Writers(lines))
}

struct Writers(Arc<Lines>);

impl<'a> MakeWriter<'a> for Writers {
    type Writer = Writer<'a>;

    fn make_writer(&'a self) -> Writer<'a> {
        Writer { lines: &self.0, kind: Kind::Other }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Writer<'a> {
        Writer { lines: &self.0, kind: Kind::of(*metadata.level(), metadata.target()) }
    }
}

struct Writer<'a> {
    lines: &'a Arc<Lines>,
    kind: Kind,
}

impl io::Write for Writer<'_> {
    /// Is called once for each event, with the whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.kind);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
