//! Connections that break while the server is well: `CLIENT KILL`, a proxy that is reloaded or closes what is idle, a network
//! that was away. They break all at once, also those that are made just then, and nobody may notice that but us.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use vestibule::domain::ports::{Found, Lookup, StoreError};

use super::cluster::key_of;
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;
use crate::support::store::{active, store_with};
use crate::support::swallowing_proxy::SwallowingProxy;

/// In every request: each breaks its connection, also the first one of a connection that is being made.
const ANYTHING: &[u8] = b"*";
const CALLS: usize = 1_000;

#[tokio::test]
async fn a_call_outlives_new_connections_that_break_too_and_all_share_each_of_them() {
    let redis = RedisServer::start();
    let proxy = SwallowingProxy::start(redis.port(), ANYTHING).await;
    let store = store_with(&format!("redis://127.0.0.1:{}", proxy.port), "timeout_ms = 5000");
    let (session, token) = active(store.as_ref(), "user").await;
    for broken in 1..=3 {
        let before = proxy.connections();
        proxy.cut_next(broken);
        let calls = (0..CALLS).map(|_| store.find(session.handle.tag, &token, Lookup::Glance));
        for found in join_all(calls).await {
            assert!(matches!(found, Ok(Found::Active(_))), "{broken} connections broke: {found:?}");
        }
        assert_eq!(proxy.connections() - before, broken, "one for all, and one more for each that broke");
    }
}

#[tokio::test]
async fn a_call_whose_connections_all_break_ends_soon() {
    let redis = RedisServer::start();
    let proxy = SwallowingProxy::start(redis.port(), ANYTHING).await;
    let store = store_with(&format!("redis://127.0.0.1:{}", proxy.port), "timeout_ms = 5000");
    let (session, token) = active(store.as_ref(), "user").await;
    let (before, started_at) = (proxy.connections(), Instant::now());
    proxy.cut_next(usize::MAX);
    let calls = (0..CALLS).map(|_| store.find(session.handle.tag, &token, Lookup::Glance));
    for found in join_all(calls).await {
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    }
    // All wait for the same one, except for those whose pause ends later.
    let made = proxy.connections() - before;
    assert!(made < CALLS / 10, "{made} connections for {CALLS} calls");
    assert!(started_at.elapsed() < Duration::from_secs(5), "well before they would have to");
}

/// Who takes over from a dead master is known to the others alone, and the connections to these are broken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nodes_of_a_cluster_are_asked_on_new_connections_who_has_a_slot_now() {
    let cluster = RedisCluster::start_with(2, 0, &["--cluster-require-full-coverage", "no"]);
    let (stays, leaves) = (&cluster.nodes[0], &cluster.nodes[1]);
    let store = store_with(&cluster.url(), "timeout_ms = 5000");
    let on = |node: &RedisServer| {
        let has_slot = |user: &String| cluster.master_of(&key_of(user)).port() == node.port();
        (0..).map(|at| format!("user {at}")).find(has_slot).expect("a user")
    };
    let (of_one, of_other) = (on(stays), on(leaves));
    // So that there is a connection to each.
    active(store.as_ref(), &of_one).await;
    active(store.as_ref(), &of_other).await;
    let id = leaves.command(&["CLUSTER", "MYID"]);
    stays.command(&["CLUSTER", "FORGET", &redis::from_redis_value::<String>(id).expect("an id")]);
    let slots: Vec<String> = (8_192..16_384).map(|slot| slot.to_string()).collect();
    let add: Vec<&str> =
        ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(String::as_str)).collect();
    stays.command(&add);
    leaves.kill();
    stays.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    active(store.as_ref(), &of_other).await;
}
