//! A run: two gateway processes on a store, clients, faults at random from a seed, and the checker's verdict.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::cluster::Cluster;
use crate::sentinels::Sentinels;
use crate::support::gateway::{Gateway, eventually};
use crate::support::history::checker::{RECOVERY_US, Violation, check};
use crate::support::history::load::{Load, Plan, verified};
use crate::support::history::{Event, Fault, History, Outcome};
use crate::topology::{Single, Topology};

/// A history of so long is judged, and the next one begun: memory stays bounded for as long as it goes on.
const ROUND: Duration = Duration::from_secs(60);
const LIMIT: Duration = Duration::from_secs(20);
const GATEWAY_KILLED: &str = "SIGKILL of a gateway";
const GATEWAY_RESTARTED: &str = "SIGTERM of a gateway";
const GATEWAY_RELOADED: &str = "SIGHUP of a gateway";

/// What was seen, for docs/internals/reliability.md.
#[allow(clippy::print_stdout)]
pub fn tell(line: &str) {
    println!("seen: {line}");
}

struct Run<'a> {
    store: &'a dyn Topology,
    gateways: Vec<Gateway>,
    choices: StdRng,
    seed: u64,
    know_direct: Option<usize>,
}

impl<'a> Run<'a> {
    fn start(store: &'a dyn Topology, seed: u64) -> Self {
        let start = || Gateway::start_with(&store.url(), &store.configuration(), None);
        Run {
            store,
            gateways: vec![start(), start()],
            choices: StdRng::seed_from_u64(seed),
            seed,
            know_direct: None,
        }
    }

    /// In the middle of an upgrade: one gateway of this release, and one of the former.
    fn start_mixed(store: &'a dyn Topology, seed: u64) -> Self {
        let this = Gateway::start_with(&store.url(), &store.configuration(), None);
        let former = Gateway::start_former(&store.url(), &store.configuration());
        Run {
            store,
            gateways: vec![this, former],
            choices: StdRng::seed_from_u64(seed),
            seed,
            know_direct: Some(1),
        }
    }

    /// For so long, in rounds; every violation ends it.
    async fn go_on(&mut self, duration: Duration) {
        let began_at = Instant::now();
        let mut round = 0;
        while began_at.elapsed() < duration {
            let left = duration.saturating_sub(began_at.elapsed());
            let history = self.round(round, left.min(ROUND)).await;
            let violations = check(&history);
            self.report(round, &history, &violations);
            assert!(
                violations.is_empty(),
                "HISTORY_SEED={} on {}: {} violations in round {round}, after {:?}; first {:#?}",
                self.seed,
                self.store.name(),
                violations.len(),
                history.faults,
                &violations[..violations.len().min(5)],
            );
            round += 1;
        }
    }

    async fn round(&mut self, round: u64, duration: Duration) -> History {
        let urls = self.gateways.iter().map(|gateway| gateway.url.clone()).collect();
        // Short lives, so that some sessions expire; the long ones must not.
        let plan = Plan {
            seed: self.seed.wrapping_add(round << 32),
            clients: 6,
            pause: Duration::from_millis(10),
            ttls_seconds: [60, 600],
            know_direct: self.know_direct,
            ..Plan::default()
        };
        let load = Load::start(urls, plan);
        let until = Instant::now() + duration;
        let mut faults = Vec::new();
        while Instant::now() < until {
            let before = load.journal.count(verified);
            let calm = self.choices.random_range(10..80);
            eventually("the load goes on", LIMIT, async || load.journal.count(verified) > before + calm)
                .await;
            let names = self.store.faults();
            let names: Vec<_> = names
                .iter()
                .chain([&GATEWAY_KILLED, &GATEWAY_RESTARTED, &GATEWAY_RELOADED])
                .copied()
                .collect();
            let name = *names.choose(&mut self.choices).expect("there are faults");
            let lasting = Duration::from_millis(self.choices.random_range(50..1_500));
            let started_us = load.journal.stopwatch.now_us();
            let (fences, splits) = self.cause(name, lasting).await;
            let ended_us = load.journal.stopwatch.now_us();
            faults.push(Fault { name, started_us, ended_us, fences, splits });
        }
        History { events: load.stop().await, faults }
    }

