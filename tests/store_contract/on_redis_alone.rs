//! What can only go wrong with a store that is another process.

use std::time::Instant;

use redis::Commands;
use vestibule::domain::explained::Over;
use vestibule::domain::history::{Happening, LooksLike};
use vestibule::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use vestibule::domain::ports::{NewDirectSession, Sought, StoreError};
use vestibule::domain::secret_mark::{Presence, SecretMarks};

use super::support::store::{new_direct, opened, readme_session, store_with};
use super::support::swallowing_proxy::SwallowingProxy;
use super::*;

fn fixture_of(fixture: &mut Fixture) -> &mut RedisServer {
    let Servers::Single(redis) = &mut fixture.servers else { panic!("this fixture has a Redis") };
    redis
}

#[tokio::test]
async fn a_reply_lost_in_an_exchange_locks_nobody_out() {
    let redis = RedisServer::start();
    let proxy = SwallowingProxy::start(redis.port(), b"\r\n ").await;
    let store = redis_store(&format!("redis://127.0.0.1:{}/0", proxy.port), true);
    let new = new_session("user");
    store.create(&new).await.expect("the store creates");
    proxy.swallow_next(1);
    let attempt = attempt(&new);
    let Exchange::Done(session, _) = store.exchange(&attempt).await.expect("the repeat is answered") else {
        panic!("the repeat finds its own success")
    };
    assert_eq!(proxy.swallowed(), 1, "the fault was caused");
    let Found::Active(found) = store.find(new.tag, &attempt.token, Lookup::Glance).await.expect("an answer")
    else {
        panic!("the session is live")
    };
    assert_eq!(found, session);
}

/// Whose reply was lost must learn it from the repeat, or nobody would be told.
#[tokio::test]
async fn a_reply_lost_at_the_limit_still_tells_what_was_displaced() {
    let redis = RedisServer::start();
    let (exchanges, openings) = (
        SwallowingProxy::start(redis.port(), b"\r\n ").await,
        SwallowingProxy::start(redis.port(), b"is_known").await,
    );
    let through = |proxy: &SwallowingProxy| redis_store(&format!("redis://127.0.0.1:{}/0", proxy.port), true);
    let limit = SessionLimit { most: 1, when_full: WhenFull::EndOldest };
    let policy = SessionPolicy { limit: Some(limit), ..SessionPolicy::default() };
    let direct = || NewDirectSession { policy, ..new_direct("user") };
    let store = redis_store(&redis.url(), true);
    let first = opened(store.open(&direct()).await).session.handle;

    openings.swallow_next(1);
    redis.command(&["SCRIPT", "FLUSH"]); // So that the text goes with the call, and the proxy sees which it is.
    let stored = opened(through(&openings).open(&direct()).await);
    assert_eq!(openings.swallowed(), 1, "the fault was caused");
    assert_eq!(stored.went.displaced, [first]);

    let new = NewSession { policy, ..new_session("user") };
    store.create(&new).await.expect("the store creates");
    exchanges.swallow_next(1);
    let exchange = through(&exchanges).exchange(&attempt(&new)).await.expect("the repeat is answered");
    assert_eq!(exchanges.swallowed(), 1, "the fault was caused");
    let Exchange::Done(_, went) = exchange else { panic!("the repeat finds its own success") };
    assert_eq!(went.displaced, [stored.session.handle]);
}

#[tokio::test]
async fn a_reply_lost_in_a_creation_makes_one_session() {
    let redis = RedisServer::start();
    let proxy = SwallowingProxy::start(redis.port(), b"read_key").await;
    let store = redis_store(&format!("redis://127.0.0.1:{}/0", proxy.port), true);
    proxy.swallow_next(1);
    let new = new_session("user");
    let created = store.create(&new).await.expect("the repeat is answered").session;
    assert_eq!(proxy.swallowed(), 1, "the fault was caused");
    assert_eq!(store.list(new.tag, None, 10).await.expect("a list"), [created]);
}

/// A person must be able to log out of a server that has no memory left.
#[tokio::test]
async fn what_is_to_end_ends_though_the_memory_is_full() {
    let redis = RedisServer::start();
    let store = redis_store(&redis.url(), true);
    let [one, other] = [new_direct("user"), new_direct("user")];
    let first = opened(store.open(&one).await).session;
    opened(store.open(&other).await);
    let mut connection = redis::Client::open(redis.url()).and_then(|client| client.get_connection());
    let connection = connection.as_mut().expect("a connection");
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec(connection).expect("it is set");
    assert!(store.create(&new_session("user")).await.is_err(), "the fault was caused");

    let revoked = store.remove(&first.handle, Some(Record::Token(one.token)), Removal::Revoked).await;
    assert!(revoked.expect("it is removed"));
    assert_eq!(store.revoke_all(tag_of("nobody"), None).await.expect("a count"), 0);
    assert_eq!(store.revoke_all(one.tag, None).await.expect("a count"), 1);
    for new in [&one, &other] {
        assert_eq!(refusal_of(store.as_ref(), new.tag, &new.token).await, Some(Refusal::Revoked));
    }
}

