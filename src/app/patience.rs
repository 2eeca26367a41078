//! Tells that the files of the configuration do not answer, as on a network disk whose server is gone.
//!
//! Owns: from when on that is told: once in the log, and in a metric for as long as it lasts. Until then nobody would know that
//! no change is noticed any more.
//! Must not know: what is read, or why.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::telemetry::Metrics;

/// A disk that has slept, or a server that is started again, is back by then.
const LIMIT: Duration = Duration::from_secs(30);

/// Of those who read.
pub struct Patience {
    metrics: Arc<Metrics>,
    is_over: AtomicBool,
}

impl Patience {
    /// They answer until something else is known.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Patience { metrics, is_over: AtomicBool::new(false) }
    }

    /// Waits for what is read, however long it takes.
    pub async fn wait_for<T>(&self, reading: impl Future<Output = T>) -> T {
        let mut reading = pin!(reading);
        let read = match tokio::time::timeout(LIMIT, &mut reading).await {
            Ok(read) => read,
            Err(_) => {
                self.tell(true);
                reading.await
            }
        };
        self.tell(false);
        read
    }

    fn tell(&self, is_over: bool) {
        if self.is_over.swap(is_over, Ordering::Relaxed) == is_over {
            return;
        }
        self.metrics.configuration.files_answer(!is_over);
        if is_over {
            let seconds = LIMIT.as_secs();
            tracing::warn!(
                seconds,
                "the files of the configuration do not answer: no change of them is noticed until they do"
            );
        } else {
            tracing::info!("the files of the configuration answer again");
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    fn stalled(metrics: &Metrics) -> bool {
        let text = metrics.render().expect("they are written");
        text.contains("vestibule_config_files_stalled 1\n")
    }

    /// Time passes by itself here.
    #[tokio::test(start_paused = true)]
    async fn what_does_not_answer_is_told_until_it_does() {
        let metrics = Arc::new(Metrics::new().expect("metrics"));
        let patience = Patience::new(metrics.clone());
        assert_eq!(patience.wait_for(async { 1 }).await, 1);
        assert!(!stalled(&metrics));
        let (answer, reading) = oneshot::channel();
        let reader = async { patience.wait_for(reading).await };
        let disk = async {
            tokio::time::sleep(LIMIT - Duration::from_millis(1)).await;
            assert!(!stalled(&metrics), "it may only be slow");
            tokio::time::sleep(Duration::from_millis(2)).await;
            assert!(stalled(&metrics));
            answer.send(2).expect("somebody waits");
        };
        let (read, ()) = tokio::join!(reader, disk);
        assert_eq!(read, Ok(2));
        assert!(!stalled(&metrics));
    }

    /// A signal asks for another reading, and the first one is not waited for any more.
    #[tokio::test(start_paused = true)]
    async fn another_reading_that_answers_ends_it() {
        let metrics = Arc::new(Metrics::new().expect("metrics"));
        let patience = Patience::new(metrics.clone());
        let never = patience.wait_for(std::future::pending::<()>());
        assert!(tokio::time::timeout(LIMIT * 2, never).await.is_err());
        assert!(stalled(&metrics));
        patience.wait_for(async {}).await;
        assert!(!stalled(&metrics));
    }
}
