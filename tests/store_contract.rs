//! The contract of `domain::ports::SessionStore`, proven of the store in memory and of every topology of Redis, with
//! time to fast-forward.

mod support;

use std::sync::Arc;
use std::time::Duration;

use support::app::FakeClock;
use support::redis_cluster::RedisCluster;
use support::redis_server::RedisServer;
use support::sentinel_set::SentinelSet;
use support::store::{
    active, assert_gone, attempt, new_session, redis_store, refusal_of, store_with, tag_of,
};
use vestibule::domain::admitted_portals::AdmittedPortals;
use vestibule::domain::credential::Digest;
use vestibule::domain::error::Refusal;
use vestibule::domain::ports::{
    Exchange, ExchangeAttempt, Found, Lookup, Named, NewSession, Peek, Position, Record, Removal,
    SessionStore,
};
use vestibule::domain::session::{PortalSession, State};
use vestibule::domain::user_tag::UserTag;
use vestibule::store::memory::MemoryStore;

const TICKET_TTL: Duration = Duration::from_secs(900);
const SESSION_TTL: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// A store with the means to let time pass.
struct Fixture {
    store: Arc<dyn SessionStore>,
    clock: Arc<FakeClock>,
    servers: Servers,
}

enum Servers {
    None,
    Single(RedisServer),
    Sentinels(Arc<SentinelSet>),
    Cluster(Arc<RedisCluster>),
}

impl Fixture {
    fn memory() -> Self {
        let clock = FakeClock::new();
        let store = MemoryStore::new(clock.clone()).keeping(7 * 24 * Duration::from_secs(3_600));
        Fixture { store: Arc::new(store), clock, servers: Servers::None }
    }

    fn redis() -> Self {
        Self::on(RedisServer::start())
    }

    fn on(redis: RedisServer) -> Self {
        let store = redis_store(&redis.url(), true);
        Fixture { store, clock: FakeClock::new(), servers: Servers::Single(redis) }
    }

    fn valkey() -> Self {
        let redis = RedisServer::valkey(&[]);
        let store = redis_store(&redis.url(), true);
        Fixture { store, clock: FakeClock::new(), servers: Servers::Single(redis) }
    }

    /// On sentinels that other checks use after this one.
    fn sentinels(set: &Arc<SentinelSet>) -> Self {
        Self::sentinels_at(set, &set.url(), "")
    }

    fn sentinels_at(set: &Arc<SentinelSet>, url: &str, lines: &str) -> Self {
        set.primary().command(&["FLUSHALL"]);
        let store = store_with(url, lines);
        Fixture { store, clock: FakeClock::new(), servers: Servers::Sentinels(set.clone()) }
    }

    /// On a cluster that other checks use after this one.
    fn cluster(cluster: &Arc<RedisCluster>) -> Self {
        Self::cluster_at(cluster, &cluster.url(), "")
    }

    fn cluster_at(cluster: &Arc<RedisCluster>, url: &str, lines: &str) -> Self {
        for node in cluster.masters() {
            node.command(&["FLUSHALL"]);
        }
        let store = store_with(url, lines);
        Fixture { store, clock: FakeClock::new(), servers: Servers::Cluster(cluster.clone()) }
    }

    fn forward(&self, by: Duration) {
        self.clock.forward(by);
        match &self.servers {
            Servers::None => (),
            Servers::Single(redis) => redis.forward(by),
            Servers::Sentinels(set) => set.primary().forward(by),
            Servers::Cluster(cluster) => cluster.forward(by),
        }
    }

