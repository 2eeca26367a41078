//! Which request a log line is about, and which trace.
//!
//! Owns: the ids in every line that is logged while a request is served. A thread has them only while it runs the
//! request's future, because the next future may be another request's. (A span of `tracing` would do the same, but
//! one for each request costs as much as writing its line.)
//! Must not know: where ids come from.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::trace::Trace;

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// The request that a thread is serving.
pub(super) struct Current {
    /// `req_…`
    pub id: Arc<str>,
    /// In a box: most requests have none, and this is moved in every turn.
    pub trace: Option<Box<Trace>>,
}

/// Runs `serving`; every line it logs has this id, and that of the trace.
pub async fn in_request<F: Future>(id: Arc<str>, trace: Option<Box<Trace>>, serving: F) -> F::Output {
    let (mut serving, mut current) = (pin!(serving), Some(Current { id, trace }));
    std::future::poll_fn(|context| {
        let before = CURRENT.replace(current.take());
        let _turn = Turn { before, current: &mut current };
        serving.as_mut().poll(context)
    })
    .await
}

/// Calls `then`; every line it logs has this id.
pub fn in_request_now<T>(id: Arc<str>, then: impl FnOnce() -> T) -> T {
    let mut current = Some(Current { id, trace: None });
    let before = CURRENT.replace(current.take());
    let _turn = Turn { before, current: &mut current };
    then()
}

/// The id of the trace that the request on this thread belongs to.
pub fn trace_id() -> Option<String> {
    with_current(|current| Some(current?.trace.as_ref()?.id().to_string()))
}

/// Exists while the request's future runs. Restores what was there before it, even after a panic.
struct Turn<'a> {
    before: Option<Current>,
    current: &'a mut Option<Current>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.current = CURRENT.replace(self.before.take());
    }
}

/// Calls `then` with the request that this thread is serving.
pub(super) fn with_current<T>(then: impl FnOnce(Option<&Current>) -> T) -> T {
    CURRENT.with_borrow(|current| then(current.as_ref()))
}

/// Puts the ids of the request and of its trace behind the time of each line, so that lines can be sorted.
pub(super) struct TimeAndRequest<T>(pub T);

impl<T: FormatTime> FormatTime for TimeAndRequest<T> {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        self.0.format_time(writer)?;
        with_current(|current| {
            let Some(Current { id, trace }) = current else { return Ok(()) };
            write!(writer, " {id}")?;
            trace.as_ref().map_or(Ok(()), |trace| write!(writer, " {}", trace.id()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> Option<String> {
        with_current(|current| current.map(|current| current.id.to_string()))
    }

    #[tokio::test]
    async fn requests_that_take_turns_on_a_thread_keep_their_own_ids() {
        let request = |id: &'static str| async move {
            for _ in 0..3 {
                assert_eq!(current().as_deref(), Some(id));
                tokio::task::yield_now().await;
            }
        };
        tokio::join!(
            in_request("req_a".into(), None, request("req_a")),
            in_request("req_b".into(), None, request("req_b"))
        );
        assert_eq!(current(), None);
    }

    #[tokio::test]
    async fn a_panic_leaves_no_id_behind() {
        use futures_util::FutureExt;
        let request = in_request("req_a".into(), None, async { panic!("a defect") });
        assert!(std::panic::AssertUnwindSafe(request).catch_unwind().await.is_err());
        assert_eq!(current(), None);
    }
}
