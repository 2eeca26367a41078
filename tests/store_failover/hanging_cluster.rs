//! A cluster of which a node, or all that there is, does not answer: every call has its answer in time, and who needs
//! another node does not notice.

use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::json;
use vestibule::domain::ports::{Lookup, Readiness, StoreError};

use super::cluster::key_of;
use super::sentinels::recovers;
use crate::support::app::TestApp;
use crate::support::redis_cluster::RedisCluster;
use crate::support::store::{active, store_with};

/// Two tries, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_millis(2 * 500 + 1_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_caller_of_a_cluster_that_hangs_is_answered_in_time() {
    let cluster = RedisCluster::start_with(1, 0, &[]);
    let app = TestApp::start_at(&cluster.url(), |config| format!("store.timeout_ms = 500\n{config}")).await;
    let token = app.signed_in(json!({})).await;
    cluster.nodes[0].pause();
    for callers in [60, 200] {
        let calls = (0..callers).map(|_| async {
            let started_at = Instant::now();
            let reply = app.get("/v2/portal.getSession").bearer(&token).send().await;
            (reply.status, started_at.elapsed())
        });
        for (status, took) in futures_util::future::join_all(calls).await {
            assert_eq!(status, 503);
            assert!(took < IN_TIME, "one of {callers} callers was answered after {took:?}");
        }
    }
    cluster.nodes[0].go_on();
    let deadline = Instant::now() + Duration::from_secs(2);
    while app.get("/v2/portal.getSession").bearer(&token).send().await.status != 200 {
        assert!(Instant::now() < deadline, "it does not recover");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_hangs_holds_up_nobody_else() {
    // None takes its place, and the others serve on.
    let cluster = RedisCluster::start_with(3, 0, &["--cluster-require-full-coverage", "no"]);
    let store = store_with(&cluster.url(), "timeout_ms = 500");
    let mut users = Vec::new();
    for at in 0..30 {
        let user = format!("user {at}");
        let (session, token) = active(store.as_ref(), &user).await;
        users.push((cluster.master_of(&key_of(&user)).port(), session.handle.tag, token));
    }
    let dead = &cluster.nodes[0];
    dead.pause();
    let calls = users.into_iter().map(|(port, tag, token)| {
        let (store, is_dead) = (store.clone(), port == dead.port());
        async move {
            for round in 0..20 {
                let started_at = Instant::now();
                let found = store.find(tag, &token, Lookup::Glance).await;
                let took = started_at.elapsed();
                if is_dead {
                    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
                    assert!(took < IN_TIME, "the dead shard's answer took {took:?}");
                    if round == 3 {
                        return;
                    }
                } else {
                    found.expect("a healthy shard answers");
                    assert!(took < Duration::from_millis(300), "a healthy shard's answer took {took:?}");
                    // So that both go on side by side.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    });
    futures_util::future::join_all(calls.map(tokio::spawn)).await.into_iter().for_each(|call| {
        call.expect("no panic");
    });
    dead.go_on();
    recovers(store.as_ref()).await;
}

/// One key that every gateway asks for would be in one slot, and all of them would be taken away with its master.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whichever_master_dies_the_gateways_stay_ready_for_the_users_of_the_others() {
    let cluster = RedisCluster::start_with(2, 0, &["--cluster-require-full-coverage", "no"]);
    let lines = "wait_replicas = 1\ntimeout_ms = 500";
    for dead in &cluster.nodes {
        let older = store_with(&cluster.url(), lines);
        recovers(older.as_ref()).await;
        dead.kill();
        for store in [older, store_with(&cluster.url(), lines)] {
            let ready = store.ready().await;
            assert!(matches!(ready, Ok(Readiness::Serves)), "{ready:?}");
            store.now_ms().await.expect("the others tell the time");
        }
        dead.start_again();
        tokio::task::block_in_place(|| cluster.wait_until_whole());
    }
}

/// In Kubernetes an address that a node has left may be another cluster's next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_has_left_the_cluster_is_not_asked_again() {
    let cluster = RedisCluster::start_with(2, 0, &["--cluster-require-full-coverage", "no"]);
    let (stays, leaves) = (&cluster.nodes[0], &cluster.nodes[1]);
    let seed = format!("redis+cluster://127.0.0.1:{}", stays.port());
    let store = store_with(&seed, "timeout_ms = 500");
    let has_slot_there = |user: &String| cluster.master_of(&key_of(user)).port() == leaves.port();
    let user = (0..).map(|at| format!("user {at}")).find(has_slot_there).expect("a user");
    active(store.as_ref(), &user).await;

    let id = leaves.command(&["CLUSTER", "MYID"]);
    stays.command(&["CLUSTER", "FORGET", &redis::from_redis_value::<String>(id).expect("an id")]);
    let slots: Vec<String> = (8_192..16_384).map(|slot| slot.to_string()).collect();
    let add: Vec<&str> =
        ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(String::as_str)).collect();
    stays.command(&add);
    leaves.kill();
    active(store.as_ref(), &user).await;

    let stranger = tokio::net::TcpListener::bind(("127.0.0.1", leaves.port())).await.expect("a free port");
    stays.kill();
    for _ in 0..3 {
        store.ready().await.expect_err("nobody is left");
    }
    let asked = stranger.accept().now_or_never();
    assert!(asked.is_none(), "a stranger was asked for the cluster's slots");
}
