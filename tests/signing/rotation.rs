//! Keys are replaced while tokens are made and checked: whoever follows the three steps of `docs/tokens.md` breaks no
//! check, though the checking side keeps the key set for as long as it may.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use crate::support::app::{ACME_LIVE, TestApp, text};
use crate::support::forge::{claims_of, header_of};
use crate::support::gateway::{Gateway, eventually};
use crate::support::rust_api::RustApi;
use crate::support::signing_keys::{configured, make_key};

const TEN_MINUTES_S: u64 = 600;
/// Of the tokens that the load makes; the session tokens are those that live so long.
const LONGEST_LIFE_S: u64 = 3_600;
const LIMIT: Duration = Duration::from_secs(60);

/// A token that somebody holds, and when it ends by the clock of the test.
struct Held {
    token: String,
    ends_at_s: u64,
    is_session: bool,
}

/// Makes and checks tokens until it is told to stop.
struct Load {
    gateway: TestApp,
    api: RustApi,
    held: Mutex<Vec<Held>>,
    checks: AtomicUsize,
    failures: Mutex<Vec<String>>,
    key_ids: Mutex<HashSet<String>>,
    is_over: AtomicBool,
}

fn key_id_of(token: &str) -> String {
    text(&header_of(token)["kid"]).to_owned()
}

impl Load {
    fn new(gateway_url: &str) -> Arc<Self> {
        Arc::new(Load {
            gateway: TestApp::of_process(gateway_url),
            api: RustApi::new(gateway_url),
            held: Mutex::default(),
            checks: AtomicUsize::new(0),
            failures: Mutex::default(),
            key_ids: Mutex::default(),
            is_over: AtomicBool::new(false),
        })
    }

    async fn session_token(&self) -> String {
        let body =
            json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["a"], "format": "jwt" });
        text(&self.gateway.backend(ACME_LIVE, "createSessionToken", body).await.data()["token"]).to_owned()
    }

    /// For calls to other APIs, of a session that is there.
    async fn call_token(&self, session: &str) -> String {
        let reply = self.gateway.get("/v2/portal.getToken").bearer(session).send().await;
        text(&reply.data()["token"]).to_owned()
    }

    async fn assertion(&self, session: &str) -> String {
        let reply = self.gateway.get("/v2/portal.authorize?assertion=true").bearer(session).send().await;
        reply.header("portal-assertion").to_owned()
    }

    async fn run(self: Arc<Self>) {
        let browser = self.gateway.signed_in(json!({})).await;
        while !self.is_over.load(Ordering::SeqCst) {
            let now_s = self.api.now_s();
            self.hold(self.session_token().await, now_s, true).await;
            for token in [self.call_token(&browser).await, self.assertion(&browser).await] {
                self.hold(token, now_s, false).await;
            }
            self.check_one_of_those_held().await;
        }
    }

    async fn hold(&self, token: String, now_s: u64, is_session: bool) {
        let claims = claims_of(&token);
        let life_s = claims["exp"].as_u64().expect("seconds") - claims["iat"].as_u64().expect("seconds");
        self.key_ids.lock().expect("the ids").insert(key_id_of(&token));
        let held = Held { token, ends_at_s: now_s + life_s, is_session };
        self.check(&held).await;
        self.held.lock().expect("the tokens").push(held);
    }

    async fn check_one_of_those_held(&self) {
        let now_s = self.api.now_s();
        let held = {
            let mut all = self.held.lock().expect("the tokens");
            all.retain(|held| now_s < held.ends_at_s);
            let oldest = !all.is_empty();
            oldest.then(|| all.remove(0))
        };
        if let Some(held) = held {
            self.check(&held).await;
            self.held.lock().expect("the tokens").push(held);
        }
    }

    async fn check(&self, held: &Held) {
        let refused = self.api.check(&held.token).await.err().map(|error| error.to_string());
        let refused_by_gateway = held.is_session && !self.gateway.accepts(&held.token).await;
        // The clock may have been moved on in between.
        if (refused.is_some() || refused_by_gateway) && self.api.now_s() < held.ends_at_s {
            let what = format!("{refused:?}, by the gateway: {refused_by_gateway}, {}", held.token);
            self.failures.lock().expect("the failures").push(what);
        }
        self.checks.fetch_add(1, Ordering::SeqCst);
    }

    /// The load goes on for a while.
    async fn goes_on(&self) {
        let enough = self.checks.load(Ordering::SeqCst) + 100;
        let has_gone_on = async || self.checks.load(Ordering::SeqCst) >= enough;
        eventually("100 more checks", LIMIT, has_gone_on).await;
    }

    async fn time_passes(&self, seconds: u64) {
        self.api.clock.fetch_add(seconds, Ordering::SeqCst);
        self.goes_on().await;
    }
}

