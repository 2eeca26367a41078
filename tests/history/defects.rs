//! The checker can fail: gateways whose store has a defect, made here and nowhere else, are all found out.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use vestibule::config::Settings;
use vestibule::domain::credential::{Digest, DirectToken};
use vestibule::domain::environment::Environment;
use vestibule::domain::error::Refusal;
use vestibule::domain::explained::Known;
use vestibule::domain::handle::{Handle, HandleSuffix};
use vestibule::domain::history::Happening;
use vestibule::domain::idempotency::TokenDeriver;
use vestibule::domain::landing_pass::LandingNonces;
use vestibule::domain::portals::Product;
use vestibule::domain::ports::{
    Exchange, ExchangeAttempt, Found, Gone, Histories, Lookup, Named, NewDirectSession, NewSession,
    NotAllRevoked, OnBehalf, Opening, Peek, Position, Readiness, Record, Removal, SessionStore, Sought,
    StoreError, Stored,
};
use vestibule::domain::session::PortalSession;
use vestibule::domain::user_tag::{UserTag, UserTagger};
use vestibule::http::AuditTrail;
use vestibule::http::gateway::Gateway;
use vestibule::http::gateway::languages::Languages;
use vestibule::http::gateway::limits::Limits;
use vestibule::http::listen;
use vestibule::store::memory::MemoryStore;
use vestibule::telemetry::Metrics;

use crate::support::app::{config, in_portal, settings};
use crate::support::gateway::eventually;
use crate::support::history::History;
use crate::support::history::checker::{Promise, check};
use crate::support::history::load::{Load, Plan};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    None,
    /// A spent ticket is there again, as after a failover without a fence.
    SpentTicketReturns,
    /// A revocation or an end is acknowledged, and has no effect.
    RemovalIsLost,
    /// A store that does not answer is read as one that knows nothing.
    OutageIsALogout,
    /// A repeat does not find its own success.
    RepeatIsRefused,
    /// The reply to an opening is lost, and the repeat opens a session of its own.
    RepeatOpensAnother,
    /// A repeated opening brings a session back that has ended.
    RepeatRevives,
}

/// Every so many calls that could show it, the defect shows.
const RARELY: u64 = 7;

struct Defective {
    store: Arc<MemoryStore>,
    defect: Defect,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: u64,
    created: Vec<NewSession>,
}

impl Defective {
    fn shows(&self, defect: Defect) -> bool {
        let mut state = self.state.lock().expect("no panic");
        state.calls += 1;
        self.defect == defect && state.calls.is_multiple_of(RARELY)
    }

    fn remembered(&self, ticket: &Digest) -> Option<NewSession> {
        let state = self.state.lock().expect("no panic");
        state.created.iter().find(|new| new.ticket == *ticket).cloned()
    }
}

/// In a place of its own: the store in process knows a ticket, and a token, only once.
fn another_store() -> MemoryStore {
    MemoryStore::new(Arc::new(vestibule::app::SystemClock))
}

fn gone() -> Gone {
    Gone::new(Refusal::Unknown, None)
}

#[async_trait]
impl Histories for Defective {
    async fn explain(&self, tag: UserTag, sought: &Sought) -> Result<Vec<Known>, StoreError> {
        self.store.explain(tag, sought).await
    }

    async fn note(&self, tag: UserTag, ticket: &Digest, what: &Happening) -> Result<(), StoreError> {
        self.store.note(tag, ticket, what).await
    }
}

#[async_trait]
impl SessionStore for Defective {
    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        if self.shows(Defect::RepeatOpensAnother) {
            let (suffix, token) =
                (HandleSuffix::mint(), DirectToken::mint(Environment::Live, new.tag).digest());
            self.store.open(&NewDirectSession { suffix, token, ..new.clone() }).await?;
        }
        match self.store.open(new).await? {
            Opening::TooLate if self.shows(Defect::RepeatRevives) => another_store().open(new).await,
            opening @ (Opening::Done(_) | Opening::TooLate | Opening::Full) => Ok(opening),
        }
    }

    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError> {
        self.state.lock().expect("no panic").created.push(new.clone());
        self.store.create(new).await
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let result = self.store.exchange(attempt).await?;
        match &result {
            Exchange::Gone(_) if self.shows(Defect::SpentTicketReturns) => {
                let Some(new) = self.remembered(&attempt.ticket) else { return Ok(result) };
                let other = another_store();
                other.create(&new).await?;
                other.exchange(attempt).await
            }
            Exchange::Done(session, _) if self.shows(Defect::RepeatIsRefused) => {
                let is_repeat = session.exchanged_at_ms.is_some_and(|at_ms| at_ms + 1 < now_ms());
                Ok(if is_repeat { Exchange::Gone(gone()) } else { result })
            }
            Exchange::Gone(_) | Exchange::Done(_, _) | Exchange::NotAdmitted(_) | Exchange::Full(_) => {
                Ok(result)
            }
        }
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        self.store.peek(tag, ticket).await
    }

    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        if self.shows(Defect::OutageIsALogout) {
            Ok(Found::Gone(gone()))
        } else {
            self.store.find(tag, token, lookup).await
        }
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        self.store.find_by_handle(handle).await
    }

    async fn settle(&self, tag: UserTag, behalf: OnBehalf) -> Result<(), StoreError> {
        self.store.settle(tag, behalf).await
    }

    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        if self.shows(Defect::RemovalIsLost) {
            Ok(true)
        } else {
            self.store.remove(handle, record, removal).await
        }
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, NotAllRevoked> {
        self.store.revoke_all(tag, kept).await
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        self.store.list(tag, before, limit).await
    }

    async fn portals_of(&self, workspace: &str) -> Result<Vec<String>, StoreError> {
        self.store.portals_of(workspace).await
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        self.store.now_ms().await
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        self.store.ready().await
    }
}

