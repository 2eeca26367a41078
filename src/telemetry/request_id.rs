//! Which request a log line is about.
//!
//! Owns: the id in every line that is logged while a request is served. A thread has it only while it runs the
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

thread_local! {
    static CURRENT: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Runs `serving`; every line it logs has this id.
pub async fn in_request<F: Future>(id: Arc<str>, serving: F) -> F::Output {
    let (mut serving, mut id) = (pin!(serving), Some(id));
    std::future::poll_fn(|context| {
        let before = CURRENT.replace(id.take());
        let _turn = Turn { before, id: &mut id };
        serving.as_mut().poll(context)
    })
    .await
}

/// Calls `then`; every line it logs has this id.
pub fn in_request_now<T>(id: Arc<str>, then: impl FnOnce() -> T) -> T {
    let mut id = Some(id);
    let before = CURRENT.replace(id.take());
    let _turn = Turn { before, id: &mut id };
    then()
}

/// Exists while the request's future runs. Restores the id before it, even after a panic.
struct Turn<'a> {
    before: Option<Arc<str>>,
    id: &'a mut Option<Arc<str>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.id = CURRENT.replace(self.before.take());
    }
}

/// Calls `then` with the id of the request that this thread is serving.
pub(super) fn with_current<T>(then: impl FnOnce(Option<&str>) -> T) -> T {
    CURRENT.with_borrow(|current| then(current.as_deref()))
}

/// Puts the request's id behind the time of each line, so that lines can be sorted.
pub(super) struct TimeAndRequest<T>(pub T);

impl<T: FormatTime> FormatTime for TimeAndRequest<T> {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        self.0.format_time(writer)?;
        with_current(|id| id.map_or(Ok(()), |id| write!(writer, " {id}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> Option<String> {
        with_current(|id| id.map(str::to_owned))
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
            in_request("req_a".into(), request("req_a")),
            in_request("req_b".into(), request("req_b"))
        );
        assert_eq!(current(), None);
    }

    #[tokio::test]
    async fn a_panic_leaves_no_id_behind() {
        use futures_util::FutureExt;
        let request = in_request("req_a".into(), async { panic!("a defect") });
        assert!(std::panic::AssertUnwindSafe(request).catch_unwind().await.is_err());
        assert_eq!(current(), None);
    }
}