/// These keys in this order are in force.
fn reload(gateway: &mut Gateway, keys: &[&Path]) {
    gateway.write_config(&configured("memory:", keys));
    gateway.reload();
}

/// The runbook: publish last, move to the front, remove the old one.
async fn rotate(gateway: &mut Gateway, load: &Load, old: &Path, new: &Path) {
    reload(gateway, &[old, new]);
    load.time_passes(TEN_MINUTES_S).await;
    reload(gateway, &[new, old]);
    load.goes_on().await;
    load.time_passes(LONGEST_LIFE_S).await;
    reload(gateway, &[new]);
    load.goes_on().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rotations_under_load_fail_no_check() {
    let directory = tempfile::tempdir().expect("a directory");
    let make = |(name, algorithm)| make_key(directory.path(), name, algorithm);
    let keys: Vec<PathBuf> = [("1.pem", "ES256"), ("2.pem", "EdDSA"), ("3.pem", "ES256")].map(make).into();
    let mut gateway = Gateway::start_by(&configured("memory:", &[&keys[0]]), None);
    let load = Load::new(&gateway.url);
    let workers: Vec<_> = (0..3).map(|_| tokio::spawn(load.clone().run())).collect();
    load.goes_on().await;
    for pair in keys.windows(2) {
        rotate(&mut gateway, &load, &pair[0], &pair[1]).await;
    }
    load.is_over.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.expect("a worker ends");
    }
    let failures = load.failures.lock().expect("the failures");
    assert!(failures.is_empty(), "{} of {:?}: {:#?}", failures.len(), load.checks, failures.first());
    assert_eq!(load.key_ids.lock().expect("the ids").len(), 3, "each key has signed");
    let fetches = load.api.fetches.load(Ordering::SeqCst);
    assert!((5..=9).contains(&fetches), "the key set is kept: {fetches}");
}

/// What the steps are for: without them a key set that is kept does not know the new key, and one that is fresh no
/// longer knows the old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_replaced_at_once_breaks_checks() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old.pem", "new.pem"].map(|name| make_key(directory.path(), name, "ES256"));
    let mut gateway = Gateway::start_by(&configured("memory:", &[&old]), None);
    let load = Load::new(&gateway.url);
    let before = load.session_token().await;
    assert!(load.api.check(&before).await.is_ok());
    reload(&mut gateway, &[&new]);
    let after = load.session_token().await;
    assert!(load.api.check(&before).await.is_ok());
    assert!(load.api.check(&after).await.is_err());
    assert!(!load.gateway.accepts(&before).await, "the gateway has no key for it");
    load.api.clock.fetch_add(TEN_MINUTES_S, Ordering::SeqCst);
    assert!(load.api.check(&before).await.is_err());
    assert!(load.api.check(&after).await.is_ok());
}

/// A token that is kept for its session is not handed out once its key is gone, however often the configuration changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reload_brings_back_a_token_of_a_key_that_is_gone() {
    let directory = tempfile::tempdir().expect("a directory");
    let [old, new] = ["old.pem", "new.pem"].map(|name| make_key(directory.path(), name, "ES256"));
    let mut gateway = Gateway::start_by(&configured("memory:", &[&old]), None);
    let load = Load::new(&gateway.url);
    let browser = load.gateway.signed_in(json!({})).await;
    let gone = key_id_of(&load.call_token(&browser).await);
    for _ in 0..8 {
        reload(&mut gateway, &[&new]);
        // Each worker keeps its own.
        for _ in 0..8 {
            assert_ne!(key_id_of(&load.call_token(&browser).await), gone);
            assert_ne!(key_id_of(&load.assertion(&browser).await), gone);
        }
    }
}
