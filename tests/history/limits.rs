//! Many clients of one user race for a few places, at three gateways, with a failover of the store in the middle.
//!
//! `HISTORY_RACERS=1000 cargo test --test history -- --nocapture no_more_sessions_than_the_limit` is the long run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::runs::asked;
use crate::support::app::{config, in_portal};
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::checker::{Promise, Violation, check_under};
use crate::support::history::client::{Client, Journal, Manner};
use crate::support::history::limited::Limit;
use crate::support::history::{Call, Event, Fault, History, Name, Outcome};
use crate::support::sentinel_set::SentinelSet;

const MOST: usize = 5;
/// In CI.
const RACERS: u64 = 30;
/// Of them at the same time.
const AT_ONCE: usize = 12;
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
struct Racer {
    client: Client,
    gateways: usize,
    number: usize,
    refuses: bool,
}

/// What a racer repeats until it is answered and there is room.
#[derive(Clone, Copy)]
enum Ask<'a> {
    Create { user: &'a Name },
    Exchange { ticket: &'a Name, key: &'a Name },
    Open { user: &'a Name, key: &'a Name },
    End { token: &'a Name },
}

impl Racer {
    /// Until it is answered, and has a place; false if its link was refused.
    async fn run(self, user: Name) -> bool {
        let key: Name = format!("the-key-of-racer-{:05}", self.number).into();
        let outcome = if self.number.is_multiple_of(2) {
            let created = self.until_settled(Ask::Create { user: &user }).await;
            let Outcome::Created { ticket, .. } = created else { return false };
            self.until_settled(Ask::Exchange { ticket: &ticket, key: &key }).await
        } else {
            self.until_settled(Ask::Open { user: &user, key: &key }).await
        };
        let (Outcome::Exchanged { token, .. } | Outcome::Opened { token, .. }) = outcome else {
            return false;
        };
        for at in 0..4 {
            let manner = if at % 2 == 0 { Manner::GetSession } else { Manner::Authorize };
            self.client.verify((self.number + at) % self.gateways, &token, manner).await;
        }
        // Where nobody is displaced, somebody has to leave.
        if self.refuses {
            self.until_settled(Ask::End { token: &token }).await;
        }
        true
    }

    async fn until_settled(&self, ask: Ask<'_>) -> Outcome {
        let until = Instant::now() + PATIENCE;
        let mut gateway = self.number % self.gateways;
        loop {
            let outcome = match ask {
                Ask::Create { user } => self.client.create(gateway, user).await,
                Ask::Exchange { ticket, key } => self.client.exchange(gateway, ticket, Some(key)).await,
                Ask::Open { user, key } => self.client.open(gateway, user, key).await,
                Ask::End { token } => self.client.end(gateway, token).await,
            };
            if Instant::now() > until || !(outcome.has_failed() || outcome == Outcome::Full) {
                return outcome;
            }
            gateway = (gateway + 1) % self.gateways;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// How many had a place, and all that happened. `meanwhile`: once a third of them is through.
async fn race(
    gateways: &[Gateway],
    (racers, refuses): (usize, bool),
    meanwhile: impl AsyncFnOnce(&Arc<Journal>) -> Vec<Fault>,
) -> (usize, History) {
    let journal = Journal::new(gateways.iter().map(|gateway| gateway.url.clone()).collect());
    let (places, through) = (Arc::new(Semaphore::new(AT_ONCE)), Arc::new(AtomicUsize::new(0)));
    let user: Name = format!("racer, refuses: {refuses}").into();
    let mut running = JoinSet::new();
    for number in 0..racers {
        let client = Client::new(journal.clone());
        let racer = Racer { client, gateways: gateways.len(), number, refuses };
        let (user, places, through) = (user.clone(), places.clone(), through.clone());
        running.spawn(async move {
            let _place = places.acquire_owned().await.expect("it is open");
            let had_place = racer.run(user).await;
            through.fetch_add(1, Ordering::SeqCst);
            had_place
        });
    }
    eventually("the race is on", PATIENCE, async || through.load(Ordering::SeqCst) > racers / 3).await;
    let faults = meanwhile(&journal).await;
    let mut had_place = 0;
    while let Some(racer) = running.join_next().await {
        had_place += usize::from(racer.expect("no panic"));
    }
    (had_place, History { events: journal.events(), faults })
}

fn gateway(store_url: &str, lines: &str, limit: &str) -> Gateway {
    Gateway::start_by(&format!("{lines}\n{}", in_portal("my-portal", limit)(config(store_url))), None)
}

fn policy(most: usize, refuses: bool) -> String {
    let when_full = if refuses { "refuse" } else { "end_oldest" };
    format!("max_sessions_per_user = {most}\nwhen_full = \"{when_full}\"")
}

fn promises(violations: &[Violation]) -> Vec<Promise> {
    violations.iter().map(|violation| violation.promise).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_sessions_than_the_limit_are_live_at_any_instant() {
    let racers = usize::try_from(asked("HISTORY_RACERS").unwrap_or(RACERS)).expect("a number");
    let set = tokio::task::block_in_place(|| SentinelSet::start_with(2, &[]));
    for refuses in [false, true] {
        let start = || gateway(&set.url(), "store.wait_replicas = 2", &policy(MOST, refuses));
        let gateways = tokio::task::block_in_place(|| [start(), start(), start()]);
        let (had_place, history) = race(&gateways, (racers, refuses), async |journal| {
            let started_us = journal.stopwatch.now_us();
            tokio::task::block_in_place(|| {
                set.fail_over();
                set.wait_until_all_agree();
            });
            let ended_us = journal.stopwatch.now_us();
            vec![Fault { name: "SENTINEL FAILOVER", started_us, ended_us, fences: true, splits: true }]
        })
        .await;
        let violations = check_under(&history, Some(Limit { most: MOST, refuses }));
        let count = |fits: &dyn Fn(&Event) -> bool| history.events.iter().filter(|event| fits(event)).count();
        let full = count(&|event| event.outcome == Outcome::Full);
        crate::runs::tell(&format!(
            "{racers} racers, refuses: {refuses} | {had_place} had a place, {} calls, {full} x 403, {} x 503 | {} violations",
            history.events.len(),
            count(&|event| event.outcome == Outcome::Outage),
            violations.len(),
        ));
        assert!(violations.is_empty(), "{} violations, first {:#?}", violations.len(), violations.first());
        assert_eq!(full > 0, refuses, "the limit was reached");
        // What was on its way when another primary took over is refused: a link by the fence, and what was displaced
        // before its repeat came. The checker has judged each.
        let refused = count(&|event| {
            event.outcome == Outcome::Refused
                && matches!(event.call, Call::Exchange { .. } | Call::Open { .. })
        });
        assert_eq!(had_place + refused, racers, "nobody is left without a place");
    }
}

/// The checker can fail: gateways with another limit than the one that is judged by.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_with_one_place_too_many_or_too_few_is_found_out() {
    for (most, refuses, promise) in [
        (MOST + 1, false, Promise::Limit),
        (MOST + 1, true, Promise::Limit),
        (MOST - 1, true, Promise::NobodyIsLockedOut),
    ] {
        let gateways = tokio::task::block_in_place(|| [gateway("memory:", "", &policy(most, refuses))]);
        let (_, history) = race(&gateways, (60, refuses), async |_| Vec::new()).await;
        let right = check_under(&history, Some(Limit { most, refuses }));
        assert_eq!(promises(&right), [], "{right:#?}");
        let found = promises(&check_under(&history, Some(Limit { most: MOST, refuses })));
        assert!(found.contains(&promise), "{most}, refuses: {refuses}: {found:?}");
    }
}