    /// Whether it fences, and whether it splits.
    async fn cause(&mut self, name: &'static str, lasting: Duration) -> (bool, bool) {
        let at = self.choices.random_range(0..self.gateways.len());
        let gateway = &mut self.gateways[at];
        match name {
            GATEWAY_KILLED => {
                gateway.kill();
                tokio::time::sleep(lasting).await;
                tokio::task::block_in_place(|| gateway.start_again());
            }
            GATEWAY_RESTARTED => tokio::task::block_in_place(|| {
                assert_eq!(gateway.terminate(), Some(0));
                gateway.start_again();
            }),
            GATEWAY_RELOADED => gateway.process().signal("-HUP"),
            _ => {
                self.store.suffer(name, lasting).await;
                return (self.store.fences(name), self.store.splits(name));
            }
        }
        (false, false)
    }

    fn report(&self, round: u64, history: &History, violations: &[Violation]) {
        let count = |fits: &dyn Fn(&Event) -> bool| history.events.iter().filter(|event| fits(event)).count();
        let healed = history.faults.iter().map(|fault| {
            let failed = history.events.iter().filter(|event| {
                event.outcome.has_failed()
                    && event.started_us < fault.ended_us + RECOVERY_US
                    && event.ended_us > fault.ended_us
                    && history.faults.iter().all(|other| {
                        other.started_us <= fault.started_us || event.ended_us < other.started_us
                    })
            });
            let last = failed.map(|event| event.ended_us).max();
            (last.map_or(0, |last| last - fault.ended_us), fault.name)
        });
        let (slowest_us, slowest) = healed.max().unwrap_or((0, "none"));
        let worst = history.events.iter().map(|event| event.ended_us - event.started_us).max();
        tell(&format!(
            "{} seed {} round {round} | {} calls, {} exchanges, {} openings, {} x 503, {} unanswered | {} faults | worst answer {:.0?} \
             | slowest recovery {:.0?} ({slowest}) | {} violations",
            self.store.name(),
            self.seed,
            history.events.len(),
            count(&|event| matches!(event.outcome, Outcome::Exchanged { .. })),
            count(&|event| matches!(event.outcome, Outcome::Opened { .. })),
            count(&|event| event.outcome == Outcome::Outage),
            count(&|event| matches!(event.outcome, Outcome::NotConnected | Outcome::Unanswered)),
            history.faults.len(),
            Duration::from_micros(worst.unwrap_or(0)),
            Duration::from_micros(slowest_us),
            violations.len(),
        ));
    }
}

/// What the environment asks for; a fresh seed where it asks for none.
#[allow(clippy::disallowed_methods)] // A test has no configuration.
fn text_of(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub fn asked(name: &str) -> Option<u64> {
    text_of(name).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}")))
}

fn seed() -> u64 {
    asked("HISTORY_SEED").unwrap_or_else(|| u64::from(rand::rng().random::<u32>()))
}

async fn run_on(topology: &str, duration: Duration, mixed: bool) {
    let seed = seed();
    tell(&format!("{topology}: repeat with HISTORY_SEED={seed}"));
    let store: Box<dyn Topology> = match topology {
        "single" => Box::new(Single::start().await),
        "sentinel" => tokio::task::block_in_place(|| Box::new(Sentinels::start())),
        "cluster" => tokio::task::block_in_place(|| Box::new(Cluster::start(seed))),
        other => panic!("HISTORY_TOPOLOGY is single, sentinel or cluster, not {other}"),
    };
    let start = if mixed { Run::start_mixed } else { Run::start };
    start(&*store, seed).go_on(duration).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_single_redis() {
    run_on("single", Duration::from_secs(45), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_sentinels() {
    run_on("sentinel", Duration::from_secs(30), false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster() {
    run_on("cluster", Duration::from_secs(30), false).await;
}

/// Every answer of either release is judged by the same promises.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_middle_of_an_upgrade() {
    run_on("single", Duration::from_secs(20), true).await;
}

/// By hand; see the top of `tests/history.rs`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "an hour by hand: docs/internals/reliability.md has the command"]
async fn for_long() {
    let duration = Duration::from_secs(asked("HISTORY_SECONDS").unwrap_or(3_600));
    let topology = text_of("HISTORY_TOPOLOGY").unwrap_or_else(|| "single".to_owned());
    run_on(&topology, duration, text_of("HISTORY_MIXED").is_some()).await;
}
