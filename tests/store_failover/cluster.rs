//! A cluster whose nodes die and whose slots move.

use std::time::{Duration, Instant};

use vestibule::domain::credential::Digest;
use vestibule::domain::error::Refusal;
use vestibule::domain::ports::{Exchange, Lookup, Removal, SessionStore, StoreError};
use vestibule::domain::user_tag::UserTag;

use super::load::Load;
use super::sentinels::recovers;
use crate::support::redis_cluster::RedisCluster;
use crate::support::store::{active, assert_gone, attempt, new_session, redis_store, refusal_of, tag_of};

pub fn key_of(user: &str) -> String {
    format!("{{{}}}", tag_of(user).as_str())
}

/// Not every node of a cluster knows at once what the first of them has told.
pub async fn answers_again(store: &dyn SessionStore, tag: UserTag, token: &Digest) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while store.find(tag, token, Lookup::Glance).await.is_err() {
        assert!(Instant::now() < deadline, "it does not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_that_dies_or_hangs_is_replaced_and_sessions_live_on() {
    let cluster = RedisCluster::start();
    let store = redis_store(&cluster.url(), true);
    let (session, token) = active(store.as_ref(), "user").await;
    let pending = new_session("user");
    store.create(&pending).await.expect("the store creates");
    let replicated =
        |redis: &mut redis::Connection| redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size >= 3);
    let old = cluster.master_of(&key_of("user"));
    let at = cluster.nodes.iter().position(|node| node.port() == old.port()).expect("a node");
    cluster.nodes[at + 3].wait_until("the replica has it all", replicated);
    old.pause();
    let new = tokio::task::block_in_place(|| cluster.wait_for_another_master_of(&key_of("user"), old.port()));
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
    assert_gone(&store.exchange(&attempt(&pending)).await.expect("an answer"), Refusal::Fenced);
    old.go_on();
    active(store.as_ref(), "user").await;
    // And back, by a sudden end.
    tokio::task::block_in_place(|| {
        old.wait_until("the old master is a replica in step", |redis| {
            let info: String = redis::cmd("INFO").arg("replication").query(redis).unwrap_or_default();
            info.contains("master_link_status:up")
        });
    });
    new.kill();
    tokio::task::block_in_place(|| cluster.wait_for_another_master_of(&key_of("user"), new.port()));
    answers_again(store.as_ref(), session.handle.tag, &token).await;
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
    recovers(store.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_slots_move_under_load_no_ticket_opens_two_sessions() {
    let cluster = RedisCluster::start_with(2, 0, &[]);
    let stores: Vec<_> = (0..3).map(|_| redis_store(&cluster.url(), true)).collect();
    let load = Load::start(&stores, &["a", "b", "c"]);
    let other_of = |port: u16| cluster.nodes.iter().find(|node| node.port() != port).expect("two nodes");
    tokio::task::block_in_place(|| {
        // The slots of the users that the load comes to soon.
        for user in (0..200).flat_map(|at| ["a", "b", "c"].map(|users| format!("{users} {at}"))) {
            let from = cluster.master_of(&key_of(&user));
            let (to, slot) = (other_of(from.port()), cluster.slot_of(&key_of(&user)));
            cluster.begin_to_move(slot, from, to);
            while cluster.move_keys(slot, from, to, 1) > 0 {}
            cluster.end_move(slot, from, to);
        }
    });
    load.stop().await;
}

/// Stops a move after each number of keys: nothing that is acknowledged may miss a key on the other side.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_move_hides_no_session_and_no_revocation() {
    let cluster = RedisCluster::start_with(2, 0, &[]);
    let store = crate::support::store::store_with(&cluster.url(), "timeout_ms = 150");
    let (key, tag) = (key_of("user"), tag_of("user"));
    let slot = cluster.slot_of(&key);
    for moved in 0.. {
        let from = cluster.master_of(&key);
        let to = cluster.nodes.iter().find(|node| node.port() != from.port()).expect("two nodes");
        from.command(&["FLUSHALL"]);
        let mut sessions = Vec::new();
        for _ in 0..3 {
            sessions.push(active(store.as_ref(), "user").await);
        }
        let pending = new_session("user");
        store.create(&pending).await.expect("the store creates");
        cluster.begin_to_move(slot, from, to);
        let left = cluster.move_keys(slot, from, to, moved);

        for (_, token) in &sessions {
            assert_eq!(refusal_of(store.as_ref(), tag, token).await, None, "{moved} keys have moved");
        }
        let listed = store.list(tag, None, 10).await;
        assert!(listed.as_ref().is_ok_and(|listed| listed.len() == 4) || listed.is_err(), "{listed:?}");
        let exchange = store.exchange(&attempt(&pending)).await;
        assert!(matches!(exchange, Err(StoreError::Unavailable(_))), "{exchange:?}");
        let mut acknowledged = Vec::new();
        for (session, token) in &sessions {
            let found = store.find_by_handle(&session.handle).await;
            assert!(matches!(found, Ok(Some(_)) | Err(StoreError::Unavailable(_))), "{found:?}");
            match store.remove(&session.handle, None, Removal::Revoked).await {
                Ok(removed) => {
                    assert!(removed);
                    acknowledged.push(token);
                }
                Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error}"),
            }
        }
        let all = store.revoke_all(tag, None).await;
        let why = all.as_ref().map_err(|part| &part.why);
        assert!(!matches!(why, Err(StoreError::Corrupt(_))), "{all:?}");
        // No key of this user is missing where the call is made.
        if moved == 0 || left == 0 {
            let rest = (sessions.len() + 1 - acknowledged.len()) as u64;
            assert!(
                matches!(all, Ok(ended) if ended == rest),
                "{moved} keys moved, {rest} sessions: {all:?}"
            );
        }

        while cluster.move_keys(slot, from, to, 10) > 0 {}
        cluster.end_move(slot, from, to);
        if all.is_ok() {
            acknowledged = sessions.iter().map(|(_, token)| token).collect();
        }
        for token in &acknowledged {
            assert_eq!(
                refusal_of(store.as_ref(), tag, token).await,
                Some(Refusal::Revoked),
                "{moved} keys moved"
            );
        }
        let exchange = store.exchange(&attempt(&pending)).await.expect("an answer");
        assert!(!matches!(exchange, Exchange::Done(_, _)), "minted by another master: {exchange:?}");
        if left == 0 {
            break;
        }
    }
}
