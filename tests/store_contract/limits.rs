//! The contract of limits: never more live sessions of one user than the policy allows, whoever races; what goes is told
//! once, and what is refused is not spent.

use std::collections::HashSet;

use vestibule::domain::events::Went;
use vestibule::domain::handle::Handle;
use vestibule::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use vestibule::domain::ports::{NewDirectSession, Opening};

use super::support::store::{new_direct, opened};
use super::*;

fn policy(most: u64, when_full: WhenFull) -> SessionPolicy {
    SessionPolicy { limit: Some(SessionLimit { most, when_full }), ..SessionPolicy::default() }
}

fn direct(policy: SessionPolicy) -> NewDirectSession {
    NewDirectSession { policy, ..new_direct("user") }
}

/// A ticket that waits, and a try to spend it.
async fn ticket(fixture: &Fixture, policy: SessionPolicy) -> ExchangeAttempt {
    let new = NewSession { policy, ..new_session("user") };
    fixture.create(&new).await;
    attempt(&new)
}

fn done(exchange: Exchange) -> (Handle, Went) {
    match exchange {
        Exchange::Done(session, went) => (session.handle, went),
        refused @ (Exchange::Gone(_) | Exchange::NotAdmitted(_) | Exchange::Full(_)) => panic!("{refused:?}"),
    }
}

/// Of sessions of one millisecond, none is the oldest. A Redis keeps its own time when the test lets time pass.
async fn later(fixture: &Fixture) {
    let before = fixture.store.now_ms().await.expect("an answer");
    fixture.forward(SECOND);
    while fixture.store.now_ms().await.expect("an answer") <= before {}
}

async fn open(fixture: &Fixture, new: &NewDirectSession) -> (Handle, Went) {
    let stored = opened(fixture.store.open(new).await);
    (stored.session.handle, stored.went)
}

async fn active(fixture: &Fixture) -> Vec<Handle> {
    let listed = fixture.store.list(tag_of("user"), None, 100).await.expect("a list");
    listed.iter().filter(|session| session.exchanged_at_ms.is_some()).map(|session| session.handle).collect()
}

fn displaced(handles: &[Handle]) -> Went {
    Went { displaced: handles.to_vec(), ..Went::default() }
}

