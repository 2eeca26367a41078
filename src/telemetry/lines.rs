//! Writes log lines to standard output: whole lines, and many with one system call.
//!
//! Owns: when lines are written. What a thread logs in one turn of its event loop goes out at the end of that
//! turn, microseconds later; a warning, an error, and what a thread without an event loop logs, at once. So a line is
//! never held back for a timer, and a process that is killed loses no more than the turn it is in.
//! Must not know: what is in a line.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use thread_local::ThreadLocal;
use tokio::runtime::{Handle, RuntimeFlavor};

/// A turn that logs more than this writes in between.
const MOST_BYTES: usize = 64 * 1024;

/// The lines of every thread that are not written yet.
#[derive(Default)]
pub struct Lines {
    pending: ThreadLocal<Mutex<Vec<u8>>>,
}

impl Lines {
    /// Takes a line with its line feed. `at_once`: nothing may be lost after it.
    pub fn add(self: &Arc<Self>, line: &[u8], at_once: bool) {
        let mut pending = self.pending.get_or_default().lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = pending.is_empty();
        pending.extend_from_slice(line);
        if at_once || pending.len() > MOST_BYTES || (is_first && !self.write_after_this_turn()) {
            write_out(&mut pending);
        }
    }

    /// Whether this thread has an event loop of its own that will do it.
    fn write_after_this_turn(self: &Arc<Self>) -> bool {
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        let is_of_this_thread = runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
        if is_of_this_thread {
            let lines = self.clone();
            // Queued behind whatever is ready to run in this turn.
            runtime.spawn(async move {
                if let Some(pending) = lines.pending.get() {
                    write_out(&mut pending.lock().unwrap_or_else(PoisonError::into_inner));
                }
            });
        }
        is_of_this_thread
    }

    fn write_all(&self) {
        for pending in self.pending.iter() {
            write_out(&mut pending.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

fn write_out(pending: &mut Vec<u8>) {
    // Nobody can be told that the log cannot be written.
    let _ = std::io::stdout().lock().write_all(pending);
    pending.clear();
}

/// Writes what is left when the process ends.
#[must_use = "the last lines are written when it is dropped"]
pub struct LogGuard(pub(super) Arc<Lines>);

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.0.write_all();
    }
}
