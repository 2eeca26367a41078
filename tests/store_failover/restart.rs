//! A server that comes back with what its disk holds.

use vestibule::domain::error::Refusal;
use vestibule::domain::ports::Exchange;

use crate::support::redis_server::RedisServer;
use crate::support::store::{active, assert_gone, attempt, new_session, redis_store, refusal_of};

const ALWAYS: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

#[tokio::test]
async fn with_an_append_only_file_a_sudden_end_loses_nothing() {
    let redis = RedisServer::start_with(&ALWAYS);
    let store = redis_store(&redis.url(), true);
    let (revoked, revoked_token) = active(store.as_ref(), "revoked").await;
    let (live, live_token) = active(store.as_ref(), "live").await;
    let pending = new_session("pending");
    store.create(&pending).await.expect("the store creates");
    store.revoke_all(revoked.handle.tag, None).await.expect("an answer");
    redis.kill();
    redis.start_again();
    let store = redis_store(&redis.url(), true);
    assert_eq!(refusal_of(store.as_ref(), revoked.handle.tag, &revoked_token).await, Some(Refusal::Revoked));
    assert_eq!(refusal_of(store.as_ref(), live.handle.tag, &live_token).await, None);
    assert_gone(&store.exchange(&attempt(&pending)).await.expect("an answer"), Refusal::Fenced);
}

#[tokio::test]
async fn a_ticket_that_an_old_snapshot_brings_back_is_refused() {
    let redis = RedisServer::start();
    let store = redis_store(&redis.url(), true);
    let new = new_session("user");
    store.create(&new).await.expect("the store creates");
    redis.command(&["SAVE"]);
    let exchange = store.exchange(&attempt(&new)).await.expect("an answer");
    assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
    redis.kill();
    redis.start_again();
    assert!(redis.keys().iter().any(|key| key.contains(":t:")), "the snapshot holds the ticket unspent");
    let store = redis_store(&redis.url(), true);
    assert_gone(&store.exchange(&attempt(&new)).await.expect("an answer"), Refusal::Fenced);
}