#[tokio::test]
async fn a_reply_lost_in_an_opening_makes_one_session() {
    let redis = RedisServer::start();
    let proxy = SwallowingProxy::start(redis.port(), b"read_key").await;
    let store = redis_store(&format!("redis://127.0.0.1:{}/0", proxy.port), true);
    proxy.swallow_next(1);
    let new = new_direct("user");
    let session = opened(store.open(&new).await).session;
    assert_eq!(proxy.swallowed(), 1, "the fault was caused");
    assert_eq!(store.list(new.tag, None, 10).await.expect("a list"), [session]);
    assert_eq!(refusal_of(store.as_ref(), new.tag, &new.token).await, None);
}

#[tokio::test]
async fn an_outage_is_an_error_in_time_and_ends_by_itself() {
    let mut fixture = Fixture::redis();
    let (session, token) = fixture.active("user").await;
    fixture_of(&mut fixture).stop();
    let started_at = Instant::now();
    let result = fixture.store.find(session.handle.tag, &token, Lookup::Glance).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(started_at.elapsed() < 3 * SECOND);
    fixture_of(&mut fixture).start_again();
    // The first call after an outage may still meet the connection that broke.
    let deadline = Instant::now() + 2 * SECOND;
    while fixture.store.ready().await.is_err() {
        assert!(Instant::now() < deadline, "the store recovers within two seconds");
    }
    assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, None, "nobody was logged out");
}

#[tokio::test]
async fn a_redis_that_hangs_is_an_error_in_time() {
    let mut fixture = Fixture::redis();
    let (session, token) = fixture.active("user").await;
    fixture_of(&mut fixture).signal("-STOP");
    let started_at = Instant::now();
    let result = fixture.store.find(session.handle.tag, &token, Lookup::Glance).await;
    fixture_of(&mut fixture).signal("-CONT");
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(started_at.elapsed() < 3 * SECOND, "two tries of a second each");
    assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, None);
}

#[tokio::test]
async fn a_ticket_from_before_a_restart_is_refused_and_sessions_live_on() {
    let mut fixture = Fixture::redis();
    let new = new_session("user");
    fixture.create(&new).await;
    let (session, token) = fixture.active("user").await;
    fixture_of(&mut fixture).stop();
    fixture_of(&mut fixture).start_again();
    let fresh = redis_store(&fixture_of(&mut fixture).url(), true);
    let exchange = fresh.exchange(&attempt(&new)).await.expect("an answer");
    assert_gone(&exchange, Refusal::Fenced);
    assert!(matches!(fresh.find(session.handle.tag, &token, Lookup::Glance).await, Ok(Found::Active(_))));
}

#[tokio::test]
async fn without_the_fence_a_ticket_survives_a_restart() {
    let redis = RedisServer::start();
    let new = new_session("user");
    redis_store(&redis.url(), false).create(&new).await.expect("the store creates");
    redis.stop();
    redis.start_again();
    let exchange = redis_store(&redis.url(), false).exchange(&attempt(&new)).await.expect("an answer");
    assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
}

#[tokio::test]
async fn scripts_that_redis_has_forgotten_are_loaded_again() {
    let mut fixture = Fixture::redis();
    fixture.active("user").await;
    let mut redis = fixture_of(&mut fixture).connect().expect("redis answers");
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut redis).expect("redis forgets");
    fixture.active("user").await;
}

#[tokio::test]
async fn nothing_stays_for_ever() {
    let mut fixture = Fixture::redis();
    fixture.create(&new_session("pending")).await;
    fixture.active("active").await;
    fixture.store.open(&new_direct("direct")).await.expect("the store opens");
    for (user, removal) in
        [("revoked", Removal::Revoked), ("ended", Removal::Ended), ("replaced", Removal::Replaced)]
    {
        let (session, token) = fixture.active(user).await;
        for record in [Some(Record::Token(token)), None] {
            fixture.store.remove(&session.handle, record, removal).await.expect("an answer");
        }
    }
    let (session, _) = fixture.active("revoked with all").await;
    fixture.store.revoke_all(session.handle.tag, None).await.expect("an answer");
    fixture.store.revoke_all(tag_of("nobody"), None).await.expect("an answer");
    let redis = fixture_of(&mut fixture);
    let mut connection = redis.connect().expect("redis answers");
    let keys = redis.keys();
    assert_eq!(keys.len(), 17, "indexes and histories of seven users, records of three: {keys:?}");
    let mut longest_ms = 0;
    for key in keys {
        let left_ms: i64 = connection.pttl(&key).expect("an answer");
        assert!(left_ms > 0 && left_ms <= 8 * 86_400_000, "{key} lives {left_ms} ms");
        longest_ms = longest_ms.max(left_ms);
    }
    assert!(longest_ms > 7 * 86_400_000, "a day of life, and seven of history");
}