fn now_ms() -> u64 {
    use vestibule::domain::ports::Clock;
    vestibule::app::SystemClock.now_ms()
}

/// Two gateways that share the defective store, under load for so many calls; what the checker says.
async fn promises_broken_by(defect: Defect) -> Vec<Promise> {
    let store: Arc<dyn SessionStore> = Arc::new(Defective {
        store: Arc::new(MemoryStore::new(Arc::new(vestibule::app::SystemClock))),
        defect,
        state: Mutex::default(),
    });
    let Settings { catalog, server, .. } =
        settings(&in_portal("my-portal", "direct = true")(config("memory:")));
    let catalog = Arc::new(ArcSwap::from_pointee(catalog));
    let make_gateway = move || Gateway {
        product: Product::new(
            catalog.clone(),
            store.clone(),
            Arc::new(UserTagger::new(&server.secret, &[])),
            Arc::new(TokenDeriver::new(&server.secret)),
            Arc::new(AuditTrail::new(Arc::new(Metrics::new().expect("the metrics register")))),
        ),
        metrics: Arc::new(Metrics::new().expect("the metrics register")),
        traces: None,
        limits: Arc::new(Limits::new(1_000_000, 1_000_000)),
        client_address_header: actix_web::http::header::X_FORWARDED_FOR,
        trusted_proxies: Vec::new(),
        untrusted: Arc::default(),
        stopping: Arc::default(),
        error_type_base: "https://sessions.example.com/errors".into(),
        strict_transport: true,
        landing_nonces: Arc::new(LandingNonces::new(&server.secret)),
        languages: Arc::new(Languages::load().expect("the languages load")),
        clock: Arc::new(vestibule::app::SystemClock),
        store_clock: Arc::new(vestibule::app::SystemClock),
    };
    let mut handles = Vec::new();
    let mut urls = Vec::new();
    for _ in 0..2 {
        let (server, address, _) =
            listen(([127, 0, 0, 1], 0).into(), 1, make_gateway.clone()).expect("it listens");
        handles.push(server.handle());
        urls.push(format!("http://{address}"));
        tokio::spawn(server);
    }
    let load = Load::start(urls, Plan::default());
    eventually("the load runs", Duration::from_secs(20), async || load.journal.count(|_| true) > 3_000).await;
    let violations = check(&History { events: load.stop().await, faults: Vec::new() });
    for handle in handles {
        handle.stop(false).await;
    }
    let mut promises: Vec<Promise> = violations.iter().map(|violation| violation.promise).collect();
    promises.dedup();
    promises
}

/// A short load may miss it by chance, so there is more than one.
async fn assert_found_out(defect: Defect, promise: Promise) {
    let mut broken = Vec::new();
    for _ in 0..4 {
        broken = promises_broken_by(defect).await;
        if broken.contains(&promise) {
            return;
        }
    }
    panic!("{promise:?} is not broken: {broken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_without_a_defect_breaks_no_promise() {
    assert_eq!(promises_broken_by(Defect::None).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_ticket_that_returns_is_found_out() {
    assert_found_out(Defect::SpentTicketReturns, Promise::OneSession).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_revocation_is_found_out() {
    assert_found_out(Defect::RemovalIsLost, Promise::StaysDead).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_that_looks_like_a_logout_is_found_out() {
    assert_found_out(Defect::OutageIsALogout, Promise::LivesUntilItsEnd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_that_is_refused_is_found_out() {
    assert_found_out(Defect::RepeatIsRefused, Promise::NobodyIsLockedOut).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_direct_session_of_one_request_is_found_out() {
    assert_found_out(Defect::RepeatOpensAnother, Promise::OneSession).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_direct_session_that_a_repeat_revives_is_found_out() {
    assert_found_out(Defect::RepeatRevives, Promise::StaysDead).await;
}
