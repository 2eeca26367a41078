//! What the store's promises cost: the figures of docs/internals/reliability.md. Nothing is asserted, so it runs on demand:
//! `cargo test --test store_costs -- --ignored --nocapture --test-threads=1`.

#![allow(clippy::print_stdout)] // Figures are all that it makes.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::redis_server::RedisServer;
use support::store::{attempt, new_session, readme_session, store_with};
use vestibule::domain::ports::{ExchangeAttempt, SessionStore};

const CALLS: usize = 640;
const ROUNDS: usize = 5;
const EXAMPLES: u64 = 20_000;

async fn pending(store: &dyn SessionStore, users: &str) -> Vec<ExchangeAttempt> {
    let mut attempts = Vec::new();
    for at in 0..CALLS {
        let new = new_session(&format!("{users} {at}"));
        store.create(&new).await.expect("the store creates");
        attempts.push(attempt(&new));
    }
    attempts
}

/// Microseconds for each call: by the clock, one after the other, and of the server's processor.
async fn exchanges(
    redis: &RedisServer,
    store: &dyn SessionStore,
    attempts: &[ExchangeAttempt],
) -> (f64, f64) {
    let (started_at, cpu_before) = (Instant::now(), cpu_seconds(redis));
    for attempt in attempts {
        store.exchange(attempt).await.expect("the store exchanges");
    }
    let took = started_at.elapsed();
    (per_call(took), per_call(Duration::from_secs_f64(cpu_seconds(redis) - cpu_before)))
}

fn per_call(took: Duration) -> f64 {
    took.as_secs_f64() * 1e6 / CALLS as f64
}

fn cpu_seconds(redis: &RedisServer) -> f64 {
    let field = |name| redis.info("cpu", name).and_then(|text| text.parse::<f64>().ok()).expect("a time");
    field("used_cpu_user") + field("used_cpu_sys")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::test]
#[ignore = "a measurement"]
async fn what_the_fence_costs_in_an_exchange() {
    let redis = RedisServer::start();
    let _replica = RedisServer::start_replica_of(&redis, &[]);
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (fence, times) in [(true, &mut on), (false, &mut off)] {
            let store = store_with(&redis.url(), &format!("fence_failover = {fence}"));
            let attempts = pending(store.as_ref(), &format!("{round} {fence}")).await;
            times.push(exchanges(&redis, store.as_ref(), &attempts).await);
        }
    }
    let of = |times: &[(f64, f64)]| {
        (
            median(times.iter().map(|(wall, _)| *wall).collect()),
            median(times.iter().map(|(_, cpu)| *cpu).collect()),
        )
    };
    let ((wall_on, cpu_on), (wall_off, cpu_off)) = (of(&on), of(&off));
    println!("exchange with the fence:    {wall_on:.1} us by the clock, {cpu_on:.1} us of Redis's processor");
    println!(
        "exchange without the fence: {wall_off:.1} us by the clock, {cpu_off:.1} us of Redis's processor"
    );
    println!("ratio: {:.2} by the clock, {:.2} of Redis's processor", wall_on / wall_off, cpu_on / cpu_off);
}

/// The figures of docs/internals/performance.md: creations, exchanges and the bytes of what they leave.
#[tokio::test]
#[ignore = "a measurement"]
async fn what_a_history_costs() {
    for days in [0, 7] {
        let redis = RedisServer::start();
        let store = store_with(&redis.url(), &format!("[history]\ndays = {days}"));
        let (mut creations, mut exchanged, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let cpu_before = cpu_seconds(&redis);
            let attempts = pending(store.as_ref(), &format!("{round}")).await;
            creations.push(per_call(Duration::from_secs_f64(cpu_seconds(&redis) - cpu_before)));
            exchanged.push(exchanges(&redis, store.as_ref(), &attempts).await.1);
        }
        for round in 0..ROUNDS {
            let again: Vec<_> = pending(store.as_ref(), &format!("again {round}")).await;
            exchanges(&redis, store.as_ref(), &again).await;
            let token = new_session("another").ticket;
            let late: Vec<_> =
                again.into_iter().map(|attempt| ExchangeAttempt { token, ..attempt }).collect();
            refused.push(exchanges(&redis, store.as_ref(), &late).await.1);
        }
        println!(
            "{days} days: creation {:.1} us, exchange {:.1} us, refusal of a used one {:.1} us of Redis's processor; {bytes} bytes a session",
            median(creations),
            median(exchanged),
            median(refused),
            bytes = bytes_of_a_session(&redis, store.as_ref()).await
        );
    }
}

/// Of the README's example, its index and its history included: what a server's memory grows by.
async fn bytes_of_a_session(redis: &RedisServer, store: &dyn SessionStore) -> u64 {
    redis.command(&["FLUSHALL"]);
    let before = memory_bytes(redis);
    for user in 0..EXAMPLES {
        let new = readme_session(&format!("user_{user}"));
        store.create(&new).await.expect("the store creates");
        let attempt = ExchangeAttempt { user_agent: None, ..attempt(&new) };
        store.exchange(&attempt).await.expect("the store exchanges");
    }
    (memory_bytes(redis) - before) / EXAMPLES
}

fn memory_bytes(redis: &RedisServer) -> u64 {
    redis.info("memory", "used_memory").and_then(|text| text.parse().ok()).expect("a number")
}

#[tokio::test]
#[ignore = "a measurement"]
async fn what_waiting_costs() {
    let primaries = [0, 1, 2].map(|count| {
        let primary = RedisServer::start();
        let replicas: Vec<_> = (0..count).map(|_| RedisServer::start_replica_of(&primary, &[])).collect();
        let store = store_with(&primary.url(), &format!("wait_replicas = {count}\ntimeout_ms = 5000"));
        (primary, replicas, store)
    });
    let mut times_us = [(); 3].map(|()| [(); 3].map(|()| Vec::new()));
    for round in 0..ROUNDS {
        for ((redis, _, store), times_us) in primaries.iter().zip(&mut times_us) {
            let attempts = pending(store.as_ref(), &format!("{round}")).await;
            times_us[0].push(exchanges(redis, store.as_ref(), &attempts).await.0);
            let started_at = Instant::now();
            for attempt in &attempts {
                store.revoke_all(attempt.tag, None).await.expect("the store revokes");
            }
            times_us[1].push(per_call(started_at.elapsed()));
            let attempts = pending(store.as_ref(), &format!("concurrent {round}")).await;
            times_us[2].push(side_by_side(store, attempts).await);
        }
    }
    for (count, times_us) in times_us.into_iter().enumerate() {
        let [exchange, revocation, concurrent] = times_us.map(median);
        println!(
            "{count} replicas: exchange {exchange:.0} us, 32 side by side {concurrent:.0} us each, revocation {revocation:.0} us"
        );
    }
}

/// Of one worker with 32 requests in flight.
async fn side_by_side(store: &Arc<dyn SessionStore>, attempts: Vec<ExchangeAttempt>) -> f64 {
    let started_at = Instant::now();
    let shares: Vec<Vec<ExchangeAttempt>> = attempts.chunks(CALLS / 32).map(<[_]>::to_vec).collect();
    let tasks: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let store = store.clone();
            tokio::spawn(async move {
                for attempt in share {
                    store.exchange(&attempt).await.expect("the store exchanges");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    per_call(started_at.elapsed())
}
