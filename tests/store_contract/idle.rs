//! The contract of idle time-outs: a session goes on as long as it is used and no longer than its own life, and is over
//! for every purpose once nobody has used it.

use vestibule::domain::policy::SessionPolicy;
use vestibule::domain::ports::{NewDirectSession, Opening};

use super::support::store::{new_direct, opened};
use super::*;

const TIMEOUT: Duration = Duration::from_secs(60);
/// Whoever comes back before so long finds the session.
const SAFE: Duration = Duration::from_secs(56);
const POLICY: SessionPolicy = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };

/// A session of either kind under the policy: its handle and its token's digest.
async fn begun(fixture: &Fixture, is_direct: bool, ttl: Duration) -> (PortalSession, Digest) {
    let session_ttl_ms = u64::try_from(ttl.as_millis()).expect("a short time");
    if is_direct {
        let new = NewDirectSession { policy: POLICY, session_ttl_ms, ..new_direct("user") };
        return (opened(fixture.store.open(&new).await).session, new.token);
    }
    let new = NewSession { policy: POLICY, session_ttl_ms, ..new_session("user") };
    fixture.create(&new).await;
    let attempt = attempt(&new);
    let Exchange::Done(session, _) = fixture.exchange(&attempt).await else { panic!("a fresh ticket") };
    (session, attempt.token)
}

async fn used(fixture: &Fixture, token: &Digest) -> Option<PortalSession> {
    // Whatever the gateway thinks of the portal.
    for idles in [None, Some(false), Some(true)] {
        let found = fixture.store.find(tag_of("user"), token, Lookup::Use { idles }).await;
        match found.expect("an answer") {
            Found::Active(session) if idles == Some(true) => return Some(session),
            Found::Active(_) => {}
            Found::Gone(_) => return None,
        }
    }
    None
}

contract! {
    async fn a_session_is_told_with_its_idle_end(fixture: Fixture) {
        for is_direct in [false, true] {
            let (session, token) = begun(&fixture, is_direct, SESSION_TTL).await;
            let idle = session.idle.expect("it has a time-out");
            assert_eq!(idle.timeout_ms, 60_000);
            assert_eq!(idle.expires_at_ms, session.exchanged_at_ms.expect("it is active") + 60_000);
            assert_eq!(used(&fixture, &token).await, Some(session));
        }
        let (session, token) = begun(&fixture, true, TIMEOUT / 2).await;
        let idle = session.idle.expect("it has a time-out");
        assert_eq!(idle.expires_at_ms, session.expires_at_ms, "never after its own end");
        assert_eq!(used(&fixture, &token).await, Some(session));
        let (session, token) = fixture.active("user").await;
        assert_eq!((session.idle, used(&fixture, &token).await), (None, Some(session)));
    }

    async fn a_session_that_is_used_goes_on_until_nobody_uses_it(fixture: Fixture) {
        for is_direct in [false, true] {
            let (_, token) = begun(&fixture, is_direct, SESSION_TTL).await;
            for step in [SAFE, SECOND, SAFE, SECOND / 2, SAFE, TIMEOUT / 2, SAFE] {
                fixture.forward(step);
                assert!(used(&fixture, &token).await.is_some(), "after {step:?}, direct: {is_direct}");
            }
            fixture.forward(TIMEOUT + SECOND);
            let mut news = Vec::new();
            for _ in 0..3 {
                let found = fixture.store.find(tag_of("user"), &token, Lookup::Use { idles: None }).await;
                let Found::Gone(gone) = found.expect("an answer") else { panic!("nobody has used it") };
                assert_eq!(gone.refusal, Refusal::Idle);
                news.push(gone.is_news);
            }
            assert_eq!(news, [true, false, false], "it is told once");
        }
    }

    async fn who_only_looks_does_not_use_it(fixture: Fixture) {
        let (session, token) = begun(&fixture, false, SESSION_TTL).await;
        for _ in 0..3 {
            fixture.forward(TIMEOUT / 4);
            assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, None);
            fixture.store.list(session.handle.tag, None, 10).await.expect("a list");
            fixture.store.find_by_handle(&session.handle).await.expect("an answer");
        }
        fixture.forward(TIMEOUT / 4 + SECOND);
        assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, Some(Refusal::Idle));
    }

    async fn however_often_it_is_used_it_ends_at_its_own_time(fixture: Fixture) {
        for is_direct in [false, true] {
            let (_, token) = begun(&fixture, is_direct, 150 * SECOND).await;
            for _ in 0..3 {
                fixture.forward(49 * SECOND);
                assert!(used(&fixture, &token).await.is_some());
            }
            fixture.forward(3 * SECOND);
            assert!(used(&fixture, &token).await.is_none());
        }
    }

    async fn an_idle_session_is_over_for_every_purpose(fixture: Fixture) {
        let tag = tag_of("user");
        for is_direct in [false, true] {
            let (session, token) = begun(&fixture, is_direct, SESSION_TTL).await;
            fixture.forward(TIMEOUT + SECOND);
            assert_eq!(fixture.store.list(tag, None, 10).await.expect("a list"), []);
            assert_eq!(fixture.store.find_by_handle(&session.handle).await.expect("an answer"), None);
            let removed = fixture.store.remove(&session.handle, Some(Record::Token(token)), Removal::Revoked).await;
            assert!(!removed.expect("an answer"));
            assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 0);
            assert!(used(&fixture, &token).await.is_none());
        }
    }

    async fn a_repeated_attempt_finds_a_session_that_is_used_and_brings_none_back(fixture: Fixture) {
        let new = NewSession { policy: POLICY, ..new_session("user") };
        fixture.create(&new).await;
        let attempt = attempt(&new);
        assert!(matches!(fixture.exchange(&attempt).await, Exchange::Done(_, _)));
        let direct = NewDirectSession { policy: POLICY, ..new_direct("user") };
        let handle = opened(fixture.store.open(&direct).await).session.handle;
        fixture.forward(30 * SECOND);
        assert!(used(&fixture, &attempt.token).await.is_some() && used(&fixture, &direct.token).await.is_some());
        fixture.forward(28 * SECOND);
        assert!(matches!(fixture.exchange(&attempt).await, Exchange::Done(_, _)), "within the minute");
        assert_eq!(opened(fixture.store.open(&direct).await).session.handle, handle);
        fixture.forward(4 * SECOND);
        assert_gone(&fixture.exchange(&attempt).await, Refusal::Used);
        assert!(matches!(fixture.store.open(&direct).await, Ok(Opening::TooLate)));
        fixture.forward(TIMEOUT);
        for _ in 0..2 {
            assert_gone(&fixture.exchange(&attempt).await, Refusal::Used);
            assert!(matches!(fixture.store.open(&direct).await, Ok(Opening::TooLate)));
            assert!(used(&fixture, &attempt.token).await.is_none() && used(&fixture, &direct.token).await.is_none());
        }
    }
}
