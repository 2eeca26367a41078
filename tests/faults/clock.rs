//! A Redis whose clock jumps: by its time sessions live and die, so a jump must neither bring anything back nor end
//! anything earlier than by itself. A gateway's own clock decides nothing about sessions.

use vestibule::domain::credential::Digest;
use vestibule::domain::error::Refusal;
use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::ports::{Exchange, Found, Lookup, NewDirectSession, NewSession, Record, Removal};
use vestibule::domain::user_tag::UserTag;

use crate::support::redis_server::RedisServer;
use crate::support::shifted_clock::ShiftedClock;
use crate::support::store::{
    active, assert_gone, attempt, new_direct, new_session, opened, redis_store, refusal_of,
};

const TEN_MINUTES: i64 = 600;

fn unix_seconds(redis: &RedisServer) -> u64 {
    let mut connection = redis.connect().expect("redis answers");
    redis::cmd("TIME").query::<(u64, u64)>(&mut connection).expect("redis tells the time").0
}

#[tokio::test]
async fn a_clock_that_jumps_brings_nothing_back_and_ends_nothing_that_has_time_left() {
    let clock = ShiftedClock::new();
    let redis = RedisServer::start_by(&clock);
    let store = redis_store(&redis.url(), true);
    let spent = new_session("spent");
    let used = attempt(&spent);
    store.create(&spent).await.expect("the store creates");
    assert!(matches!(store.exchange(&used).await, Ok(Exchange::Done(_, _))));
    let (live, live_token) = active(&*store, "live").await;
    let (revoked, revoked_token) = active(&*store, "revoked").await;
    let (ended, ended_token) = active(&*store, "ended").await;
    for (session, token, removal) in
        [(&revoked, &revoked_token, Removal::Revoked), (&ended, &ended_token, Removal::Ended)]
    {
        assert!(
            store.remove(&session.handle, Some(Record::Token(*token)), removal).await.expect("an answer")
        );
    }
    let mut before = unix_seconds(&redis);
    // No jump is as long as a ticket's life.
    for (name, shift) in [("back", -TEN_MINUTES), ("right", 0), ("forward", TEN_MINUTES), ("right again", 0)]
    {
        let pending = new_session(&format!("pending {name}"));
        store.create(&pending).await.expect("the store creates");
        clock.jump_to(shift);
        let now = unix_seconds(&redis);
        assert!(now.abs_diff(before) >= 500, "the fault was caused: {before} to {now}");
        before = now;

        assert_gone(&store.exchange(&attempt(&spent)).await.expect("an answer"), Refusal::Used);
        assert_eq!(refusal_of(&*store, spent.tag, &used.token).await, None, "jumped {name}");
        assert_eq!(refusal_of(&*store, live.handle.tag, &live_token).await, None, "jumped {name}");
        let refused = refusal_of(&*store, revoked.handle.tag, &revoked_token).await;
        assert_eq!(refused, Some(Refusal::Revoked), "jumped {name}");
        let refused = refusal_of(&*store, ended.handle.tag, &ended_token).await;
        assert_eq!(refused, Some(Refusal::Ended), "jumped {name}");

        // The links that are on their way, and new ones.
        for new in [pending, new_session(&format!("new {name}"))] {
            let _ = store.create(&new).await.expect("the store creates, or finds what it created");
            let Ok(Exchange::Done(session, _)) = store.exchange(&attempt(&new)).await else {
                panic!("a ticket with time left, jumped {name}")
            };
            let listed = store.list(new.tag, None, 10).await.expect("a list");
            assert_eq!(listed.len(), 1, "jumped {name}");
            assert!(store.remove(&session.handle, None, Removal::Revoked).await.expect("an answer"));
            assert_gone(&store.exchange(&attempt(&new)).await.expect("an answer"), Refusal::Used);
        }
    }
}

/// Uses move its end by the clock of Redis, and never beyond the session's own.
#[tokio::test]
async fn a_jump_ends_a_session_that_is_used_no_earlier_and_no_later_than_by_itself() {
    let clock = ShiftedClock::new();
    let redis = RedisServer::start_by(&clock);
    let store = redis_store(&redis.url(), true);
    let begun = async |user: &str, session_ttl_ms| {
        let policy = SessionPolicy { idle_timeout_ms: Some(600_000), limit: None };
        let new = NewDirectSession { policy, session_ttl_ms, ..new_direct(user) };
        opened(store.open(&new).await);
        (new.tag, new.token)
    };
    let used = async |(tag, token): &(UserTag, Digest)| {
        let found = store.find(*tag, token, Lookup::Use { idles: Some(true) }).await;
        matches!(found.expect("an answer"), Found::Active(_))
    };
    let (used_always, used_never, short) = (
        begun("always", 86_400_000).await,
        begun("never", 86_400_000).await,
        begun("short", 1_500_000).await,
    );
    let mut at = 0;
    for step in [540, 540, 540, -300, 540, -900, 540] {
        at += step;
        clock.jump_to(at);
        assert!(used(&used_always).await, "used at {at}");
        assert_eq!(used(&short).await, at < 1_500, "its own end holds at {at}");
        if at >= 1_500 {
            break;
        }
    }
    assert_eq!(refusal_of(&*store, short.0, &short.1).await, Some(Refusal::Expired));
    for step in [-300, 540, -900, 540, 540] {
        at += step;
        clock.jump_to(at);
        assert!(used(&used_always).await, "used at {at}");
        assert!(!used(&short).await, "what is over stays over at {at}");
    }
    assert_eq!(refusal_of(&*store, used_never.0, &used_never.1).await, Some(Refusal::Idle));
    clock.jump_to(at + 601);
    assert!(!used(&used_always).await);
}

#[tokio::test]
async fn a_jump_forward_ends_a_session_early_by_no_more_than_itself() {
    let clock = ShiftedClock::new();
    let redis = RedisServer::start_by(&clock);
    let store = redis_store(&redis.url(), true);
    let mut tokens = Vec::new();
    for (user, session_ttl_ms) in [("shorter", 590_000), ("longer", 660_000)] {
        let new = NewSession { session_ttl_ms, ..new_session(user) };
        store.create(&new).await.expect("the store creates");
        let attempt = attempt(&new);
        assert!(matches!(store.exchange(&attempt).await, Ok(Exchange::Done(_, _))));
        tokens.push((new.tag, attempt.token));
    }
    clock.jump_to(TEN_MINUTES);
    let [(shorter, shorter_token), (longer, longer_token)] = tokens.as_slice() else {
        panic!("two sessions")
    };
    assert_eq!(refusal_of(&*store, *shorter, shorter_token).await, Some(Refusal::Expired));
    assert_eq!(refusal_of(&*store, *longer, longer_token).await, None);
}