contract! {
    async fn the_oldest_makes_room(fixture: Fixture) {
        let policy = policy(2, WhenFull::EndOldest);
        let first = direct(policy);
        let (first_handle, went) = open(&fixture, &first).await;
        assert_eq!(went, Went::default());
        later(&fixture).await;
        let second = ticket(&fixture, policy).await;
        let (second_handle, went) = done(fixture.exchange(&second).await);
        assert_eq!(went, Went::default());
        // Another user, and what is not of a portal with a limit, count for nothing.
        fixture.active("other").await;
        later(&fixture).await;
        let third = ticket(&fixture, policy).await;
        let (third_handle, went) = done(fixture.exchange(&third).await);
        assert_eq!(went, displaced(&[first_handle]));
        assert_eq!(fixture.refusal_of(first.tag, &first.token).await, Some(Refusal::Displaced));
        later(&fixture).await;
        let (fourth_handle, went) = open(&fixture, &direct(policy)).await;
        assert_eq!(went, displaced(&[second_handle]));
        assert_eq!(fixture.refusal_of(second.tag, &second.token).await, Some(Refusal::Displaced));
        assert_gone(&fixture.exchange(&second).await, Refusal::Used);
        assert_eq!(active(&fixture).await, [fourth_handle, third_handle]);
        assert_eq!(fixture.store.revoke_all(first.tag, None).await.expect("a count"), 2);
    }

    async fn what_is_refused_is_not_spent(fixture: Fixture) {
        let policy = policy(1, WhenFull::Refuse);
        let (handle, _) = open(&fixture, &direct(policy)).await;
        let waiting = ticket(&fixture, policy).await;
        for _ in 0..2 {
            let Exchange::Full(pending) = fixture.exchange(&waiting).await else { panic!("there is one") };
            assert_eq!(pending.state_at(pending.handle.created_at_ms), State::Pending);
            assert!(matches!(fixture.store.open(&direct(policy)).await, Ok(Opening::Full)));
            assert!(matches!(fixture.store.peek(waiting.tag, &waiting.ticket).await, Ok(Peek::Pending(_))));
        }
        assert_eq!(active(&fixture).await, [handle]);
        assert!(fixture.store.remove(&handle, None, Removal::Revoked).await.expect("an answer"));
        let (second, went) = done(fixture.exchange(&waiting).await);
        assert_eq!((active(&fixture).await, went), (vec![second], Went::default()));
    }

    async fn a_repeat_counts_once_and_tells_nothing_anew(fixture: Fixture) {
        for when_full in [WhenFull::EndOldest, WhenFull::Refuse] {
            let policy = policy(1, when_full);
            let waiting = ticket(&fixture, policy).await;
            let (handle, _) = done(fixture.exchange(&waiting).await);
            assert_eq!(done(fixture.exchange(&waiting).await), (handle, Went::default()));
            fixture.store.revoke_all(waiting.tag, None).await.expect("a count");
            let new = direct(policy);
            let (handle, _) = open(&fixture, &new).await;
            assert_eq!(open(&fixture, &new).await, (handle, Went::default()));
            assert_eq!(active(&fixture).await, [handle]);
            fixture.store.revoke_all(waiting.tag, None).await.expect("a count");
        }
        let policy = policy(1, WhenFull::EndOldest);
        let (old, new) = (direct(policy), direct(policy));
        let (old_handle, _) = open(&fixture, &old).await;
        let (handle, went) = open(&fixture, &new).await;
        assert_eq!(went, displaced(&[old_handle]));
        // By a client, at whichever gateway.
        assert_eq!(open(&fixture, &new).await, (handle, Went::default()));
        let late = fixture.store.open(&old).await;
        assert!(matches!(late, Ok(Opening::TooLate)), "what made room never comes back: {late:?}");
    }

    async fn what_is_over_takes_no_place(fixture: Fixture) {
        let limit = policy(1, WhenFull::Refuse);
        let short = NewDirectSession { session_ttl_ms: 60_000, ..direct(limit) };
        open(&fixture, &short).await;
        fixture.forward(61 * SECOND);
        let idling = SessionPolicy { idle_timeout_ms: Some(60_000), ..limit };
        let (idle, went) = open(&fixture, &direct(idling)).await;
        assert_eq!(went, Went::default(), "an expired one");
        fixture.forward(61 * SECOND);
        let waiting = ticket(&fixture, idling).await;
        let (handle, went) = done(fixture.exchange(&waiting).await);
        assert_eq!(went, Went { idle: vec![idle], ..Went::default() }, "told once");
        assert_eq!(active(&fixture).await, [handle]);
        // Links that nobody has opened take none either.
        fixture.store.revoke_all(waiting.tag, None).await.expect("a count");
        let (first, _second) = (ticket(&fixture, limit).await, ticket(&fixture, limit).await);
        done(fixture.exchange(&first).await);
    }

    async fn a_browsers_own_session_makes_room_for_its_next_one(fixture: Fixture) {
        for when_full in [WhenFull::Refuse, WhenFull::EndOldest] {
            let policy = policy(2, when_full);
            let old = ticket(&fixture, policy).await;
            let (old_handle, _) = done(fixture.exchange(&old).await);
            later(&fixture).await;
            let (elsewhere, _) = open(&fixture, &direct(policy)).await;
            later(&fixture).await;
            let again = ExchangeAttempt { held: vec![old.token], ..ticket(&fixture, policy).await };
            let (handle, went) = done(fixture.exchange(&again).await);
            assert_eq!(went, Went { replaced: vec![old_handle], ..Went::default() });
            assert_eq!(active(&fixture).await, [handle, elsewhere]);
            assert_eq!(fixture.refusal_of(old.tag, &old.token).await, Some(Refusal::Ended));
            fixture.store.revoke_all(old.tag, None).await.expect("a count");
        }
    }

    async fn a_lower_limit_ends_as_many_as_it_must(fixture: Fixture) {
        let mut handles = Vec::new();
        for _ in 0..5 {
            handles.push(open(&fixture, &direct(policy(5, WhenFull::EndOldest))).await.0);
            later(&fixture).await;
        }
        let (newest, went) = open(&fixture, &direct(policy(2, WhenFull::EndOldest))).await;
        assert_eq!(went.displaced.iter().collect::<HashSet<_>>(), handles[..4].iter().collect());
        assert_eq!(active(&fixture).await.iter().collect::<HashSet<_>>(), HashSet::from([&newest, &handles[4]]));
    }

    async fn of_many_that_race_no_more_than_the_limit_live(fixture: Fixture) {
        for when_full in [WhenFull::EndOldest, WhenFull::Refuse] {
            let policy = policy(5, when_full);
            let mut racers = Vec::new();
            let mut tickets = Vec::new();
            for _ in 0..20 {
                let (waiting, new) = (ticket(&fixture, policy).await, direct(policy));
                tickets.push(waiting.clone());
                let (store, other) = (fixture.store.clone(), fixture.store.clone());
                racers.push(tokio::spawn(async move {
                    match store.exchange(&waiting).await.expect("an answer") {
                        Exchange::Done(session, went) => Some((session.handle, went)),
                        Exchange::Full(_) => None,
                        refused @ (Exchange::Gone(_) | Exchange::NotAdmitted(_)) => panic!("{refused:?}"),
                    }
                }));
                racers.push(tokio::spawn(async move {
                    match other.open(&new).await.expect("an answer") {
                        Opening::Done(stored) => Some((stored.session.handle, stored.went)),
                        Opening::Full => None,
                        Opening::TooLate => panic!("a new one"),
                    }
                }));
            }
            let (mut begun, mut gone) = (HashSet::new(), Vec::new());
            for racer in racers {
                let Some((handle, went)) = racer.await.expect("no panic") else { continue };
                begun.insert(handle);
                gone.extend(went.displaced);
            }
            let told: HashSet<Handle> = gone.iter().copied().collect();
            assert_eq!(told.len(), gone.len(), "each is told once");
            let live: HashSet<Handle> = active(&fixture).await.into_iter().collect();
            assert_eq!(live.len(), 5);
            assert_eq!(begun.difference(&told).copied().collect::<HashSet<_>>(), live);
            for waiting in tickets.iter().filter(|_| when_full == WhenFull::Refuse) {
                match fixture.store.peek(waiting.tag, &waiting.ticket).await.expect("an answer") {
                    Peek::Pending(_) => {}
                    Peek::Gone(gone) => assert!(gone.handle.is_some_and(|handle| begun.contains(&handle)), "no ticket is lost"),
                }
            }
            fixture.store.revoke_all(tag_of("user"), None).await.expect("a count");
        }
    }

    async fn a_repeat_under_another_policy_brings_nothing_back(fixture: Fixture) {
        let idling = SessionPolicy { idle_timeout_ms: Some(60_000), ..SessionPolicy::default() };
        let limited = policy(1, WhenFull::EndOldest);
        let policies = [SessionPolicy::default(), idling, limited, SessionPolicy { limit: limited.limit, ..idling }];
        let tag = tag_of("user");
        for (first, then) in policies.iter().flat_map(|first| policies.map(|then| (*first, then))) {
            for ending in ["revoked", "revoked with all", "ended", "displaced"] {
                let new = direct(first);
                let (handle, _) = open(&fixture, &new).await;
                let is_gone = match ending {
                    "revoked" => fixture.store.remove(&handle, None, Removal::Revoked).await.expect("an answer"),
                    "ended" => fixture.store.remove(&handle, None, Removal::Ended).await.expect("an answer"),
                    "displaced" => open(&fixture, &direct(limited)).await.1 == displaced(&[handle]),
                    _ => fixture.store.revoke_all(tag, None).await.expect("a count") == 1,
                };
                assert!(is_gone, "{ending}");
                let repeat = NewDirectSession { policy: then, ..new };
                let late = fixture.store.open(&repeat).await;
                assert!(matches!(late, Ok(Opening::TooLate)), "{ending}, {first:?}, {then:?}: {late:?}");
                assert!(fixture.refusal_of(tag, &repeat.token).await.is_some(), "{ending}, {first:?}, {then:?}");
                fixture.store.revoke_all(tag, None).await.expect("a count");
            }
        }
    }

    async fn an_idle_session_is_told_by_the_call_that_notices_it_and_not_by_one_that_is_refused(fixture: Fixture) {
        let idling = SessionPolicy { idle_timeout_ms: Some(60_000), ..SessionPolicy::default() };
        let limit = policy(1, WhenFull::Refuse);
        for opens_after in [true, false] {
            let idle = direct(idling);
            let (handle, _) = open(&fixture, &idle).await;
            fixture.forward(61 * SECOND);
            let (live, _) = open(&fixture, &direct(SessionPolicy::default())).await;
            assert!(matches!(fixture.store.open(&direct(limit)).await, Ok(Opening::Full)));
            fixture.store.remove(&live, None, Removal::Revoked).await.expect("an answer");
            // There is room in any case, so nothing is looked at.
            let (_, went) = open(&fixture, &direct(policy(5, WhenFull::Refuse))).await;
            assert_eq!(went, Went::default());
            if opens_after {
                fixture.store.remove(&active(&fixture).await[0], None, Removal::Revoked).await.expect("an answer");
                let (_, went) = open(&fixture, &direct(limit)).await;
                assert_eq!(went, Went { idle: vec![handle], ..Went::default() });
            }
            let found = fixture.store.find(idle.tag, &idle.token, Lookup::Use { idles: None }).await;
            let Found::Gone(gone) = found.expect("an answer") else { panic!("nobody has used it") };
            assert_eq!((gone.refusal, gone.is_news), (Refusal::Idle, !opens_after));
            fixture.store.revoke_all(idle.tag, None).await.expect("a count");
        }
    }
}

