//! The contract of histories: what happened is told in order, what did not happen is not told, there is always room for
//! what changes a session, and after its days everything is forgotten.

use vestibule::domain::explained::{Known, Over, Stage};
use vestibule::domain::history::{Happening, LooksLike, MOST_EVENTS, MOST_OPENINGS, MOST_REFUSALS};
use vestibule::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use vestibule::domain::ports::{NewDirectSession, Sought};

use super::support::store::{new_direct, opened};
use super::*;

const DAY: Duration = Duration::from_secs(86_400);
/// The default of `history.days`.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

impl Fixture {
    async fn explained(&self, tag: UserTag, sought: Sought) -> Vec<Known> {
        self.store.explain(tag, &sought).await.expect("an explanation")
    }

    /// The one session that began with this ticket.
    async fn known(&self, new: &NewSession) -> Known {
        let mut known = self.explained(new.tag, Sought::Ticket(new.ticket)).await;
        assert_eq!(known.len(), 1, "{known:#?}");
        known.remove(0)
    }

    async fn note(&self, new: &NewSession, what: Happening) {
        self.store.note(new.tag, &new.ticket, &what).await.expect("it is noted");
    }

    async fn remove(&self, handle: &vestibule::domain::handle::Handle, removal: Removal) -> bool {
        self.store.remove(handle, None, removal).await.expect("an answer")
    }
}

fn names(known: &Known) -> Vec<&'static str> {
    known.events.iter().map(|event| event.what.name()).collect()
}

