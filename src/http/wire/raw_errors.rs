//! Between the socket and the HTTP codec: gives the codec's own refusals the form of all other errors.
//!
//! Owns: recognising the empty answers of actix-http to what never becomes a request (a malformed or
//! oversized head, one that comes too slowly), and putting a problem in their place.
//! Every answer of the gateway has an `X-Request-Id`; only the codec's own do not.
//! Must not know: how a problem is rendered.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::http::StatusCode;
use memchr::memrchr_iter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The whole answer, head and body, to a request that could not be read.
pub type Answer = Arc<dyn Fn(StatusCode) -> Vec<u8>>;

/// The codec's own answers are shorter.
const MAX_BARE_BYTES: usize = 256;

/// A connection whose bare refusals are replaced.
pub struct RawErrors<S> {
    socket: S,
    answer: Answer,
    /// Hardly a connection ever has one: it takes its room only then.
    replacement: Option<Box<Replacement>>,
}

/// What is written in place of the codec's bytes.
struct Replacement {
    left: Vec<u8>,
    /// How many of the codec's bytes it replaces.
    stands_for: usize,
}

impl<S> RawErrors<S> {
    /// `answer` is called for refusals only.
    pub fn new(socket: S, answer: Answer) -> Self {
        RawErrors { socket, answer, replacement: None }
    }
}

/// A refusal is the last thing that the codec writes. An answer may come before it.
fn split_bare_refusal(bytes: &[u8]) -> (&[u8], Option<StatusCode>) {
    if !bytes.ends_with(b"\r\n\r\n") {
        return (bytes, None);
    }
    let tail = bytes.len().saturating_sub(MAX_BARE_BYTES);
    let mut starts = memrchr_iter(b'H', &bytes[tail..]).map(|at| tail + at);
    let start = starts.find(|&at| bytes[at..].starts_with(b"HTTP/1."));
    let refusal = start.and_then(|at| Some((at, bare_refusal(&bytes[at..])?)));
    refusal.map_or((bytes, None), |(at, status)| (&bytes[..at], Some(status)))
}

/// The status of a refusal that the codec made by itself, if these bytes are one.
fn bare_refusal(bytes: &[u8]) -> Option<StatusCode> {
    let is_error = bytes.len() <= MAX_BARE_BYTES
        && bytes.starts_with(b"HTTP/1.")
        && matches!(bytes.get(9), Some(b'4' | b'5'));
    if !is_error {
        return None;
    }
    let head = std::str::from_utf8(bytes).ok()?.to_ascii_lowercase();
    let is_bare = head.ends_with("\r\n\r\n")
        && head.contains("content-length: 0\r\n")
        && !head.contains("\r\nx-request-id:");
    if is_bare { StatusCode::from_bytes(bytes.get(9..12)?).ok() } else { None }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RawErrors<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.replacement.is_none() {
            match split_bare_refusal(bytes) {
                (b"", Some(status)) => {
                    let (left, stands_for) = ((this.answer)(status), bytes.len());
                    this.replacement = Some(Box::new(Replacement { left, stands_for }));
                }
                // A refusal after an answer is seen again once the answer is written.
                (before, _) => return Pin::new(&mut this.socket).poll_write(cx, before),
            }
        }
        let Some(replacement) = &mut this.replacement else {
            return Poll::Ready(Ok(0));
        };
        while !replacement.left.is_empty() {
            let written = ready!(Pin::new(&mut this.socket).poll_write(cx, &replacement.left))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            replacement.left.drain(..written);
        }
        let stands_for = replacement.stands_for;
        this.replacement = None;
        Poll::Ready(Ok(stands_for))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RawErrors<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_refusals_are_replaced() {
        let table: [(&str, Option<u16>); 6] = [
            (
                "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\ndate: x\r\n\r\n",
                Some(400),
            ),
            ("HTTP/1.0 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", Some(408)),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: req_1\r\n\r\n", None),
            ("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n", None),
            ("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}", None),
            ("{\"HTTP/1.1 400\":\"content-length: 0\"}", None),
        ];
        for (bytes, expected) in table {
            for before in ["", "HTTP/1.1 401 Unauthorized\r\nx-request-id: req_1\r\n\r\n{}"] {
                let written = format!("{before}{bytes}");
                let (first, status) = split_bare_refusal(written.as_bytes());
                let alone = if expected.is_some() { before } else { &written };
                assert_eq!(first, alone.as_bytes(), "{written}");
                assert_eq!(status.map(|status| status.as_u16()), expected, "{written}");
            }
        }
    }
}
