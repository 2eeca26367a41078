//! Work that several callers need at the same time is done once. They share the outcome, including a failure.
//!
//! Owns: that the work goes on if the caller that began it gives up, and that nobody gets an outcome from long ago.
//! Must not know: what the work is.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use redis::RedisResult;

use super::fault::outage;

type Outcome<T> = Shared<BoxFuture<'static, RedisResult<T>>>;

/// At most one run of the same work at a time.
pub struct Flight<T> {
    running: Arc<Mutex<Option<Outcome<T>>>>,
}

impl<T> Default for Flight<T> {
    fn default() -> Self {
        Flight { running: Arc::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Flight<T> {
    /// Joins the current run, or begins one. Callers set their own deadline.
    pub async fn join<W>(&self, work: impl FnOnce() -> W) -> RedisResult<T>
    where
        W: Future<Output = RedisResult<T>> + Send + 'static,
    {
        self.joined(work).await
    }

    fn joined<W>(&self, work: impl FnOnce() -> W) -> Outcome<T>
    where
        W: Future<Output = RedisResult<T>> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = running.as_ref() {
            return outcome.clone();
        }
        let (work, landing) = (work(), Landing(self.running.clone()));
        let task = tokio::spawn(async move {
            let _landing = landing;
            work.await
        });
        let outcome = async { task.await.unwrap_or_else(|_| Err(outage("the work for all broke off"))) };
        running.insert(outcome.boxed().shared()).clone()
    }
}

/// Makes room for the next run, even if the work panics.
struct Landing<T>(Arc<Mutex<Option<Outcome<T>>>>);

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn those_who_wait_share_one_failure_and_the_next_one_begins_anew() {
        let (flight, runs, gate) =
            (Flight::<u8>::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let join = || {
            flight.join(|| {
                let (runs, gate) = (runs.clone(), gate.clone());
                async move {
                    runs.fetch_add(1, Ordering::SeqCst);
                    gate.notified().await;
                    Err(outage("nobody answers"))
                }
            })
        };
        // The first one gives up; the work goes on for the others.
        let first = flight.joined(|| async { Ok(0) });
        assert_eq!(first.await.expect("an outcome"), 0);
        drop(join().now_or_never());
        let both = futures_util::future::join(join(), join());
        gate.notify_one();
        let (one, other) = both.await;
        assert!(one.is_err() && other.is_err());
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        gate.notify_one();
        assert!(join().await.is_err());
        assert_eq!(runs.load(Ordering::SeqCst), 2);
    }
}
