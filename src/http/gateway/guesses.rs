//! How often one client may be wrong: each client has a budget of guesses, and only wrong ones use it up.
//!
//! Owns: that no number of simultaneous calls gets more than the budget. Each call takes one guess out of it. A right
//! answer puts it back, a wrong one does not, and the budget refills with time.
//! Must not know: what is guessed, or who a client is.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

const MINUTE: Duration = Duration::from_secs(60);
/// How long calls in a burst of right answers wait for one another: longer than for a store that does not answer, but
/// not for ever.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The budgets of all clients.
pub struct Guesses<K> {
    per_minute: NonZeroU32,
    clients: Mutex<HashMap<K, Arc<Budget>>>,
}

struct Budget {
    /// Guesses that are neither used up nor taken.
    left: Arc<Semaphore>,
    spent: Mutex<Spent>,
}

struct Spent {
    guesses: u32,
    /// When the refill of the first used one began.
    since: Instant,
}

/// A guess whose answer is not known yet. Dropping it puts it back.
pub struct Guess {
    budget: Arc<Budget>,
    taken: OwnedSemaphorePermit,
}

impl Guess {
    /// Uses the guess up, because it was wrong.
    pub fn spend(self) {
        let mut spent = self.budget.lock();
        if spent.guesses == 0 {
            spent.since = Instant::now();
        }
        spent.guesses += 1;
        drop(spent);
        self.taken.forget();
    }
}

impl Budget {
    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what time has refilled. Returns how many remain used up, and the time until the next is refilled.
    fn refill(&self, every: Duration) -> (u32, Duration) {
        let mut spent = self.lock();
        if spent.guesses == 0 {
            return (0, Duration::ZERO);
        }
        let due = spent.since.elapsed().as_nanos() / every.as_nanos().max(1);
        let back = u32::try_from(due).unwrap_or(u32::MAX).min(spent.guesses);
        spent.guesses -= back;
        spent.since += every * back;
        // (At most a budget, which fits.)
        self.left.add_permits(usize::try_from(back).unwrap_or(0));
        (spent.guesses, every.saturating_sub(spent.since.elapsed()))
    }
}

impl<K: Eq + Hash + Clone> Guesses<K> {
    /// A whole minute's worth may be used at once. Then it refills evenly.
    pub fn new(per_minute: NonZeroU32) -> Self {
        Guesses { per_minute, clients: Mutex::default() }
    }

    /// Takes a guess. An error is the time until there is one again.
    pub async fn take(&self, client: &K) -> Result<Guess, Duration> {
        let (budget, every) = (self.budget_of(client), MINUTE / self.per_minute.get());
        let (spent, wait) = budget.refill(every);
        if spent >= self.per_minute.get() {
            return Err(wait);
        }
        let left = budget.left.clone();
        // Mostly there is one, and no need of a timer.
        if let Ok(taken) = left.clone().try_acquire_owned() {
            return Ok(Guess { budget, taken });
        }
        // Guesses that others have taken come back soon, unless they are wrong.
        match timeout(MAX_WAIT, left.acquire_owned()).await {
            Ok(Ok(taken)) => Ok(Guess { budget, taken }),
            Ok(Err(_)) | Err(_) => Err(budget.refill(every).1),
        }
    }

    /// Forgets clients whose budget is full again. Calling it now and then bounds the memory.
    pub fn forget_idle(&self) {
        let every = MINUTE / self.per_minute.get();
        let mut clients = self.lock();
        clients.retain(|_, budget| Arc::strong_count(budget) > 1 || budget.refill(every).0 > 0);
        clients.shrink_to_fit();
    }

    fn budget_of(&self, client: &K) -> Arc<Budget> {
        let mut clients = self.lock();
        if let Some(budget) = clients.get(client) {
            return budget.clone();
        }
        let permits = usize::try_from(self.per_minute.get()).unwrap_or(Semaphore::MAX_PERMITS);
        let spent = Mutex::new(Spent { guesses: 0, since: Instant::now() });
        let left = Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)));
        let budget = Arc::new(Budget { left, spent });
        clients.insert(client.clone(), budget.clone());
        budget
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Arc<Budget>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn guesses(per_minute: u32) -> Guesses<u32> {
        Guesses::new(NonZeroU32::new(per_minute).expect("not zero"))
    }

    /// An answer that takes its time.
    async fn ask(guesses: &Guesses<u32>, client: u32, right: bool) -> bool {
        let Ok(guess) = guesses.take(&client).await else {
            return false;
        };
        tokio::time::sleep(Duration::from_millis(10)).await;
        if !right {
            guess.spend();
        }
        true
    }

    #[tokio::test(start_paused = true)]
    async fn right_ones_cost_nothing_however_many_come_at_once() {
        let guesses = guesses(60);
        let answered = join_all((0..2_000).map(|_| ask(&guesses, 1, true))).await;
        assert!(answered.iter().all(|answered| *answered));
        assert_eq!(guesses.budget_of(&1).left.available_permits(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_ones_at_once_get_no_more_than_the_budget() {
        let guesses = guesses(60);
        let answered = join_all((0..2_000).map(|_| ask(&guesses, 1, false))).await;
        let answered = answered.iter().filter(|answered| **answered).count();
        assert!(
            (60..66).contains(&answered),
            "{answered} were answered, with what came back in five seconds"
        );
        let wait = loop {
            match guesses.take(&1).await {
                Ok(guess) => guess.spend(),
                Err(wait) => break wait,
            }
        };
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert!(ask(&guesses, 2, false).await, "another client has its own");
    }

    #[tokio::test(start_paused = true)]
    async fn time_refills_evenly_and_no_higher_than_the_budget() {
        let guesses = guesses(2);
        assert!(ask(&guesses, 1, false).await && ask(&guesses, 1, false).await);
        for (after_seconds, passes) in [(29, false), (2, true), (0, false), (30, true), (0, false)] {
            tokio::time::advance(Duration::from_secs(after_seconds)).await;
            assert_eq!(ask(&guesses, 1, false).await, passes, "{after_seconds} s later");
        }
        tokio::time::advance(Duration::from_secs(600)).await;
        let answered = join_all((0..10).map(|_| ask(&guesses, 1, false))).await;
        assert_eq!(answered.iter().filter(|answered| **answered).count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_guess_that_is_given_up_comes_back() {
        let guesses = guesses(1);
        drop(guesses.take(&1).await.expect("a whole budget"));
        assert!(guesses.take(&1).await.is_ok());
    }

    /// Nothing is used up, so nothing has to be refilled.
    #[tokio::test(start_paused = true)]
    async fn whoever_waits_in_vain_for_what_others_have_taken_may_come_again_at_once() {
        let guesses = guesses(1);
        let taken = guesses.take(&1).await.expect("a whole budget");
        assert_eq!(guesses.take(&1).await.err(), Some(Duration::ZERO));
        drop(taken);
        assert!(guesses.take(&1).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_has_spent_nothing_is_forgotten() {
        let guesses = guesses(60);
        for client in 0..1_000 {
            let guess = guesses.take(&client).await.expect("a whole budget");
            if client < 10 {
                guess.spend();
            }
        }
        guesses.forget_idle();
        assert_eq!(guesses.lock().len(), 10);
        tokio::time::advance(Duration::from_secs(61)).await;
        guesses.forget_idle();
        assert!(guesses.lock().is_empty());
    }
}
