//! The contract of direct sessions: they are active at once, end as the others do, and an attempt to open one never
//! gives two, nor brings back what has ended.

use vestibule::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use vestibule::domain::ports::{NewDirectSession, Opening};
use vestibule::domain::session::SessionKind;

use super::support::store::{new_direct, opened};
use super::*;

const DIRECT_TTL: Duration = Duration::from_secs(3_600);

impl Fixture {
    async fn listed(&self, user: &str) -> Vec<PortalSession> {
        self.store.list(tag_of(user), None, 10).await.expect("a list")
    }
}

contract! {
    async fn a_direct_session_is_active_at_once_and_keeps_every_field(fixture: Fixture) {
        let new = new_direct("user");
        let session = opened(fixture.store.open(&new).await).session;
        let created_at_ms = session.handle.created_at_ms;
        assert_eq!((session.handle.tag, session.handle.suffix), (new.tag, new.suffix));
        assert_eq!(session.exchanged_at_ms, Some(created_at_ms));
        assert_eq!(session.expires_at_ms, created_at_ms + 3_600_000);
        assert_eq!(session.state_at(created_at_ms), State::Active);
        assert_eq!((&session.grant, session.grant.kind), (&new.grant, SessionKind::Direct));
        let Found::Active(found) = fixture.store.find(new.tag, &new.token, Lookup::Glance).await.expect("an answer") else {
            panic!("the session is live")
        };
        assert_eq!(found, session);
        let named = fixture.store.find_by_handle(&session.handle).await.expect("an answer");
        assert_eq!(named, Some(Named { session, record: Record::Token(new.token) }));
    }

    async fn a_direct_session_is_listed_beside_the_others_as_what_it_is(fixture: Fixture) {
        let (browser, _) = fixture.active("user").await;
        fixture.forward(SECOND);
        let direct = opened(fixture.store.open(&new_direct("user")).await).session;
        fixture.store.open(&new_direct("other")).await.expect("the store opens");
        let listed = fixture.listed("user").await;
        assert_eq!(listed, [direct, browser]);
        let kinds: Vec<SessionKind> = listed.iter().map(|session| session.grant.kind).collect();
        assert_eq!(kinds, [SessionKind::Direct, SessionKind::Browser]);
    }

    async fn a_direct_session_lives_until_its_time(fixture: Fixture) {
        let new = new_direct("user");
        let session = opened(fixture.store.open(&new).await).session;
        fixture.forward(DIRECT_TTL - SECOND);
        assert_eq!(fixture.refusal_of(new.tag, &new.token).await, None);
        fixture.forward(SECOND);
        assert_eq!(fixture.refusal_of(new.tag, &new.token).await, Some(Refusal::Expired));
        assert_eq!(fixture.store.find_by_handle(&session.handle).await.expect("an answer"), None);
        assert_eq!(fixture.listed("user").await, []);
    }

    async fn a_direct_session_that_is_removed_is_gone_and_tells_why(fixture: Fixture) {
        for (removal, refusal) in [(Removal::Revoked, Refusal::Revoked), (Removal::Ended, Refusal::Ended)] {
            for knows_record in [true, false] {
                let new = new_direct("user");
                let handle = opened(fixture.store.open(&new).await).session.handle;
                let record = knows_record.then_some(Record::Token(new.token));
                assert!(fixture.store.remove(&handle, record, removal).await.expect("an answer"));
                assert_eq!(fixture.refusal_of(new.tag, &new.token).await, Some(refusal));
                assert!(!fixture.store.remove(&handle, record, removal).await.expect("an answer"));
            }
        }
        assert_eq!(fixture.listed("user").await, []);
    }

    async fn a_repeated_attempt_to_open_finds_its_own_session_for_a_minute(fixture: Fixture) {
        let new = new_direct("user");
        let first = opened(fixture.store.open(&new).await).session;
        assert_eq!(opened(fixture.store.open(&new).await).session, first);
        fixture.forward(Duration::from_secs(58));
        assert_eq!(opened(fixture.store.open(&new).await).session, first);
        fixture.forward(3 * SECOND);
        let late = fixture.store.open(&new).await.expect("an answer");
        assert!(matches!(late, Opening::TooLate), "{late:?}");
        assert_eq!(fixture.listed("user").await, [first]);
        assert_eq!(fixture.refusal_of(new.tag, &new.token).await, None, "the session itself lives on");
    }

    async fn of_many_attempts_with_one_token_at_once_one_session_comes(fixture: Fixture) {
        let new = new_direct("user");
        let racers: Vec<_> = (0..20)
            .map(|_| (fixture.store.clone(), new.clone()))
            .map(|(store, new)| tokio::spawn(async move { opened(store.open(&new).await).session }))
            .collect();
        let mut sessions = Vec::new();
        for racer in racers {
            sessions.push(racer.await.expect("no panic"));
        }
        sessions.dedup();
        assert_eq!(sessions, fixture.listed("user").await);
    }

    async fn a_repeated_attempt_to_open_never_brings_back_what_was_removed(fixture: Fixture) {
        for (removal, refusal) in [(Removal::Revoked, Refusal::Revoked), (Removal::Ended, Refusal::Ended)] {
            let new = new_direct("user");
            let session = opened(fixture.store.open(&new).await).session;
            fixture.store.remove(&session.handle, Some(Record::Token(new.token)), removal).await.expect("an answer");
            // The repeat of a connection that was frozen may arrive after the session's end.
            fixture.forward(SECOND);
            let late = fixture.store.open(&new).await.expect("an answer");
            assert!(matches!(late, Opening::TooLate), "{removal:?}: {late:?}");
            assert_eq!(fixture.refusal_of(new.tag, &new.token).await, Some(refusal));
        }
        assert_eq!(fixture.listed("user").await, []);
    }

    async fn a_repeated_attempt_to_open_never_brings_back_what_was_revoked_with_all(fixture: Fixture) {
        let new = new_direct("user");
        fixture.store.open(&new).await.expect("the store opens");
        assert_eq!(fixture.store.revoke_all(new.tag, None).await.expect("a count"), 1);
        fixture.forward(SECOND);
        let late = fixture.store.open(&new).await.expect("an answer");
        assert!(matches!(late, Opening::TooLate), "{late:?}");
        assert_eq!(fixture.refusal_of(new.tag, &new.token).await, Some(Refusal::Revoked));
    }

    async fn a_repeated_attempt_to_open_never_brings_back_what_has_expired(fixture: Fixture) {
        let new = new_direct("user");
        fixture.store.open(&new).await.expect("the store opens");
        fixture.forward(DIRECT_TTL + SECOND);
        let late = fixture.store.open(&new).await.expect("an answer");
        assert!(matches!(late, Opening::TooLate), "{late:?}");
        assert_eq!(fixture.refusal_of(new.tag, &new.token).await, Some(Refusal::Expired));
    }

    async fn a_token_that_was_given_out_by_a_key_never_lives_again(fixture: Fixture) {
        let repeatable = || NewDirectSession { is_repeatable: true, ..new_direct("user") };
        let all: Vec<_> = (0..300).map(|_| repeatable()).collect();
        for new in &all {
            opened(fixture.store.open(new).await);
        }
        // A limit that comes late ends most of them, and all that is left is revoked.
        let limit = SessionLimit { most: 1, when_full: WhenFull::EndOldest };
        let policy = SessionPolicy { limit: Some(limit), ..SessionPolicy::default() };
        for _ in 0..2 {
            opened(fixture.store.open(&NewDirectSession { policy, ..repeatable() }).await);
        }
        fixture.store.revoke_all(all[0].tag, None).await.expect("a count");
        for wait in [SECOND, DIRECT_TTL - 5 * SECOND] {
            fixture.forward(wait);
            for (at, new) in all.iter().enumerate() {
                for policy in [SessionPolicy::default(), policy] {
                    let late = fixture.store.open(&NewDirectSession { policy, ..new.clone() }).await;
                    assert!(matches!(late, Ok(Opening::TooLate)), "{at}: {late:?}");
                }
            }
        }
        assert_eq!(fixture.listed("user").await, []);
    }

    async fn revoking_all_but_one_spares_that_one_of_whichever_kind(fixture: Fixture) {
        for keeps_direct in [true, false] {
            let direct = new_direct("user");
            let kept_direct = opened(fixture.store.open(&direct).await).session.handle;
            let (browser, token) = fixture.active("user").await;
            let pending = new_session("user");
            fixture.create(&pending).await;
            let another = new_direct("user");
            fixture.store.open(&another).await.expect("the store opens");
            let (kept, lives, dies) = if keeps_direct {
                (kept_direct, direct.token, token)
            } else {
                (browser.handle, token, direct.token)
            };
            let revoked = fixture.store.revoke_all(tag_of("user"), Some(kept.into())).await;
            assert_eq!(revoked.expect("a count"), 3);
            assert_eq!(fixture.refusal_of(kept.tag, &lives).await, None);
            for token in [dies, another.token] {
                assert_eq!(fixture.refusal_of(kept.tag, &token).await, Some(Refusal::Revoked));
            }
            assert_gone(&fixture.exchange(&attempt(&pending)).await, Refusal::Revoked);
            let handles: Vec<_> = fixture.listed("user").await.iter().map(|session| session.handle).collect();
            assert_eq!(handles, [kept]);
            assert_eq!(fixture.store.revoke_all(kept.tag, Some(kept.into())).await.expect("a count"), 0);
            assert_eq!(fixture.store.revoke_all(kept.tag, None).await.expect("a count"), 1);
        }
    }

    async fn the_one_that_is_kept_may_be_the_oldest_of_many(fixture: Fixture) {
        let kept = new_direct("user");
        let handle = opened(fixture.store.open(&kept).await).session.handle;
        fixture.forward(SECOND);
        for _ in 0..450 {
            fixture.create(&new_session("user")).await;
        }
        assert_eq!(fixture.store.revoke_all(kept.tag, Some(handle.into())).await.expect("a count"), 450);
        assert_eq!(fixture.refusal_of(kept.tag, &kept.token).await, None);
        assert_eq!(fixture.listed("user").await.len(), 1);
    }

    async fn who_has_many_sessions_is_counted_without_the_dead(fixture: Fixture) {
        let mut handles = Vec::new();
        for _ in 0..50 {
            handles.push(opened(fixture.store.open(&new_direct("user")).await).session.handle);
        }
        let live = async || opened(fixture.store.open(&new_direct("user")).await).live;
        assert_eq!(live().await, 51);
        for handle in &handles[..10] {
            fixture.store.remove(handle, None, Removal::Revoked).await.expect("an answer");
        }
        assert_eq!(live().await, 42, "ten are dead");
        let created = fixture.store.create(&new_session("user")).await.expect("the store creates");
        assert_eq!(created.live, 43, "a pending one counts too");
        let repeated = new_direct("user");
        assert_eq!(opened(fixture.store.open(&repeated).await).live, 44);
        assert_eq!(opened(fixture.store.open(&repeated).await).live, 44, "a repeat is the same session");
        for _ in 0..80 {
            fixture.store.open(&new_direct("user")).await.expect("the store opens");
        }
        assert!(live().await <= 100, "the newest 100 are looked at");
    }
}
