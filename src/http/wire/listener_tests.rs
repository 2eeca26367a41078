//! The listener under defects: a store and a clock that panic, input that never becomes a request.

use std::io::{Read, Write};
use std::time::Instant;

use actix_web::guard::fn_guard;
use async_trait::async_trait;

use super::*;
use crate::domain::credential::Digest;
use crate::domain::explained::Known;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::idempotency::TokenDeriver;
use crate::domain::landing_pass::LandingNonces;
use crate::domain::portals::Product;
use crate::domain::ports::{
    Clock, Exchange, ExchangeAttempt, Found, Histories, Lookup, Named, NewDirectSession, NewSession,
    NotAllRevoked, OnBehalf, Opening, Peek, Position, Readiness, Record, Removal, SessionStore, Sought,
    StoreError, Stored,
};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::{UserTag, UserTagger};
use crate::http::answer::events::AuditTrail;
use crate::http::gateway::languages::Languages;
use crate::http::gateway::limits::Limits;
use crate::telemetry::{KeptLog, Metrics, log_of_this_thread};

/// A defect, wherever it is asked.
struct Broken;

impl Clock for Broken {
    fn now_ms(&self) -> u64 {
        panic!("a defect")
    }
}

#[async_trait]
impl Histories for Broken {
    async fn explain(&self, _: UserTag, _: &Sought) -> Result<Vec<Known>, StoreError> {
        panic!("a defect")
    }
    async fn note(&self, _: UserTag, _: &Digest, _: &Happening) -> Result<(), StoreError> {
        panic!("a defect")
    }
}

#[async_trait]
impl SessionStore for Broken {
    async fn create(&self, _: &NewSession) -> Result<Stored, StoreError> {
        panic!("a defect")
    }
    async fn open(&self, _: &NewDirectSession) -> Result<Opening, StoreError> {
        panic!("a defect")
    }
    async fn exchange(&self, _: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        panic!("a defect")
    }
    async fn peek(&self, _: UserTag, _: &Digest) -> Result<Peek, StoreError> {
        panic!("a defect")
    }
    async fn find(&self, _: UserTag, _: &Digest, _: Lookup) -> Result<Found, StoreError> {
        panic!("a defect")
    }
    async fn find_by_handle(&self, _: &Handle) -> Result<Option<Named>, StoreError> {
        panic!("a defect")
    }
    async fn settle(&self, _: UserTag, _: OnBehalf) -> Result<(), StoreError> {
        panic!("a defect")
    }
    async fn remove(&self, _: &Handle, _: Option<Record>, _: Removal) -> Result<bool, StoreError> {
        panic!("a defect")
    }
    async fn revoke_all(&self, _: UserTag, _: Option<Position>) -> Result<u64, NotAllRevoked> {
        panic!("a defect")
    }
    async fn list(
        &self,
        _: UserTag,
        _: Option<Position>,
        _: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        panic!("a defect")
    }
    async fn portals_of(&self, _: &str) -> Result<Vec<String>, StoreError> {
        panic!("a defect")
    }
    async fn now_ms(&self) -> Result<u64, StoreError> {
        panic!("a defect")
    }
    async fn ready(&self) -> Result<Readiness, StoreError> {
        panic!("a defect with internals to tell")
    }
}

fn broken_gateway() -> Gateway {
    Gateway {
        product: Product::new(
            Arc::default(),
            Arc::new(Broken),
            Arc::new(UserTagger::new(&"s".into(), &[])),
            Arc::new(TokenDeriver::new(&"s".into())),
            Arc::new(AuditTrail::new(Arc::new(Metrics::new().expect("the metrics register")))),
        ),
        metrics: Arc::new(Metrics::new().expect("the metrics register")),
        traces: None,
        limits: Arc::new(Limits::new(1, 1)),
        client_address_header: actix_web::http::header::X_FORWARDED_FOR,
        trusted_proxies: Vec::new(),
        untrusted: Arc::default(),
        stopping: Arc::default(),
        error_type_base: "https://sessions.example.com/errors".into(),
        strict_transport: false,
        landing_nonces: Arc::new(LandingNonces::new(&"s".into())),
        languages: Arc::new(Languages::load().expect("the languages load")),
        clock: Arc::new(Broken),
        store_clock: Arc::new(Broken),
    }
}

/// Logged before the request has reached a handler.
const IN_THE_GUARD: &str = "a guard is a defect";

/// The real ones, and one with that guard.
fn routes(config: &mut web::ServiceConfig) {
    let broken = web::route().guard(fn_guard(|_| {
        tracing::error!("{IN_THE_GUARD}");
        panic!("its internals")
    }));
    config.service(web::resource("/guarded").route(broken)).configure(crate::http::routes);
}

/// The line about this request that says how it was answered, once it is there.
fn answered(log: &KeptLog, id: &str) -> serde_json::Value {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let text = log.text();
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        if let Some(line) = lines.find(|line| line["span"]["request_id"] == id && line["status"].is_number())
        {
            return line;
        }
        assert!(Instant::now() < deadline, "no line of {id}");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_500_that_tells_nothing_and_the_gateway_goes_on() {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let log = KeptLog::default();
    let make_gateway = {
        let log = log.clone();
        // Runs on the worker's thread, which logs until it ends.
        move || {
            std::mem::forget(log_of_this_thread(log.clone()));
            broken_gateway()
        }
    };
    let (server, address, _door) = listen(loopback, 1, make_gateway, routes).expect("it listens");
    let handle = server.handle();
    tokio::spawn(server);
    for path in ["/health/ready", "/guarded"].repeat(2) {
        let mut stream = std::net::TcpStream::connect(address).expect("it accepts");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        assert!(answer.contains("errors/application/unexpected_error"), "{answer}");
        assert!(!answer.contains("internals"), "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
        let id = body["meta"]["requestId"].as_str().expect("an id");
        assert!(head.contains(&format!("x-request-id: {id}")), "{answer}");
        assert_eq!(answered(&log, id)["status"], 500);
        if path == "/guarded" {
            let text = log.text();
            assert!(text.lines().any(|line| line.contains(IN_THE_GUARD) && line.contains(id)), "{text}");
        }
    }
    handle.stop(false).await;
}

/// The task of a connection holds this twice, and the allocator rounds the task up. A little more takes half a KiB for each open
/// connection, which `benches/load/run` would tell only later.
#[test]
fn a_connection_takes_little_room() {
    // (The tests' own features of the libraries take 8 of them.)
    assert!(size_of::<Bounded<RawErrors<TcpStream>>>() <= 136);
}
