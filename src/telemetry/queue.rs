//! Between the threads that log and standard output: a bounded queue, and a thread that writes what is in it.
//!
//! Owns: that a thread that logs never waits for the reader of the log. A reader that is slow or has stopped costs log
//! lines, not answers. Dropped lines are counted, and one line reports them when writing goes on.
//! Must not know: what is in a line, or when a thread hands its lines over. (Why not `tracing-appender`:
//! docs/internals/dependencies.md.)

use std::io::{self, Write};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::dropped::{Counts, Dropped, Kind};

/// Written with one call. After each, this much room is free again.
const PIECE_BYTES: usize = 64 * 1024;
/// Above what other lines leave of the queue when nobody can keep up with them, and well below the end of the room for
/// warnings, of which the line that tells of dropped ones is one.
const MOST_QUEUED_TO_TELL: usize = 5 << 20;
/// A buffer that has grown beyond this is shrunk once it is written.
const KEPT_BYTES: usize = 1 << 20;

/// Whole lines that belong together.
#[derive(Default)]
pub struct Batch {
    bytes: Vec<u8>,
    lines: Counts,
}

impl Batch {
    /// Adds a line, which ends in a line feed.
    pub fn push(&mut self, line: &[u8], kind: Kind) {
        self.bytes.extend_from_slice(line);
        self.lines.add(kind, 1);
    }

    /// The size of all its lines in bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no lines in it.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.lines = Counts::default();
    }
}

/// Lines on their way to standard output.
pub struct Queue {
    /// Handed over and not written yet. It is read for every line, so it is kept outside the lock.
    queued_bytes: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
    dropped: &'static Dropped,
}

#[derive(Default)]
struct State {
    waiting: Batch,
    /// Waking a thread that is awake would be a system call for nothing.
    writer_sleeps: bool,
    is_closed: bool,
    writer_has_ended: bool,
}

impl Queue {
    /// Starts the thread that writes to `out`, which may block at any time. It calls `tell` with the numbers of what was
    /// dropped since it did last.
    pub fn start(
        out: impl Write + Send + 'static,
        dropped: &'static Dropped,
        tell: impl Fn(Counts) + Send + 'static,
    ) -> io::Result<Arc<Self>> {
        let queue = Arc::new(Queue {
            queued_bytes: AtomicUsize::new(0),
            state: Mutex::default(),
            changed: Condvar::new(),
            dropped,
        });
        let writer = queue.clone();
        std::thread::Builder::new().name("log".into()).spawn(move || writer.write_all(out, tell))?;
        Ok(queue)
    }

    /// Whether a line may be added to a batch that would then have `batch_bytes`. If not, it is counted as dropped.
    pub fn has_room(&self, kind: Kind, batch_bytes: usize) -> bool {
        let has_room = self.queued_bytes.load(Ordering::Relaxed) + batch_bytes <= kind.most_queued_bytes();
        if !has_room {
            self.dropped.add(kind, 1);
        }
        has_room
    }

    /// Takes all lines out of a batch. There was room for each of them.
    pub fn take_over(&self, batch: &mut Batch) {
        if batch.is_empty() {
            return;
        }
        self.queued_bytes.fetch_add(batch.len(), Ordering::Relaxed);
        let mut state = self.lock();
        state.waiting.bytes.extend_from_slice(&batch.bytes);
        state.waiting.lines.add_all(batch.lines);
        let wake = mem::take(&mut state.writer_sleeps);
        drop(state);
        batch.clear();
        if wake {
            self.changed.notify_all();
        }
    }

    /// Waits until the thread has written what is left, but no longer than `limit`.
    pub fn close(&self, limit: Duration) {
        let mut state = self.lock();
        state.is_closed = true;
        self.changed.notify_all();
        // If the time is up, nothing more can be done.
        let _ = self.changed.wait_timeout_while(state, limit, |state| !state.writer_has_ended);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next lines; `None` after the last.
    fn next(&self, mut written: Batch) -> Option<Batch> {
        written.clear();
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.is_closed {
                state.writer_has_ended = true;
                self.changed.notify_all();
                return None;
            }
            state.writer_sleeps = true;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.writer_sleeps = false;
        Some(mem::replace(&mut state.waiting, written))
    }

    fn write_all(&self, mut out: impl Write, tell: impl Fn(Counts)) {
        let (mut batch, mut told) = (Batch::default(), Counts::default());
        while let Some(next) = self.next(batch) {
            batch = next;
            match self.write(&mut out, &batch.bytes) {
                // Where there is hardly room, what tells of it might be dropped as well. Then a later time has its numbers.
                Ok(()) if self.queued_bytes.load(Ordering::Relaxed) <= MOST_QUEUED_TO_TELL => {
                    let dropped = self.dropped.counts();
                    if dropped != told {
                        tell(dropped.since(told));
                        told = dropped;
                    }
                }
                Ok(()) => {}
                // The disk is full, or the reader is gone.
                Err(_) => self.dropped.add_all(batch.lines),
            }
        }
    }

    fn write(&self, out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
        let mut result = Ok(());
        for piece in bytes.chunks(PIECE_BYTES) {
            result = result.and_then(|()| out.write_all(piece));
            self.queued_bytes.fetch_sub(piece.len(), Ordering::Relaxed);
        }
        result.and_then(|()| out.flush())
    }
}

/// Tells it by a line.
pub fn tell_of_dropped(lines: Counts) {
    tracing::warn!(
        audit = lines.of(Kind::Audit),
        warning = lines.of(Kind::Warning),
        other = lines.of(Kind::Other),
        "log lines were dropped: standard output was not read, or could not be written"
    );
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