    async fn create(&self, new: &NewSession) -> PortalSession {
        self.store.create(new).await.expect("the store creates").session
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Exchange {
        self.store.exchange(attempt).await.expect("the store exchanges")
    }

    async fn active(&self, user: &str) -> (PortalSession, Digest) {
        active(self.store.as_ref(), user).await
    }

    async fn refusal_of(&self, tag: UserTag, token: &Digest) -> Option<Refusal> {
        refusal_of(self.store.as_ref(), tag, token).await
    }
}

macro_rules! contract {
    ($($(#[$meta:meta])* async fn $name:ident($fixture:ident: Fixture) $body:block)*) => {
        $(mod $name {
            use super::*;
            $(#[$meta])*
            pub async fn check($fixture: Fixture) $body
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn memory() { check(Fixture::memory()).await; }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn redis() { check(Fixture::redis()).await; }
        })*

        /// One after the other: servers that take seconds to start are shared.
        #[allow(clippy::print_stderr)] // Which one failed.
        pub(crate) async fn check_all(fixture: impl Fn() -> Fixture) {
            $(
                eprintln!("{}", stringify!($name));
                $name::check(fixture()).await;
            )*
        }
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_on_valkey() {
    check_all(Fixture::valkey).await;
    direct::check_all(Fixture::valkey).await;
    history::check_all(Fixture::valkey).await;
    idle::check_all(Fixture::valkey).await;
    limits::check_all(Fixture::valkey).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_with_sentinels() {
    let set = Arc::new(SentinelSet::start());
    check_all(|| Fixture::sentinels(&set)).await;
    direct::check_all(|| Fixture::sentinels(&set)).await;
    history::check_all(|| Fixture::sentinels(&set)).await;
    idle::check_all(|| Fixture::sentinels(&set)).await;
    limits::check_all(|| Fixture::sentinels(&set)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_contract_holds_on_a_cluster() {
    let cluster = Arc::new(RedisCluster::start());
    check_all(|| Fixture::cluster(&cluster)).await;
    direct::check_all(|| Fixture::cluster(&cluster)).await;
    history::check_all(|| Fixture::cluster(&cluster)).await;
    idle::check_all(|| Fixture::cluster(&cluster)).await;
    limits::check_all(|| Fixture::cluster(&cluster)).await;
}

contract! {
    async fn a_created_session_is_pending_and_keeps_every_field(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        assert_eq!(created.expires_at_ms - created.handle.created_at_ms, 900_000);
        assert_eq!(created.state_at(created.handle.created_at_ms), State::Pending);
        let found = fixture.store.find_by_handle(&created.handle).await.expect("an answer");
        let Some(found) = found else { panic!("it is there") };
        assert_eq!(found, Named { session: created.clone(), record: Record::Ticket(new.ticket) });
        assert_eq!(created.grant, new.grant);
    }

    async fn a_creation_repeated_after_a_lost_reply_is_one_session(fixture: Fixture) {
        let new = new_session("user");
        let first = fixture.create(&new).await;
        let second = fixture.create(&new).await;
        assert_eq!(first, second);
        assert_eq!(fixture.store.list(new.tag, None, 10).await.expect("a list").len(), 1);
    }

    /// As from a connection that lost packets: the gateway had its answer from the repeat, and the first try arrives
    /// when the ticket is spent or revoked.
    async fn a_creation_that_arrives_late_never_brings_its_ticket_back(fixture: Fixture) {
        let (spent, revoked) = (new_session("user"), new_session("user"));
        fixture.create(&spent).await;
        assert!(matches!(fixture.exchange(&attempt(&spent)).await, Exchange::Done(_, _)));
        let created = fixture.create(&revoked).await;
        assert!(fixture.store.remove(&created.handle, None, Removal::Revoked).await.expect("an answer"));
        fixture.forward(SECOND);
        fixture.create(&spent).await;
        assert_gone(&fixture.exchange(&attempt(&spent)).await, Refusal::Used);
        fixture.create(&revoked).await;
        assert_gone(&fixture.exchange(&attempt(&revoked)).await, Refusal::Revoked);
        assert_eq!(fixture.store.list(spent.tag, None, 10).await.expect("a list").len(), 1);
    }

    async fn a_session_that_is_found_by_its_handle_is_removed_where_it_lay_even_if_it_was_exchanged_meanwhile(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        let found = fixture.store.find_by_handle(&created.handle).await.expect("an answer").expect("it is there");
        let attempt = attempt(&new);
        fixture.exchange(&attempt).await;
        let again = fixture.store.find_by_handle(&created.handle).await.expect("an answer");
        assert_eq!(again.map(|found| found.record), Some(Record::Token(attempt.token)));
        let removed = fixture.store.remove(&created.handle, Some(found.record), Removal::Revoked).await;
        assert!(removed.expect("an answer"));
        assert_eq!(fixture.refusal_of(new.tag, &attempt.token).await, Some(Refusal::Revoked));
    }

    async fn a_ticket_is_exchanged_once(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        let first = attempt(&new);
        let Exchange::Done(session, _) = fixture.exchange(&first).await else { panic!("the first wins") };
        let exchanged_at_ms = session.exchanged_at_ms.expect("it is active");
        assert_eq!(session.handle, created.handle);
        assert_eq!(session.expires_at_ms, exchanged_at_ms + 86_400_000);
        assert_eq!(session.user_agent.as_deref(), Some("Mozilla/5.0 (Test)"));
        assert_eq!(session.grant, new.grant);
        assert_gone(&fixture.exchange(&attempt(&new)).await, Refusal::Used);
        let Found::Active(found) = fixture.store.find(new.tag, &first.token, Lookup::Glance).await.expect("an answer") else {
            panic!("the session is live")
        };
        assert_eq!(found, session);
    }

    async fn looking_at_a_ticket_leaves_it_as_it_is(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        for _ in 0..3 {
            let Peek::Pending(seen) = fixture.store.peek(new.tag, &new.ticket).await.expect("an answer") else {
                panic!("the ticket is there")
            };
            assert_eq!(seen, created);
        }
        assert!(matches!(fixture.exchange(&attempt(&new)).await, Exchange::Done(_, _)));
        let expired = new_session("user");
        fixture.create(&expired).await;
        fixture.forward(TICKET_TTL + SECOND);
        let unknown = new_session("user");
        for (gone, refusal) in
            [(&new, Refusal::Used), (&expired, Refusal::Expired), (&unknown, Refusal::Unknown)]
        {
            match fixture.store.peek(gone.tag, &gone.ticket).await.expect("an answer") {
                Peek::Gone(gone) => assert_eq!(gone.refusal, refusal),
                Peek::Pending(session) => panic!("{session:?} is no ticket any more"),
            }
        }
    }

    async fn a_repeated_attempt_finds_its_own_success(fixture: Fixture) {
        let new = new_session("user");
        fixture.create(&new).await;
        let attempt = attempt(&new);
        let Exchange::Done(first, _) = fixture.exchange(&attempt).await else { panic!("it wins") };
        let Exchange::Done(second, _) = fixture.exchange(&attempt).await else { panic!("it finds its success") };
        assert_eq!(first, second);
    }

    async fn a_repeat_is_honoured_for_a_minute_and_no_longer(fixture: Fixture) {
        let new = new_session("user");
        fixture.create(&new).await;
        let attempt = attempt(&new);
        fixture.exchange(&attempt).await;
        fixture.forward(Duration::from_secs(58));
        assert!(matches!(fixture.exchange(&attempt).await, Exchange::Done(_, _)));
        fixture.forward(3 * SECOND);
        assert_gone(&fixture.exchange(&attempt).await, Refusal::Used);
        assert_eq!(fixture.refusal_of(new.tag, &attempt.token).await, None, "the session itself lives on");
    }

    async fn a_repeat_of_a_portal_that_is_not_admitted_gets_nothing(fixture: Fixture) {
        let new = new_session("user");
        fixture.create(&new).await;
        let attempt = attempt(&new);
        fixture.exchange(&attempt).await;
        let elsewhere = ExchangeAttempt { portals: AdmittedPortals::new(["other"]), ..attempt };
        assert!(matches!(fixture.exchange(&elsewhere).await, Exchange::NotAdmitted(_)));
    }

    async fn a_repeated_attempt_never_brings_back_what_was_revoked(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        let attempt = attempt(&new);
        fixture.exchange(&attempt).await;
        assert!(fixture.store.remove(&created.handle, None, Removal::Revoked).await.expect("an answer"));
        assert_gone(&fixture.exchange(&attempt).await, Refusal::Used);
        assert_eq!(fixture.refusal_of(new.tag, &attempt.token).await, Some(Refusal::Revoked));
    }

    async fn of_fifty_racing_attempts_exactly_one_wins(fixture: Fixture) {
        for round in 0..10 {
            let new = new_session(&format!("user {round}"));
            fixture.create(&new).await;
            let racers: Vec<_> = (0..50)
                .map(|_| (fixture.store.clone(), attempt(&new)))
                .map(|(store, attempt)| tokio::spawn(async move { store.exchange(&attempt).await }))
                .collect();
            let mut winners = 0;
            for racer in racers {
                match racer.await.expect("no panic").expect("an answer") {
                    Exchange::Done(_, _) => winners += 1,
                    Exchange::Gone(gone) => assert_eq!(gone.refusal, Refusal::Used),
                    Exchange::NotAdmitted(session) | Exchange::Full(session) => panic!("{session:?}"),
                }
            }
            assert_eq!(winners, 1);
        }
    }

    async fn a_ticket_that_is_not_admitted_stays_unspent(fixture: Fixture) {
        let new = new_session("user");
        let created = fixture.create(&new).await;
        let refused = [
            AdmittedPortals::new([]),
            AdmittedPortals::new(["other", "my-portal-2", "my"]),
        ];
        for portals in refused {
            let attempt = ExchangeAttempt { portals, ..attempt(&new) };
            let Exchange::NotAdmitted(session) = fixture.exchange(&attempt).await else { panic!("{attempt:?}") };
            assert_eq!(session, created);
        }
        let portals = AdmittedPortals::new(["other", "my-portal"]);
        let attempt = ExchangeAttempt { portals, ..attempt(&new) };
        assert!(matches!(fixture.exchange(&attempt).await, Exchange::Done(_, _)));
    }

    async fn a_ticket_lives_until_its_time(fixture: Fixture) {
        let (early, late) = (new_session("early"), new_session("late"));
        fixture.create(&early).await;
        fixture.create(&late).await;
        fixture.forward(TICKET_TTL - SECOND);
        assert!(matches!(fixture.exchange(&attempt(&early)).await, Exchange::Done(_, _)));
        fixture.forward(SECOND);
        assert_gone(&fixture.exchange(&attempt(&late)).await, Refusal::Expired);
    }

    async fn a_session_lives_until_its_time(fixture: Fixture) {
        let (session, token) = fixture.active("user").await;
        fixture.forward(SESSION_TTL - SECOND);
        assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, None);
        fixture.forward(SECOND);
        assert_eq!(fixture.refusal_of(session.handle.tag, &token).await, Some(Refusal::Expired));
        assert_eq!(fixture.store.find_by_handle(&session.handle).await.expect("an answer"), None);
        assert!(!fixture.store.remove(&session.handle, None, Removal::Revoked).await.expect("an answer"));
    }

    async fn nothing_is_known_of_a_made_up_credential(fixture: Fixture) {
        let new = new_session("user");
        assert_gone(&fixture.exchange(&attempt(&new)).await, Refusal::Unknown);
        assert_eq!(fixture.refusal_of(new.tag, &attempt(&new).token).await, Some(Refusal::Unknown));
    }

    async fn a_removed_session_is_gone_and_tells_why(fixture: Fixture) {
        for (removal, refusal) in [(Removal::Revoked, Refusal::Revoked), (Removal::Ended, Refusal::Ended)] {
            let (session, token) = fixture.active("user").await;
            let (handle, tag) = (session.handle, session.handle.tag);
            assert!(fixture.store.remove(&handle, Some(Record::Token(token)), removal).await.expect("an answer"));
            assert_eq!(fixture.refusal_of(tag, &token).await, Some(refusal));
            assert!(!fixture.store.remove(&handle, Some(Record::Token(token)), removal).await.expect("an answer"));
        }
        let new = new_session("user");
        let pending = fixture.create(&new).await;
        assert!(fixture.store.remove(&pending.handle, None, Removal::Revoked).await.expect("an answer"));
        assert_gone(&fixture.exchange(&attempt(&new)).await, Refusal::Revoked);
    }

    async fn revoking_all_of_a_user_spares_everyone_else(fixture: Fixture) {
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(fixture.active("user").await.1);
        }
        let pending = new_session("user");
        fixture.create(&pending).await;
        let (_, other) = fixture.active("other").await;
        let tag = tag_of("user");
        assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 4);
        for token in &tokens {
            assert_eq!(fixture.refusal_of(tag, token).await, Some(Refusal::Revoked));
        }
        assert_gone(&fixture.exchange(&attempt(&pending)).await, Refusal::Revoked);
        assert_eq!(fixture.refusal_of(tag_of("other"), &other).await, None);
        assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 0);
        let (_, later) = fixture.active("user").await;
        assert_eq!(fixture.refusal_of(tag, &later).await, None, "a later session is not touched");
    }

    async fn a_portal_with_sessions_is_known_to_its_workspace(fixture: Fixture) {
        for user in ["user", "other"] {
            let new = new_session(user);
            fixture.store.begins_at(&new.grant.workspace, &new.grant.slug).await.expect("it is told");
            fixture.create(&new).await;
        }
        assert_eq!(fixture.store.portals_of("acme").await.expect("a list"), ["my-portal"]);
        assert!(fixture.store.portals_of("umbrella").await.expect("a list").is_empty());
    }

    async fn a_user_with_many_sessions_is_listed_and_revoked_completely(fixture: Fixture) {
        for _ in 0..450 {
            fixture.create(&new_session("user")).await;
        }
        let tag = tag_of("user");
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = fixture.store.list(tag, before, 100).await.expect("a list");
            let Some(last) = page.last() else { break };
            assert!(page.len() <= 100);
            before = Some(Position::from(last.handle));
            seen.extend(page.iter().map(|session| Position::from(session.handle)));
        }
        assert_eq!(seen.len(), 450);
        assert!(seen.is_sorted_by(|a, b| a > b), "newest first, none twice");
        assert_eq!(fixture.store.revoke_all(tag, None).await.expect("a count"), 450);
        assert!(fixture.store.list(tag, None, 100).await.expect("a list").is_empty());
    }

    async fn a_list_shows_what_is_live(fixture: Fixture) {
        let (active, _) = fixture.active("user").await;
        let (ended, token) = fixture.active("user").await;
        fixture.store.remove(&ended.handle, Some(Record::Token(token)), Removal::Ended).await.expect("an answer");
        fixture.forward(SECOND);
        let pending = fixture.create(&new_session("user")).await;
        fixture.active("other").await;
        let listed = fixture.store.list(tag_of("user"), None, 10).await.expect("a list");
        assert_eq!(listed, [pending, active.clone()]);
        fixture.forward(TICKET_TTL);
        let listed = fixture.store.list(tag_of("user"), None, 10).await.expect("a list");
        assert_eq!(listed, [active]);
    }

    async fn it_is_ready(fixture: Fixture) {
        fixture.store.ready().await.expect("ready");
    }
}

#[path = "store_contract/direct.rs"]
mod direct;
#[path = "store_contract/history.rs"]
mod history;
#[path = "store_contract/idle.rs"]
mod idle;
#[path = "store_contract/limits.rs"]
mod limits;
#[path = "store_contract/on_redis_alone.rs"]
mod on_redis_alone;
#[path = "store_contract/refused_writes.rs"]
mod refused_writes;
#[path = "store_contract/round_trips.rs"]
mod round_trips;
#[path = "store_contract/secured.rs"]
mod secured;
