//! What the operator sees: logs, audit lines, metrics, traces.
//!
//! Owns: the subscriber, the metric names, the events of sessions, the spans, which request a line is about.
//! Must not know: requests, sessions or stores; it takes plain values. A query string, a body, a cookie or a
//! credential never gets here.

mod answered;
mod direct;
mod dropped;
mod events;
mod json_lines;
mod lines;
mod members;
mod metrics;
mod no_requests;
mod panics;
mod queue;
mod request_id;
mod text_lines;
mod trace;
mod traces;

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, prelude::*};

pub use answered::answered;
use dropped::DROPPED;
pub use events::{Form, SessionEvent, VERSION as EVENTS_VERSION, audit};
pub use lines::LogGuard;
pub use metrics::{Configured, Held, Metrics, NONE, RouteSeries};
pub use request_id::{in_request, in_request_now, trace_id};
pub use trace::{Sampling, Trace};
pub use traces::{Receiver, Served, Traces, TracesError};

/// Sends logs to standard output, and panics to the log. `main` calls it once. Dropping the guard writes the last
/// lines.
pub fn init_logs(json: bool, level: &str) -> io::Result<LogGuard> {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let registry = tracing_subscriber::registry().with(filter).with(no_requests::NoRequests);
    let lines = lines::Lines::start(queue::Queue::start(io::stdout(), &DROPPED, queue::tell_of_dropped)?);
    let installed = if json {
        registry.with(json_lines::JsonLines::new(lines.clone())).try_init()
    } else {
        registry.with(text_lines::layer(lines.clone(), io::stdout().is_terminal())).try_init()
    };
    if installed.is_err() {
        tracing::debug!("logs were set up before");
    }
    panics::log_them();
    Ok(LogGuard(lines))
}

/// Sends this thread's lines to `out` as JSON, until both guards are dropped.
#[cfg(test)]
pub fn log_of_this_thread(
    out: impl io::Write + Send + 'static,
) -> (tracing::subscriber::DefaultGuard, LogGuard) {
    let lines =
        lines::Lines::start(queue::Queue::start(out, &DROPPED, queue::tell_of_dropped).expect("a thread"));
    let json = tracing_subscriber::registry().with(json_lines::JsonLines::new(lines.clone()));
    (json.set_default(), LogGuard(lines))
}

/// A log that a test reads.
#[cfg(test)]
#[derive(Clone, Default)]
pub struct KeptLog(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

#[cfg(test)]
impl KeptLog {
    /// What is in it so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("not poisoned").clone()).expect("text")
    }
}

#[cfg(test)]
impl io::Write for KeptLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("not poisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
