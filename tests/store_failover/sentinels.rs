//! A gateway follows its sentinels.

use std::time::{Duration, Instant};

use vestibule::domain::ports::{Readiness, SessionStore};

use super::load::Load;
use crate::support::redis_server::RedisServer;
use crate::support::sentinel_set::SentinelSet;
use crate::support::store::{active, redis_store, refusal_of};

pub async fn recovers(store: &dyn SessionStore) {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let ready = store.ready().await;
        if matches!(ready, Ok(Readiness::Serves)) {
            return;
        }
        assert!(Instant::now() < deadline, "{ready:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_failover_under_load_no_ticket_opens_two_sessions() {
    let set = SentinelSet::start();
    let stores: Vec<_> = (0..3).map(|_| redis_store(&set.url(), true)).collect();
    let load = Load::start(&stores, &["a", "b", "c", "d"]);
    let port = set.primary().port();
    load.wait_for_more(20).await;
    set.primary().kill();
    tokio::task::block_in_place(|| set.wait_for_another_primary_than(port));
    for store in &stores {
        recovers(store.as_ref()).await;
    }
    load.wait_for_more(20).await;
    load.stop().await;
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
