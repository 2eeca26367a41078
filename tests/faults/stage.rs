//! A gateway under load, its Redis behind a proxy, and what is asked of them while a fault is on and after it.

use std::sync::Arc;
use std::time::Duration;

use crate::support::gateway::{Gateway, eventually};
use crate::support::history::checker::{RECOVERY_US, check};
use crate::support::history::client::{Client, Journal, Manner};
use crate::support::history::load::{Load, Plan, verified};
use crate::support::history::{Event, Fault, History, Name, Outcome};
use crate::support::redis_faults::{FaultyRedis, RedisFault};

/// Of the store; short, so that the tests of outages are too.
const TIMEOUT: Duration = Duration::from_millis(500);
/// What a busy machine may add to two tries of the store.
pub const MARGIN: Duration = Duration::from_millis(900);
/// What a fault may add to the gateway's memory.
const MEMORY_MIB: u64 = 32;
/// For what the test waits for; no promise of the gateway.
pub const LIMIT: Duration = Duration::from_secs(20);
/// So many calls in a row show that every worker thread is well again.
const WELL: usize = 24;

/// What was seen, for docs/internals/reliability.md: `cargo test --test faults -- --nocapture`.
#[allow(clippy::print_stdout)]
pub fn tell(line: &str) {
    println!("seen: {line}");
}

pub fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

pub fn user(name: &str) -> Name {
    name.into()
}

/// Ticket and handle of a fresh session.
pub async fn created(client: &Client, gateway: usize, of: &str) -> (Name, Name) {
    let outcome = client.create(gateway, &user(of)).await;
    let Outcome::Created { ticket, handle, .. } = outcome else { panic!("{outcome:?}") };
    (ticket, handle)
}

/// Its token, by an exchange with this key.
pub async fn exchanged(client: &Client, gateway: usize, ticket: &Name, key: &str) -> Name {
    let outcome = client.exchange(gateway, ticket, Some(&key.into())).await;
    let Outcome::Exchanged { token, .. } = outcome else { panic!("{outcome:?}") };
    token
}

/// Fails with everything that the checker found.
pub fn assert_no_violation(history: &History) {
    let violations = check(history);
    assert!(
        violations.is_empty(),
        "{} violations, first {:#?}",
        violations.len(),
        &violations[..violations.len().min(5)]
    );
}

pub fn worst_answer(events: &[Event]) -> Duration {
    Duration::from_micros(events.iter().map(|event| event.ended_us - event.started_us).max().unwrap_or(0))
}

