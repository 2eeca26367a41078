//! A load that goes on while servers die and slots move: sessions are created, and each is exchanged by three racing
//! attempts, repeated where the store fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use vestibule::domain::ports::{Exchange, SessionStore};

use crate::support::store::{attempt, new_session};

const LIMIT: Duration = Duration::from_secs(20);

pub struct Load {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    is_over: AtomicBool,
    /// Tickets that opened one session, and those that opened more.
    once: AtomicUsize,
    more_than_once: AtomicUsize,
}

impl Load {
    /// The users are `<name> 0`, `<name> 1`, … of every name.
    pub fn start(stores: &[Arc<dyn SessionStore>], names: &[&str]) -> Self {
        let shared = Arc::new(Shared::default());
        let run = |name: &&str| tokio::spawn(run(stores.to_vec(), (*name).to_owned(), shared.clone()));
        let tasks = names.iter().map(run).collect();
        Load { shared, tasks }
    }

    /// Until so many tickets more have opened a session.
    pub async fn wait_for_more(&self, tickets: usize) {
        let (deadline, wanted) = (Instant::now() + LIMIT, self.shared.once.load(Ordering::SeqCst) + tickets);
        while self.shared.once.load(Ordering::SeqCst) < wanted {
            assert!(Instant::now() < deadline, "the load stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends it: no ticket opened two sessions, and many opened one.
    pub async fn stop(self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("no panic");
        }
        assert_eq!(self.shared.more_than_once.load(Ordering::SeqCst), 0);
        assert!(self.shared.once.load(Ordering::SeqCst) > 20);
    }
}

async fn run(stores: Vec<Arc<dyn SessionStore>>, name: String, shared: Arc<Shared>) {
    for number in 0.. {
        if shared.is_over.load(Ordering::SeqCst) {
            return;
        }
        let new = new_session(&format!("{name} {number}"));
        if stores[0].create(&new).await.is_err() {
            continue;
        }
        let races = stores.iter().map(|store| {
            let (store, attempt) = (store.clone(), attempt(&new));
            tokio::spawn(async move {
                for _ in 0..6 {
                    match store.exchange(&attempt).await {
                        Ok(Exchange::Done(_, _)) => return true,
                        Ok(Exchange::Gone(_) | Exchange::NotAdmitted(_) | Exchange::Full(_)) => return false,
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                }
                false
            })
        });
        let mut opened = 0;
        for race in races.collect::<Vec<_>>() {
            opened += usize::from(race.await.expect("no panic"));
        }
        match opened {
            0 => {}
            1 => drop(shared.once.fetch_add(1, Ordering::SeqCst)),
            _ => drop(shared.more_than_once.fetch_add(1, Ordering::SeqCst)),
        }
    }
}
