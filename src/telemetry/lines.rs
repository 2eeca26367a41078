//! The lines of each thread, handed over together once a turn of its event loop.
//!
//! Owns: when lines are handed over. What a thread logs in one turn of its event loop goes at the end of that turn,
//! microseconds later. Warnings, errors, and the lines of a thread without an event loop go at once. So no line waits
//! for a timer, and threads meet at the queue once a turn, not once a line.
//! Must not know: what is in a line, or who writes it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thread_local::ThreadLocal;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::dropped::Kind;
use super::queue::{Batch, Queue};

/// A turn that logs more than this hands its lines over before it ends.
const MOST_BYTES: usize = 64 * 1024;
/// How long the end of the process waits for a reader of the last lines.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The lines of every thread that are not handed over yet.
pub struct Lines {
    pending: ThreadLocal<Mutex<Batch>>,
    queue: Arc<Queue>,
}

impl Lines {
    /// `queue` writes them.
    pub fn start(queue: Arc<Queue>) -> Arc<Self> {
        Arc::new(Lines { pending: ThreadLocal::new(), queue })
    }

    /// Takes a line, which ends in a line feed, or drops it if there is no room.
    pub fn add(self: &Arc<Self>, line: &[u8], kind: Kind) {
        let mut pending = self.pending.get_or_default().lock().unwrap_or_else(PoisonError::into_inner);
        if !self.queue.has_room(kind, pending.len() + line.len()) {
            return;
        }
        let is_first = pending.is_empty();
        pending.push(line, kind);
        let is_urgent = kind == Kind::Warning || pending.len() > MOST_BYTES;
        if is_urgent || (is_first && !self.hand_over_after_this_turn()) {
            self.queue.take_over(&mut pending);
        }
    }

    /// Returns false if this thread has no event loop of its own that could do it.
    fn hand_over_after_this_turn(self: &Arc<Self>) -> bool {
        let Ok(runtime) = Handle::try_current() else {
            return false;
        };
        let is_of_this_thread = runtime.runtime_flavor() == RuntimeFlavor::CurrentThread;
        if is_of_this_thread {
            let lines = self.clone();
            // Runs after everything else that is ready in this turn.
            runtime.spawn(async move {
                if let Some(pending) = lines.pending.get() {
                    lines.hand_over(pending);
                }
            });
        }
        is_of_this_thread
    }

    fn hand_over(&self, pending: &Mutex<Batch>) {
        self.queue.take_over(&mut pending.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Writes the lines that are left when the process ends.
#[must_use = "the last lines are written when it is dropped"]
pub struct LogGuard(pub(super) Arc<Lines>);

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.0.pending.iter().for_each(|pending| self.0.hand_over(pending));
        self.0.queue.close(LAST_LINES);
    }
}