contract! {
    async fn what_happens_to_a_session_is_told_in_order(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        fixture.forward(SECOND);
        fixture.note(&new, Happening::Opened(LooksLike::Scanner)).await;
        let first = attempt(&new);
        let Exchange::Done(session, _) = fixture.exchange(&first).await else { panic!("the first wins") };
        fixture.exchange(&attempt(&new)).await;
        let known = fixture.known(&new).await;
        assert_eq!((known.handle, known.stage, known.now.as_ref()), (created.handle, Stage::Exchanged, Ok(&session)));
        assert!(fixture.remove(&created.handle, Removal::Revoked).await);
        let known = fixture.known(&new).await;
        assert_eq!(known.now, Err(Over::Revoked));
        let what: Vec<Happening> = known.events.iter().map(|event| event.what.clone()).collect();
        let expected = [
            Happening::created(&new.grant, "acme-backend"),
            Happening::Opened(LooksLike::Scanner),
            Happening::exchanged(Some("Mozilla/5.0 (Test)")),
            Happening::Refused(Refusal::Used),
            Happening::Revoked,
        ];
        assert_eq!(what, expected);
        let times: Vec<u64> = known.events.iter().map(|event| event.at_ms).collect();
        assert!(times.is_sorted() && times[0] == created.handle.created_at_ms, "{times:?}");
        assert_eq!(Some(times[2]), session.exchanged_at_ms, "by the store's own clock");
        for sought in [Sought::Handle(created.handle), Sought::Latest(20)] {
            assert_eq!(fixture.explained(new.tag, sought).await, std::slice::from_ref(&known), "{sought:?}");
        }
    }

    async fn what_did_not_happen_is_not_told(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        fixture.create(&new).await;
        let elsewhere = ExchangeAttempt { portals: AdmittedPortals::new(["other"]), ..attempt(&new) };
        fixture.exchange(&elsewhere).await;
        let first = attempt(&new);
        for _ in 0..2 {
            assert!(matches!(fixture.exchange(&first).await, Exchange::Done(_, _)), "its repeat too");
        }
        assert!(fixture.remove(&created.handle, Removal::Ended).await);
        assert!(!fixture.remove(&created.handle, Removal::Revoked).await);
        assert_eq!(fixture.store.revoke_all(new.tag, None).await.expect("a count"), 0);
        assert_eq!(names(&fixture.known(&new).await), ["session.created", "session.exchanged", "session.ended"]);
        // Whoever makes up a ticket leaves nothing behind.
        let invented = new_session("user");
        assert_gone(&fixture.exchange(&attempt(&invented)).await, Refusal::Unknown);
        fixture.note(&invented, Happening::Refused(Refusal::Used)).await;
        assert_eq!(fixture.explained(invented.tag, Sought::Ticket(invented.ticket)).await, []);
    }

    async fn every_end_has_its_event(fixture: Fixture) {
        for (removal, over, event) in [
            (Removal::Revoked, Over::Revoked, "session.revoked"),
            (Removal::Ended, Over::Ended, "session.ended"),
            (Removal::Replaced, Over::Ended, "session.replaced"),
        ] {
            let new = new_session("user");
            let created = fixture.create(&new).await;
            fixture.exchange(&attempt(&new)).await;
            assert!(fixture.remove(&created.handle, removal).await);
            let known = fixture.known(&new).await;
            assert_eq!((known.now.clone(), names(&known).last().copied()), (Err(over), Some(event)));
        }
        let limit = Some(SessionLimit { most: 1, when_full: WhenFull::EndOldest });
        let limited = SessionPolicy { limit, ..SessionPolicy::default() };
        let new = NewSession { policy: limited, ..new_session("limited") };
        fixture.create(&new).await;
        fixture.exchange(&attempt(&new)).await;
        let other = NewDirectSession { policy: limited, ..new_direct("limited") };
        opened(fixture.store.open(&other).await);
        let known = fixture.known(&new).await;
        assert_eq!(known.now, Err(Over::Displaced));
        assert_eq!(names(&known), ["session.created", "session.exchanged", "session.displaced"]);
        let (pending, direct) = (new_session("all"), new_direct("all"));
        fixture.create(&pending).await;
        let direct = opened(fixture.store.open(&direct).await).session;
        assert_eq!(fixture.store.revoke_all(pending.tag, None).await.expect("a count"), 2);
        let known = fixture.known(&pending).await;
        assert_eq!((known.stage, names(&known)), (Stage::Link, vec!["session.created", "session.revoked"]));
        let known = fixture.explained(pending.tag, Sought::Handle(direct.handle)).await;
        assert_eq!((known[0].stage, names(&known[0])), (Stage::Direct, vec!["session.created", "session.revoked"]));
    }

    async fn there_is_always_room_for_what_changes_a_session(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        // Scanners first, and still the person is told.
        for looks_like in [LooksLike::Scanner, LooksLike::Prefetch, LooksLike::Browser] {
            for _ in 0..20 {
                fixture.note(&new, Happening::Opened(looks_like)).await;
            }
        }
        let known = fixture.known(&new).await;
        assert!(known.events.iter().any(|event| event.what == Happening::Opened(LooksLike::Browser)));
        fixture.exchange(&attempt(&new)).await;
        for _ in 0..20 {
            fixture.exchange(&attempt(&new)).await;
        }
        for refusal in [Refusal::OriginNotListed, Refusal::PortalGone, Refusal::PortalDisabled] {
            for _ in 0..20 {
                fixture.note(&new, Happening::Refused(refusal)).await;
            }
            let known = fixture.known(&new).await;
            assert!(known.events.iter().any(|event| event.what == Happening::Refused(refusal)), "{refusal:?}");
        }
        assert!(fixture.remove(&created.handle, Removal::Revoked).await);
        let known = fixture.known(&new).await;
        let count = |name: &str| names(&known).iter().filter(|event| **event == name).count();
        assert_eq!((count("session.opened"), count("session.refused")), (MOST_OPENINGS, MOST_REFUSALS));
        assert_eq!((count("session.exchanged"), names(&known).last().copied()), (1, Some("session.revoked")));
        assert!(known.events.len() <= MOST_EVENTS);
    }

    async fn a_history_outlives_its_session_by_its_days(fixture: Fixture) {
        let (link, session) = (new_session("link"), new_session("session"));
        for new in [&link, &session] {
            fixture.create(new).await;
        }
        fixture.exchange(&attempt(&session)).await;
        fixture.forward(DAY + 4 * Duration::from_secs(3_600));
        for (new, stage) in [(&link, Stage::Link), (&session, Stage::Exchanged)] {
            assert_gone(&fixture.exchange(&attempt(new)).await, if stage == Stage::Link { Refusal::Expired } else { Refusal::Used });
            let known = fixture.known(new).await;
            assert_eq!((known.stage, known.now.clone()), (stage, Err(Over::Expired)));
            assert_eq!(names(&known).last(), Some(&"session.refused"), "long after the index was forgotten before");
        }
        fixture.forward(KEPT);
        for new in [&link, &session] {
            assert_eq!(fixture.explained(new.tag, Sought::Latest(20)).await, []);
        }
    }

    async fn a_session_that_nobody_used_is_idle_and_told_so_once(fixture: Fixture) {
        let policy = SessionPolicy { idle_timeout_ms: Some(60_000), limit: None };
        let new = NewSession { policy, ..new_session("user") };
        fixture.create(&new).await;
        let attempt = attempt(&new);
        fixture.exchange(&attempt).await;
        fixture.forward(Duration::from_secs(62));
        assert_eq!(fixture.known(&new).await.now, Err(Over::Idle), "before anybody notices");
        for _ in 0..2 {
            assert_eq!(fixture.refusal_of(new.tag, &attempt.token).await, Some(Refusal::Idle));
        }
        let known = fixture.known(&new).await;
        assert_eq!((known.now.clone(), names(&known)), (Err(Over::Idle), vec!["session.created", "session.exchanged", "session.idle"]));
    }

    async fn asking_changes_nothing(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        let asked = [Sought::Ticket(new.ticket), Sought::Handle(created.handle), Sought::Latest(1)];
        for sought in asked.into_iter().chain(asked) {
            let known = fixture.explained(new.tag, sought).await;
            assert_eq!((known[0].now.as_ref(), known[0].events.len()), (Ok(&created), 1));
        }
        assert!(matches!(fixture.exchange(&attempt(&new)).await, Exchange::Done(_, _)));
    }

    async fn the_latest_are_the_newest_of_this_user(fixture: Fixture) {
        let mut handles = Vec::new();
        for _ in 0..5 {
            handles.insert(0, fixture.create(&new_session("user")).await.handle);
            fixture.forward(SECOND);
        }
        fixture.create(&new_session("other")).await;
        let latest = fixture.explained(tag_of("user"), Sought::Latest(3)).await;
        assert_eq!(latest.iter().map(|known| known.handle).collect::<Vec<_>>(), handles[..3]);
    }
}
