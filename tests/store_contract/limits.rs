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
}
