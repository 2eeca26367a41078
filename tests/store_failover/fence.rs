//! A ticket that one server spent must not be spent by another that did not hear of it.

use vestibule::domain::error::Refusal;
use vestibule::domain::ports::{Exchange, NewSession};

use crate::support::redis_server::RedisServer;
use crate::support::store::{active, assert_gone, attempt, new_session, redis_store, refusal_of};

/// A primary, and a replica of it that was promoted while the primary goes on: the two sides of a partition. Both
/// have the pending session.
async fn partitioned(fence: bool) -> (RedisServer, RedisServer, NewSession) {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let new = new_session("user");
    redis_store(&primary.url(), fence).create(&new).await.expect("the store creates");
    replica.wait_until("it has the ticket, the index and the history", |redis| {
        redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size == 3)
    });
    replica.promote();
    (primary, replica, new)
}

#[tokio::test]
async fn a_ticket_spent_where_the_promoted_replica_did_not_hear_of_it_is_refused_there() {
    let (primary, promoted, new) = partitioned(true).await;
    let exchange = redis_store(&primary.url(), true).exchange(&attempt(&new)).await.expect("an answer");
    assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
    let exchange = redis_store(&promoted.url(), true).exchange(&attempt(&new)).await.expect("an answer");
    assert_gone(&exchange, Refusal::Fenced);
}

#[tokio::test]
async fn without_the_fence_it_opens_two_sessions() {
    let (primary, promoted, new) = partitioned(false).await;
    for side in [&primary, &promoted] {
        let exchange = redis_store(&side.url(), false).exchange(&attempt(&new)).await.expect("an answer");
        assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
    }
}

#[tokio::test]
async fn live_sessions_go_on_after_a_promotion() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_replica_of(&primary, &[]);
    let (session, token) = active(redis_store(&primary.url(), true).as_ref(), "user").await;
    replica.wait_until("it has the session, the index and the history", |redis| {
        redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size == 3)
    });
    primary.kill();
    replica.promote();
    assert_eq!(
        refusal_of(redis_store(&replica.url(), true).as_ref(), session.handle.tag, &token).await,
        None
    );
}

#[tokio::test]
async fn a_server_without_info_serves_without_a_fence() {
    let redis = RedisServer::start_with(&["--rename-command", "INFO", ""]);
    let store = redis_store(&redis.url(), true);
    let (session, token) = active(store.as_ref(), "user").await;
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
    assert_eq!(store.revoke_all(session.handle.tag, None).await.expect("an answer"), 1);
}

#[tokio::test]
async fn a_ticket_with_an_epoch_is_refused_where_the_epoch_is_not_told_any_more() {
    let redis = RedisServer::start();
    let store = redis_store(&redis.url(), true);
    let new = new_session("user");
    store.create(&new).await.expect("the store creates");
    redis.command(&["ACL", "SETUSER", "default", "-info"]);
    assert_gone(&store.exchange(&attempt(&new)).await.expect("an answer"), Refusal::Fenced);
}

/// The cost that docs/internals/reliability.md tells of.
#[tokio::test]
async fn the_first_replica_of_a_primary_changes_the_epoch_and_a_second_one_does_not() {
    let primary = RedisServer::start();
    let store = redis_store(&primary.url(), true);
    let before = new_session("before");
    store.create(&before).await.expect("the store creates");
    let _first = RedisServer::start_replica_of(&primary, &[]);
    assert_gone(&store.exchange(&attempt(&before)).await.expect("an answer"), Refusal::Fenced);
    let between = new_session("between");
    store.create(&between).await.expect("the store creates");
    let _second = RedisServer::start_replica_of(&primary, &[]);
    let exchange = store.exchange(&attempt(&between)).await.expect("an answer");
    assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
}