#[tokio::test]
async fn who_has_thousands_when_a_limit_comes_loses_them_by_and_by() {
    for fixture in [Fixture::memory(), Fixture::redis()] {
        loses_thousands_by_and_by(fixture).await;
    }
}

/// As after a reload that sets a limit. Not on every topology: it takes its time.
async fn loses_thousands_by_and_by(fixture: Fixture) {
    for _ in 0..3_000 {
        open(&fixture, &direct(SessionPolicy::default())).await;
    }
    let (policy, mut left, mut before) = (policy(1, WhenFull::EndOldest), 3_000, None);
    for is_direct in [true, false].into_iter().cycle() {
        later(&fixture).await;
        let (token, (handle, went)) = if is_direct {
            let new = direct(policy);
            let answer = open(&fixture, &new).await;
            assert_eq!(
                opened(fixture.store.open(&new).await).session.handle,
                answer.0,
                "there is one answer"
            );
            (new.token, answer)
        } else {
            let attempt = ticket(&fixture, policy).await;
            let answer = done(fixture.exchange(&attempt).await);
            assert_eq!(done(fixture.exchange(&attempt).await).0, answer.0, "there is one answer");
            (attempt.token, answer)
        };
        let gone: HashSet<Handle> = went.displaced.into_iter().collect();
        assert_eq!(gone.len(), 200.min(left), "so many at once, and each is told");
        if let Some(before) = before {
            let refusal = fixture.refusal_of(handle.tag, &before).await;
            assert_eq!(refusal, Some(Refusal::Displaced), "it was opened under the limit");
        }
        // The one that was opened last stands in for one of them.
        left = left + 1 - gone.len();
        if left == 1 {
            assert_eq!(active(&fixture).await, [handle]);
            break;
        }
        before = Some(token);
    }
}