/// A gateway that has none of these portals would not revoke what others have begun there since.
#[tokio::test]
async fn portals_that_a_store_has_lost_are_told_again() {
    let mut fixture = Fixture::redis();
    fixture.store.begins_at("acme", "my-portal").await.expect("it is told");
    fixture_of(&mut fixture).command(&["FLUSHALL"]);
    assert!(fixture.store.portals_of("acme").await.expect("a list").is_empty());
    let marks = SecretMarks { present: "mark".into(), previous: Vec::new() };
    fixture.store.agree(&marks, Presence::Serves("gateway")).await.expect("they are compared");
    assert_eq!(fixture.store.portals_of("acme").await.expect("a list"), ["my-portal"]);
}

/// Nobody finds it any more, so nothing else can tell the audit log.
#[tokio::test]
async fn what_a_revocation_has_ended_before_a_later_batch_fails_is_told() {
    let mut fixture = Fixture::redis();
    fixture.create(&new_session("user")).await;
    let oldest: Vec<String> =
        fixture_of(&mut fixture).keys().into_iter().filter(|key| key.contains(":t:")).collect();
    fixture.forward(SECOND);
    for _ in 0..200 {
        fixture.create(&new_session("user")).await;
    }
    let redis = fixture_of(&mut fixture);
    let others: Vec<String> =
        redis.keys().into_iter().filter(|key| !oldest.contains(key)).map(|key| format!("~{key}")).collect();
    let forbid = ["ACL", "SETUSER", "default", "resetkeys"].into_iter();
    redis.command(&forbid.chain(others.iter().map(String::as_str)).collect::<Vec<_>>());
    let part = fixture.store.revoke_all(tag_of("user"), None).await.expect_err("the last one is not touched");
    assert_eq!((part.ended, part.unconfirmed), (200, 0), "{}", part.why);
    fixture_of(&mut fixture).command(&["ACL", "SETUSER", "default", "allkeys"]);
    assert_eq!(fixture.store.revoke_all(tag_of("user"), None).await.expect("a count"), 1);
}

#[tokio::test]
async fn foreign_data_under_our_keys_is_corrupt_never_absent() {
    let mut fixture = Fixture::redis();
    let new = new_session("user");
    fixture.create(&new).await;
    let (session, token) = fixture.active("user").await;
    let redis = fixture_of(&mut fixture);
    let mut connection = redis.connect().expect("redis answers");
    for key in redis.keys() {
        if key.contains(":t:") || key.contains(":b:") {
            let _: () = connection.set(&key, "2 a record of the future").expect("redis writes");
        }
    }
    let exchange = fixture.store.exchange(&attempt(&new)).await;
    assert!(matches!(exchange, Err(StoreError::Corrupt(_))), "{exchange:?}");
    let created = fixture.store.create(&new).await;
    assert!(matches!(created, Err(StoreError::Corrupt(_))), "{created:?}");
    let found = fixture.store.find(session.handle.tag, &token, Lookup::Glance).await;
    assert!(matches!(found, Err(StoreError::Corrupt(_))), "{found:?}");
    let redis = fixture_of(&mut fixture);
    let spent = redis.keys().iter().filter(|key| key.contains(":t:")).count();
    assert_eq!(spent, 1, "an unreadable ticket is not spent");
    for key in redis.keys() {
        let _: () = connection.del(&key).expect("redis deletes");
        let _: () = connection.rpush(&key, "a list").expect("redis writes");
    }
    let found = fixture.store.find(session.handle.tag, &token, Lookup::Glance).await;
    assert!(matches!(found, Err(StoreError::Corrupt(_))), "{found:?}");
}

#[tokio::test]
async fn everything_of_a_user_has_one_hash_tag() {
    let mut fixture = Fixture::redis();
    fixture.create(&new_session("user")).await;
    fixture.active("user").await;
    fixture.store.open(&new_direct("user")).await.expect("the store opens");
    let prefix = format!("vst:{{{}}}:", tag_of("user").as_str());
    let keys = fixture_of(&mut fixture).keys();
    assert_eq!(keys.len(), 7, "an index, and a record and a history of each: {keys:?}");
    assert!(keys.iter().all(|key| key.starts_with(&prefix)), "{keys:?}");
}

