//! A gateway follows its sentinels.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule::domain::ports::{Exchange, SessionStore};

use crate::support::redis_server::RedisServer;
use crate::support::sentinel_set::SentinelSet;
use crate::support::store::{active, attempt, new_session, redis_store, refusal_of};

pub async fn recovers(store: &dyn SessionStore) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while let Err(error) = store.ready().await {
        assert!(Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Creates sessions and exchanges each of them by three racing attempts, repeated where the store fails, until it
/// is told to stop: how many were done for each ticket.
pub async fn load(
    stores: Vec<Arc<dyn SessionStore>>,
    users: &str,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Vec<usize> {
    let mut done_of_each = Vec::new();
    while !*stop.borrow() {
        let new = new_session(&format!("{users} {}", done_of_each.len()));
        if stores[0].create(&new).await.is_err() {
            continue;
        }
        let racers: Vec<_> = stores
            .iter()
            .map(|store| {
                let (store, attempt) = (store.clone(), attempt(&new));
                tokio::spawn(async move {
                    for _ in 0..6 {
                        match store.exchange(&attempt).await {
                            Ok(Exchange::Done(_)) => return true,
                            Ok(Exchange::Gone(_) | Exchange::NotAdmitted(_)) => return false,
                            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                        }
                    }
                    false
                })
            })
            .collect();
        let mut done = 0;
        for racer in racers {
            done += usize::from(racer.await.expect("no panic"));
        }
        done_of_each.push(done);
    }
    done_of_each
}

pub fn counted(loads: Vec<Vec<usize>>) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    for done in loads.into_iter().flatten() {
        *counts.entry(done).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_failover_under_load_no_ticket_opens_two_sessions() {
    let set = SentinelSet::start();
    let stores: Vec<_> = (0..3).map(|_| redis_store(&set.url(), true)).collect();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let loads: Vec<_> = ["a", "b", "c", "d"]
        .map(|users| tokio::spawn(load(stores.clone(), users, stopped.clone())))
        .into_iter()
        .collect();
    let port = set.primary().port();
    tokio::time::sleep(Duration::from_millis(300)).await; // Some load before, and some after.
    set.primary().kill();
    tokio::task::block_in_place(|| set.wait_for_another_primary_than(port));
    for store in &stores {
        recovers(store.as_ref()).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.send(true).expect("the load runs");
    let mut results = Vec::new();
    for load in loads {
        results.push(load.await.expect("no panic"));
    }
    let counts = counted(results);
    assert!(counts.keys().all(|done| *done <= 1), "{counts:?}");
    assert!(counts.get(&1).is_some_and(|tickets| *tickets > 20), "{counts:?}");
}

fn has_user(node: &RedisServer, user: &str) -> bool {
    let tag = crate::support::store::tag_of(user);
    node.keys().iter().any(|key| key.contains(tag.as_str()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_leaves_a_primary_that_hung_even_when_it_is_back() {
    let set = SentinelSet::start();
    let store = redis_store(&set.url(), true);
    let (session, token) = active(store.as_ref(), "before").await;
    let old = set.primary();
    // So that the session is on the other side.
    set.nodes[1..].iter().for_each(|node| {
        node.wait_until("it has the session", |redis| {
            redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size >= 2)
        })
    });
    old.pause();
    let new = tokio::task::block_in_place(|| set.wait_for_another_primary_than(old.port()));
    // Nobody asks anything meanwhile: no broken connection and no time-out tells.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    old.go_on();
    active(store.as_ref(), "after").await;
    assert!(has_user(new, "after"), "it is stored on the promoted server");
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_meet_a_hanging_primary_end_on_the_new_one() {
    let set = SentinelSet::start();
    let store = redis_store(&set.url(), true);
    active(store.as_ref(), "before").await;
    let old = set.primary();
    old.pause();
    recovers(store.as_ref()).await;
    assert_ne!(set.primary().port(), old.port());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_outlives_its_sentinels() {
    let set = SentinelSet::start();
    let store = redis_store(&set.url(), true);
    set.sentinels[0].kill();
    active(store.as_ref(), "with two").await;
    set.sentinels[1].pause();
    set.sentinels[2].kill();
    active(store.as_ref(), "with none").await;
    let late = redis_store(&set.url(), true);
    assert!(late.ready().await.is_err(), "a new gateway cannot know the primary");
    set.sentinels[1].go_on();
    recovers(late.as_ref()).await;
}

#[tokio::test]
async fn a_name_that_the_sentinels_do_not_know_is_an_outage() {
    let set = SentinelSet::start_with(0, &[]);
    let store = redis_store(&set.url().replace("/vestibule/", "/other/"), true);
    let error = store.ready().await.expect_err("there is no such primary").to_string();
    assert!(error.contains("No such master"), "{error}");
}
