//! Between the socket and the HTTP codec: no client can hold a connection by sending or reading slowly, or send a
//! line that the codec cannot bear.
//!
//! Owns: the time for each part of a request and its answer, and the length of a line. actix-http limits only the
//! time until a connection's first request has its head, and the idle time after an answer: a later head that stops halfway,
//! or an abandoned body that never ends, would hold its connection for ever.
//! Must not know: HTTP, beyond that an empty line ends a head and that whatever is written is an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use memchr::memchr_iter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::telemetry::Held;

/// A header's name of 64 KiB makes actix-http panic.
const MAX_LINE_BYTES: usize = 64 * 1024 - 1;
// `super::raw_errors` replaces each of these refusals by a problem.
const TIMED_OUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n";
const LINE_TOO_LONG: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n";
/// Asks for the body. It is not the answer yet.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// How long each part may take.
pub struct Patience {
    /// From the first byte of a head to its end.
    pub head: Duration,
    /// From there to the answer. It includes the body, which has a limit of its own, and our work.
    pub answer: Duration,
    /// Until the first byte. Browsers and clients open connections ahead of need.
    pub first: Duration,
    /// From an answer to the next request. It is longer than the codec's own limit, which is more precise.
    pub idle: Duration,
}

/// What the connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Request,
    EndOfHead,
    Answer,
}

/// A connection with a time limit for everything that its client can delay.
pub struct Bounded<S> {
    socket: S,
    patience: &'static Patience,
    awaited: Awaited,
    deadline: Instant,
    /// Fires at the deadline or before it, so that it need not be set anew for every request.
    alarm: Pin<Box<Sleep>>,
    /// The length so far of the line that is being read.
    line_bytes: usize,
    /// Treats the client as gone, whatever it still sends, and does not wait for it to read.
    is_over: bool,
    /// What is left to write of the last word.
    refusal: &'static [u8],
    /// Counts it while it is open.
    _counted: Option<Held>,
}

impl<S> Bounded<S> {
    /// Must be called on a runtime with timers.
    pub fn new(socket: S, patience: &'static Patience) -> Self {
        let deadline = Instant::now() + patience.first;
        Bounded {
            socket,
            patience,
            awaited: Awaited::Request,
            deadline,
            alarm: Box::pin(sleep_until(deadline)),
            line_bytes: 0,
            is_over: false,
            refusal: b"",
            _counted: None,
        }
    }

    /// The same, counted while it is open.
    pub fn counted(self, held: Held) -> Self {
        Bounded { _counted: Some(held), ..self }
    }

    fn wait_for(&mut self, awaited: Awaited) {
        let limit = match awaited {
            Awaited::Request => self.patience.idle,
            Awaited::EndOfHead => self.patience.head,
            Awaited::Answer => self.patience.answer,
        };
        self.awaited = awaited;
        self.deadline = Instant::now() + limit;
    }

    /// Notes that bytes have arrived. The first begin a head, which ends at an empty line. Then comes the body, or a
    /// next request that is sent early; neither gives the client more time. Returns whether every line is short
    /// enough.
    fn received(&mut self, bytes: &[u8]) -> bool {
        if self.awaited == Awaited::Request {
            self.line_bytes = 0;
            // Most requests arrive as a whole, and without a body.
            if bytes.ends_with(b"\r\n\r\n") && bytes.len() <= MAX_LINE_BYTES {
                self.wait_for(Awaited::Answer);
                return true;
            }
            self.wait_for(Awaited::EndOfHead);
        }
        let mut line_starts_at = 0;
        for line_feed_at in memchr_iter(b'\n', bytes) {
            self.line_bytes += line_feed_at - line_starts_at;
            line_starts_at = line_feed_at + 1;
            if self.line_bytes > MAX_LINE_BYTES {
                return false;
            }
            // In a head, only the last line has a single byte, the `\r`.
            if self.line_bytes <= 1 && self.awaited == Awaited::EndOfHead {
                self.wait_for(Awaited::Answer);
            }
            self.line_bytes = 0;
        }
        self.line_bytes += bytes.len() - line_starts_at;
        self.line_bytes <= MAX_LINE_BYTES
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.alarm.deadline() > self.deadline {
                self.alarm.as_mut().reset(self.deadline);
            }
            ready!(self.alarm.as_mut().poll(cx));
            if self.alarm.deadline() == self.deadline {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(self.deadline);
        }
    }

    /// Stops reading. The client is told why, unless it waits for an answer: it would take this for it.
    fn end(&mut self, refusal: &'static [u8]) {
        self.is_over = true;
        if self.awaited == Awaited::EndOfHead {
            self.refusal = refusal;
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Bounded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.is_over {
            let already = into.filled().len();
            if let Poll::Ready(read) = Pin::new(&mut this.socket).poll_read(cx, into) {
                let bytes = into.filled().get(already..).unwrap_or_default();
                if bytes.is_empty() || this.received(bytes) {
                    return Poll::Ready(read);
                }
                into.set_filled(already);
                this.end(LINE_TOO_LONG);
            } else {
                ready!(this.poll_deadline(cx));
                this.end(TIMED_OUT);
            }
        }
        while !this.refusal.is_empty() {
            match Pin::new(&mut this.socket).poll_write(cx, this.refusal) {
                Poll::Ready(Ok(written)) if written > 0 => this.refusal = &this.refusal[written..],
                // Nobody reads it.
                Poll::Ready(_) | Poll::Pending => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bounded<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Poll::Ready(written) = Pin::new(&mut this.socket).poll_write(cx, bytes) {
            if bytes != CONTINUE {
                this.wait_for(Awaited::Request);
            }
            return Poll::Ready(written);
        }
        // The client does not read.
        if !this.is_over {
            ready!(this.poll_deadline(cx));
            this.is_over = true;
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