#[tokio::test]
async fn what_a_live_session_costs_in_redis() {
    for (days, most) in [(0, 600), (7, 900)] {
        let total = bytes_of_a_session(days).await;
        assert!(
            total <= most,
            "with history.days = {days}, a live session of the standard example costs {total} bytes"
        );
    }
}

/// Created by a key of an average name, opened by a scanner, exchanged in a browser, its link used once more.
async fn bytes_of_a_session(days: u32) -> u64 {
    let redis = RedisServer::start();
    let store = store_with(&redis.url(), &format!("[history]\ndays = {days}"));
    let new = readme_session("user_123");
    store.create(&new).await.expect("the store creates");
    let opened = Happening::Opened(LooksLike::Scanner);
    store.note(new.tag, &new.ticket, &opened).await.expect("it is noted");
    store.exchange(&ExchangeAttempt { user_agent: None, ..attempt(&new) }).await.expect("an exchange");
    store.exchange(&ExchangeAttempt { user_agent: None, ..attempt(&new) }).await.expect("a refusal");
    let mut connection = redis.connect().expect("redis answers");
    let bytes = |key: &String, connection: &mut redis::Connection| -> u64 {
        redis::cmd("MEMORY").arg("USAGE").arg(key).query(connection).expect("redis tells")
    };
    redis.keys().iter().map(|key| bytes(key, &mut connection)).sum()
}

/// A gateway without histories leaves no trace of one, and answers from the index alone.
#[tokio::test]
async fn without_days_nothing_is_kept() {
    let redis = RedisServer::start();
    let store = store_with(&redis.url(), "[history]\ndays = 0");
    let (session, token) = active(store.as_ref(), "user").await;
    store.note(session.handle.tag, &token, &Happening::Opened(LooksLike::Browser)).await.expect("an answer");
    assert_eq!(redis.keys().iter().filter(|key| key.contains(":h:")).count(), 0, "{:?}", redis.keys());
    let known = store.explain(session.handle.tag, &Sought::Handle(session.handle)).await.expect("an answer");
    assert_eq!((&known[0].now, known[0].events.len()), (&Ok(session.clone()), 0));
    assert!(store.remove(&session.handle, None, Removal::Revoked).await.expect("an answer"));
    let known = store.explain(session.handle.tag, &Sought::Handle(session.handle)).await.expect("an answer");
    assert_eq!((&known[0].now, known[0].events.len()), (&Err(Over::Revoked), 0));
}

/// Gone, or another program's: everything goes on as without a history.
#[tokio::test]
async fn a_lost_history_fails_nothing() {
    for is_gone in [true, false] {
        let redis = RedisServer::start();
        let store = redis_store(&redis.url(), true);
        let mut connection = redis.connect().expect("redis answers");
        let mut lose = || {
            for key in redis.keys().into_iter().filter(|key| key.contains(":h:")) {
                let _: () = connection.del(&key).expect("redis deletes");
                if !is_gone {
                    let _: () = connection.rpush(&key, "somebody else's").expect("redis writes");
                }
            }
        };
        let new = new_session("user");
        let created = store.create(&new).await.expect("the store creates").session;
        lose();
        store.note(new.tag, &new.ticket, &Happening::Opened(LooksLike::Browser)).await.expect("an answer");
        let exchange = store.exchange(&attempt(&new)).await.expect("an answer");
        assert!(matches!(exchange, Exchange::Done(_, _)), "{exchange:?}");
        lose();
        assert_gone(&store.exchange(&attempt(&new)).await.expect("an answer"), Refusal::Used);
        let known = store.explain(new.tag, &Sought::Ticket(new.ticket)).await.expect("an answer");
        assert_eq!((known[0].now.is_ok(), known[0].events.len()), (true, 0));
        assert!(store.remove(&created.handle, None, Removal::Revoked).await.expect("an answer"));
        let known = store.explain(new.tag, &Sought::Ticket(new.ticket)).await.expect("an answer");
        assert_eq!(known[0].now, Err(Over::Revoked));
    }
}

#[tokio::test]
async fn a_redis_with_user_password_and_database() {
    let redis = RedisServer::start_with(&["--requirepass", "pass word/1"]);
    let url = format!("redis://default:pass%20word%2F1@127.0.0.1:{}/5", redis.port());
    redis_store(&url, true).ready().await.expect("ready");
    let wrong = redis_store(&format!("redis://default:wrong@127.0.0.1:{}/5", redis.port()), true);
    let result = wrong.ready().await;
    assert!(matches!(&result, Err(StoreError::Unavailable(text)) if !text.contains("wrong@")), "{result:?}");
}

#[tokio::test]
async fn a_replica_is_not_ready() {
    let primary = RedisServer::start();
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", primary.port())]);
    let ready = redis_store(&replica.url(), true).ready().await;
    assert!(matches!(ready, Err(StoreError::Unavailable(_))), "{ready:?}");
}
