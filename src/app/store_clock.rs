//! The store's clock, as far as this process knows it: its own clock, put right by what the store last told.
//!
//! Owns: how far the two are apart. All times of sessions are the store's, so what is told of them (how many seconds are
//! left, until when a signed token holds) must not depend on a machine whose clock is wrong.
//! Must not know: what a time is used for.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::ports::{Clock, SessionStore};

/// Before the store has been asked, or while it does not answer, this is the machine's clock as it was last put right.
pub struct StoreClock {
    machine: Arc<dyn Clock>,
    store_is_ahead_ms: AtomicI64,
}

impl StoreClock {
    /// `machine`: the clock to put right.
    pub fn new(machine: Arc<dyn Clock>) -> Self {
        StoreClock { machine, store_is_ahead_ms: AtomicI64::new(0) }
    }

    /// Asks the store for its time. The answer is taken to be of the middle of the call.
    pub async fn follow(&self, store: &dyn SessionStore) {
        let asked_at_ms = self.machine.now_ms();
        let Ok(store_ms) = store.now_ms().await else { return };
        let answered_at_ms = self.machine.now_ms();
        let middle_ms = asked_at_ms.midpoint(answered_at_ms);
        let ahead_ms = i64::try_from(i128::from(store_ms) - i128::from(middle_ms)).unwrap_or(0);
        self.store_is_ahead_ms.store(ahead_ms, Ordering::Relaxed);
    }
}

impl Clock for StoreClock {
    fn now_ms(&self) -> u64 {
        self.machine.now_ms().saturating_add_signed(self.store_is_ahead_ms.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;

    struct At(u64);

    impl Clock for At {
        fn now_ms(&self) -> u64 {
            self.0
        }
    }

    #[tokio::test]
    async fn a_machine_whose_clock_is_wrong_tells_the_stores_time() {
        for (machine_ms, store_ms) in [(1_000, 1_000), (700_000, 100_000), (0, u64::MAX / 4)] {
            let clock = StoreClock::new(Arc::new(At(machine_ms)));
            assert_eq!(clock.now_ms(), machine_ms, "before it has asked");
            clock.follow(&MemoryStore::new(Arc::new(At(store_ms)))).await;
            assert_eq!(clock.now_ms(), store_ms);
        }
    }
}