/// Causes the fault under load and heals it; everything that was promised is asserted.
pub async fn suffers(fault: RedisFault) {
    let redis = FaultyRedis::start(b"unused").await;
    let gateway =
        Gateway::start_with(&redis.url(), &format!("store.timeout_ms = {}", TIMEOUT.as_millis()), None);
    let load = Load::start(vec![gateway.url.clone()], Plan::default());
    let journal = load.journal.clone();
    let client = Client::new(journal.clone());
    let (ticket, _) = created(&client, 0, "owner").await;
    let token = exchanged(&client, 0, &ticket, "the-owner-s-own-key").await;
    let (pending, _) = created(&client, 0, "owner").await;
    eventually("the load runs", LIMIT, async || journal.count(verified) > 200).await;
    let resident_mib = gateway.resident_mib();

    let started_us = journal.stopwatch.now_us();
    let caused = redis.cause(fault);
    assert_owner_is_not_logged_out(&client, &token, fault, started_us).await;
    assert_writes_and_readiness(&client, &gateway, fault).await;
    let during = |event: &Event| event.started_us > started_us;
    eventually("the fault is met", LIMIT, async || {
        let met = |event: &Event| during(event) && (event.outcome.has_failed() || fault.leaves_reads());
        journal.count(met) > 8
    })
    .await;
    caused.heal();
    let healed_us = journal.stopwatch.now_us();

    recovers(&journal, healed_us).await;
    let still = client.verify(0, &token, Manner::GetSession).await;
    assert!(matches!(still, Outcome::Live { .. }), "the session lives on: {still:?}");
    let late = client.exchange(0, &pending, Some(&user("the-owner-s-next-key"))).await;
    assert!(fault.fences() || matches!(late, Outcome::Exchanged { .. }), "a ticket was lost: {late:?}");

    let grown_mib = gateway.resident_mib().saturating_sub(resident_mib);
    let fault_on =
        Fault { name: fault.name(), started_us, ended_us: healed_us, fences: fault.fences(), splits: false };
    let history = History { events: load.stop().await, faults: vec![fault_on] };
    let worst = worst_answer(&history.events);
    let last_failed_us =
        history.events.iter().filter(|event| event.outcome.has_failed()).map(|event| event.ended_us);
    let recovery = Duration::from_micros(last_failed_us.max().unwrap_or(0).saturating_sub(healed_us));
    let failed = history.events.iter().filter(|event| event.outcome.has_failed()).count();
    tell(&format!(
        "{} | {} calls, {failed} of them 503 | worst answer {} | recovery {} | +{grown_mib} MiB",
        fault.name(),
        history.events.len(),
        ms(worst),
        ms(recovery),
    ));
    assert_no_violation(&history);
    assert!(worst < 2 * TIMEOUT + MARGIN, "an answer took {worst:?}");
    assert!(grown_mib < MEMORY_MIB, "{grown_mib} MiB more");
    let unanswered = history
        .events
        .iter()
        .filter(|event| matches!(event.outcome, Outcome::NotConnected | Outcome::Unanswered))
        .count();
    assert_eq!(unanswered, 0, "every call was answered");
}

/// Live or a 503; which one, the fault decides. The client reads a 401, a cleared cookie or a redirect otherwise.
async fn assert_owner_is_not_logged_out(client: &Client, token: &Name, fault: RedisFault, started_us: u64) {
    let ask = |manner| client.verify(0, token, manner);
    let (read, asked, navigated) =
        tokio::join!(ask(Manner::GetSession), ask(Manner::Authorize), ask(Manner::Navigation));
    for outcome in [read, asked, navigated] {
        if fault.leaves_reads() {
            assert!(matches!(outcome, Outcome::Live { .. }), "since {started_us}: {outcome:?}");
        } else {
            assert_eq!(outcome, Outcome::Outage, "since {started_us}");
        }
    }
}

/// A store that takes no writes is a 503 too. The load balancer takes the gateway away only if nobody can be served; the
/// process itself is well.
async fn assert_writes_and_readiness(client: &Client, gateway: &Gateway, fault: RedisFault) {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let health = async |path: &str| {
        let answer = http.get(format!("{}/health/{path}", gateway.url)).send().await;
        answer.expect("the gateway answers").status().as_u16()
    };
    let owner = user("owner");
    let (created, ready, live) = tokio::join!(client.create(0, &owner), health("ready"), health("live"));
    if fault == RedisFault::ScriptsForgotten {
        assert!(matches!(created, Outcome::Created { .. }), "{created:?}");
    } else {
        let expected = if fault.leaves_reads() { 200 } else { 503 };
        assert_eq!((created, ready), (Outcome::Outage, expected));
    }
    assert_eq!(live, 200);
}

/// Until all goes well again, at every worker thread.
async fn recovers(journal: &Arc<Journal>, healed_us: u64) {
    let mut well = 0;
    while well < WELL {
        // A connection each: they go round the worker threads.
        let client = Client::new(journal.clone());
        let outcome = client.create(0, &user("afterwards")).await;
        if let Outcome::Created { ticket, .. } = outcome {
            well += 1;
            let exchange = client.exchange(0, &ticket, Some(&user("a-key-for-afterwards"))).await;
            if matches!(exchange, Outcome::Exchanged { .. }) {
                continue;
            }
        }
        well = 0;
        assert!(journal.stopwatch.now_us() < healed_us + RECOVERY_US, "no recovery within two seconds");
    }
}
