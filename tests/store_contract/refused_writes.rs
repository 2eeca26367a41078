//! Sessions with an idle time-out on a Redis that takes no writes: a use cannot be written down, and whoever is signed in is
//! served all the same.

use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::ports::{Gone, NewDirectSession, StoreError};

use super::support::redis_server::wait_until;
use super::support::store::{new_direct, opened};
use super::*;

const IDLING: SessionPolicy = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };

/// A session with an idle time-out of a minute.
async fn begun(store: &dyn SessionStore) -> NewDirectSession {
    let new = NewDirectSession { policy: IDLING, ..new_direct("user") };
    opened(store.open(&new).await);
    new
}

async fn used(store: &dyn SessionStore, new: &NewDirectSession) -> Result<Found, StoreError> {
    store.find(new.tag, &new.token, Lookup::Use { idles: Some(true) }).await
}

/// For how many seconds the answer says that the session goes on if nobody uses it.
async fn goes_on(store: &dyn SessionStore, new: &NewDirectSession) -> u64 {
    let Ok(Found::Active(session)) = used(store, new).await else { panic!("it is live") };
    let now_ms = store.now_ms().await.expect("an answer");
    session.idle.expect("it has a time-out").expires_at_ms.saturating_sub(now_ms).div_ceil(1_000)
}

async fn gone(store: &dyn SessionStore, new: &NewDirectSession) -> Gone {
    match used(store, new).await.expect("an answer") {
        Found::Gone(gone) => gone,
        Found::Active(session) => panic!("nobody has used it: {session:?}"),
    }
}

fn set(redis: &RedisServer, name: &str, value: &str) {
    redis.command(&["CONFIG", "SET", name, value]);
}

/// A Redis that cannot save, and minds only where it is told to.
fn unable_to_save() -> RedisServer {
    let redis = RedisServer::start();
    set(&redis, "stop-writes-on-bgsave-error", "no");
    set(&redis, "save", "3600 1000000");
    std::fs::create_dir(redis.directory().join("dump.rdb")).expect("a directory in the file's place");
    redis.command(&["BGSAVE"]);
    wait_until("the save has failed", || {
        redis.info("persistence", "rdb_last_bgsave_status").as_deref() == Some("err")
    });
    redis
}

#[tokio::test]
async fn who_is_signed_in_is_served_until_the_session_is_idle() {
    let misconf = ("MISCONF", unable_to_save(), "stop-writes-on-bgsave-error", ["yes", "no"]);
    let noreplicas = ("NOREPLICAS", RedisServer::start(), "min-replicas-to-write", ["1", "0"]);
    for (fault, redis, name, [refuses, serves]) in [misconf, noreplicas] {
        let store = redis_store(&redis.url(), true);
        let new = begun(store.as_ref()).await;
        redis.forward(30 * SECOND);
        set(&redis, name, refuses);
        assert!(store.create(&new_session("user")).await.is_err(), "{fault}: the fault was caused");
        for _ in 0..2 {
            let left = goes_on(store.as_ref(), &new).await;
            assert!((20..=30).contains(&left), "{fault}: no longer than before, and it is told {left}");
        }
        set(&redis, name, serves);
        redis.forward(31 * SECOND);
        set(&redis, name, refuses);
        let untold = gone(store.as_ref(), &new).await;
        assert_eq!((untold.refusal, untold.is_news), (Refusal::Idle, false), "{fault}");
        set(&redis, name, serves);
        let told = gone(store.as_ref(), &new).await;
        assert_eq!((told.refusal, told.is_news), (Refusal::Idle, true), "{fault}: told once it is written");
    }
}

/// The primary of now may have a later use, and a later end.
#[tokio::test]
async fn a_server_that_is_no_primary_any_more_decides_nothing_about_idle_sessions() {
    let redis = RedisServer::start();
    let store = redis_store(&redis.url(), true);
    let (idle, in_use) = (begun(store.as_ref()).await, begun(store.as_ref()).await);
    redis.forward(30 * SECOND);
    assert_eq!(goes_on(store.as_ref(), &in_use).await, 60);
    redis.forward(31 * SECOND);
    redis.command(&["REPLICAOF", "127.0.0.1", "1"]);
    for new in [&idle, &in_use] {
        let found = used(store.as_ref(), new).await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    }
    redis.promote();
    assert_eq!(gone(store.as_ref(), &idle).await.refusal, Refusal::Idle);
    assert_eq!(goes_on(store.as_ref(), &in_use).await, 60);
}

/// It takes the new end of a session, and not the record that tells it.
#[tokio::test]
async fn a_full_server_tells_no_idle_end_that_is_past() {
    let redis = RedisServer::start();
    let store = redis_store(&redis.url(), true);
    let new = begun(store.as_ref()).await;
    redis.forward(50 * SECOND);
    set(&redis, "maxmemory", "1");
    assert_eq!(goes_on(store.as_ref(), &new).await, 60);
    for _ in 0..2 {
        set(&redis, "maxmemory", "0");
        redis.forward(SECOND);
        set(&redis, "maxmemory", "1");
        let left = goes_on(store.as_ref(), &new).await;
        assert!((50..=60).contains(&left), "it is told {left}");
    }
}
