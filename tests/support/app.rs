//! The real gateway, started on a free port, with either store; and a client that speaks its wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use vestibule::app::{self, Running, SystemClock};
use vestibule::config::Settings;
use vestibule::domain::credential::RootKey;
use vestibule::domain::ports::Clock;

use super::redis_server::RedisServer;

pub const ACME_LIVE: &str = "rk_live_acme000000000000000000000000000000live";
pub const ACME_TEST: &str = "rk_test_acme000000000000000000000000000000test";
pub const ACME_LIMITED: &str = "rk_live_acme00000000000000000000000000limited";
pub const UMBRELLA_LIVE: &str = "rk_live_umbrella0000000000000000000000000live";

/// An origin that my-portal lists.
pub const PAGE: &str = "https://portal.example.com";
/// An origin that second-portal lists, and my-portal does not.
pub const SECOND_PAGE: &str = "https://second.example.com";
/// An origin that direct-portal lists.
pub const DIRECT_PAGE: &str = "https://direct.example.com";

/// The key that signs tokens in the tests (ES256), and only there.
pub const SIGNING_KEY_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/signing_key.pem");

/// What `portal.authorize` always answers a live session with.
pub const IDENTITY: [&str; 8] = [
    "portal-session-id",
    "portal-slug",
    "portal-external-id",
    "portal-organization-id",
    "portal-permissions",
    "portal-environment",
    "portal-preview",
    "portal-expires-at",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Redis,
}

/// A clock that only the test moves.
pub struct FakeClock(AtomicU64);

impl FakeClock {
    pub fn new() -> Arc<Self> {
        Arc::new(FakeClock(AtomicU64::new(1_742_000_000_000)))
    }

    /// At the time of a Redis on this machine, for a gateway that compares its clock with the store's.
    fn of_this_machine() -> Arc<Self> {
        Arc::new(FakeClock(AtomicU64::new(SystemClock.now_ms())))
    }

    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(u64::try_from(by.as_millis()).expect("a short time"), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub struct TestApp {
    pub base: String,
    pub client: reqwest::Client,
    pub redis: Option<Arc<RedisServer>>,
    clock: Arc<FakeClock>,
    running: Option<Running>,
}

impl TestApp {
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, |config| config).await
    }

    /// With a changed configuration.
    pub async fn start_with(kind: Kind, change: impl FnOnce(String) -> String) -> Self {
        let redis = (kind == Kind::Redis).then(|| Arc::new(RedisServer::start()));
        Self::start_on(redis, change).await
    }

    /// Another replica on the same Redis.
    pub async fn replica(&self) -> Self {
        Self::start_on(self.redis.clone(), |config| config).await
    }

    pub async fn start_on(redis: Option<Arc<RedisServer>>, change: impl FnOnce(String) -> String) -> Self {
        let url = redis.as_ref().map_or_else(|| "memory:".to_owned(), |redis| redis.url());
        let mut app = Self::start_at(&url, change).await;
        app.redis = redis;
        app
    }

    /// On a store that may not be there.
    pub async fn start_at(store_url: &str, change: impl FnOnce(String) -> String) -> Self {
        let clock = if store_url == "memory:" { FakeClock::new() } else { FakeClock::of_this_machine() };
        let settings = settings(&change(config(store_url)));
        let running = app::start(settings, clock.clone()).expect("the gateway starts");
        let base = format!("http://{}", running.address);
        TestApp { base, client: client(), redis: None, clock, running: Some(running) }
    }

    /// A gateway that runs as a process of its own.
    pub fn of_process(base: &str) -> Self {
        TestApp {
            base: base.to_owned(),
            client: client(),
            redis: None,
            clock: FakeClock::new(),
            running: None,
        }
    }

    /// To the time of this machine, for a portal that looks at its own clock.
    pub fn forward_to_now(&self) {
        self.forward(Duration::from_millis(SystemClock.now_ms() - self.clock.now_ms()));
    }

    /// Lets time pass for everything that is stored.
    pub fn forward(&self, by: Duration) {
        self.clock.forward(by);
        if let Some(redis) = &self.redis {
            redis.forward(by);
        }
    }

    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("the gateway runs")
    }

    /// Workspaces, keys and portals change while the gateway runs, as after `SIGHUP`.
    pub fn reload(&self, change: impl FnOnce(String) -> String) {
        self.running().reload(settings(&change(config("memory:"))));
    }

    pub async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(reqwest::Method::GET, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Call {
        Call(self.call(reqwest::Method::POST, path).0.json(&body))
    }

    /// As `curl` would: no header but those that are added.
    pub fn call(&self, method: reqwest::Method, path: &str) -> Call {
        Call(self.client.request(method, format!("{}{path}", self.base)))
    }

    /// The standard example's session, with further fields, created by `key`.
    pub async fn create_with(&self, key: &str, fields: Value) -> Reply {
        let mut body = json!({
            "slug": "my-portal",
            "externalId": "user_123",
            "permissions": ["api.*.read_key", "api.*.read_analytics"],
        });
        for (name, value) in fields.as_object().expect("fields are an object") {
            body[name] = value.clone();
        }
        self.post("/v2/portal.createSession", body).bearer(key).send().await
    }

    /// The data of a created session.
    pub async fn create(&self, fields: Value) -> Value {
        let reply = self.create_with(ACME_LIVE, fields).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.data().clone()
    }

    /// The ID of a created session.
    pub async fn fresh_id(&self, fields: Value) -> String {
        text(&self.create(fields).await["sessionId"]).to_owned()
    }

    /// An exchange in the making.
    pub fn exchanging(&self, session_id: &str) -> Call {
        self.post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }))
    }

    /// As a server-side portal does: no browser headers.
    pub async fn exchange(&self, session_id: &str) -> Reply {
        self.exchanging(session_id).send().await
    }

    /// Id and browser token of a fresh session that `key` created.
    pub async fn sign_in(&self, key: &str, fields: Value) -> (String, String) {
        let created = self.create_with(key, fields).await;
        assert_eq!(created.status, 200, "{}", created.text);
        let created = created.data();
        let reply = self.exchange(text(&created["sessionId"])).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        (text(&created["id"]).to_owned(), text(&reply.data()["token"]).to_owned())
    }

    /// The browser token of a fresh session.
    pub async fn signed_in(&self, fields: Value) -> String {
        self.sign_in(ACME_LIVE, fields).await.1
    }

    /// A backend's call of `portal.<verb>`.
    pub async fn backend(&self, key: &str, verb: &str, body: Value) -> Reply {
        self.post(&format!("/v2/portal.{verb}"), body).bearer(key).send().await
    }

    /// Whether a browser token is accepted. Anything but a yes or the one no fails the test.
    pub async fn accepts(&self, token: &str) -> bool {
        let reply = self.get("/v2/portal.getSession").bearer(token).send().await;
        if reply.status != 200 {
            reply.expect(401, "authentication/portal_session_not_found");
        }
        reply.status == 200
    }
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

/// The same credential, with one character of its random part changed.
pub fn mistyped(credential: &str) -> String {
    let (start, end) = credential.split_at(40);
    let other = if end.starts_with('x') { "y" } else { "x" };
    format!("{start}{other}{}", &end[1..])
}

/// The attributes of a `Set-Cookie` line, in alphabetical order.
pub fn attributes(line: &str) -> Vec<&str> {
    let mut attributes: Vec<_> = line.split("; ").skip(1).collect();
    attributes.sort_unstable();
    attributes
}

/// What must never pass as a return URL under https://app.example.com/.
pub fn open_redirects() -> Vec<String> {
    let lines = include_str!("../testdata/open_redirects.txt").lines();
    let lines = lines.filter(|line| !line.starts_with("# ") && !line.is_empty());
    let named = [("<CR>", "\r"), ("<LF>", "\n"), ("<TAB>", "\t"), ("<NUL>", "\0")];
    let put = |line: &str| {
        named.iter().fold(line.to_owned(), |line, (name, character)| line.replace(name, character))
    };
    lines.map(put).collect()
}

/// A change of the configuration: no key signs tokens.
pub fn without_signing_key(config: String) -> String {
    config.replace(&format!("[{SIGNING_KEY_FILE:?}]"), "[]")
}

/// A change of the configuration: further lines in one portal's section.
pub fn in_portal(slug: &str, lines: &str) -> impl FnOnce(String) -> String {
    let name = format!("slug = \"{slug}\"\n");
    move |config| config.replace(&name, &format!("{name}{lines}\n"))
}

/// A change of the configuration: my-portal at this public_url, with further lines in its section.
pub fn deployed_at(public_url: &str, lines: &str) -> impl FnOnce(String) -> String {
    let (add, own) = (in_portal("my-portal", lines), format!("public_url = \"{public_url}\""));
    move |config| add(config.replace("public_url = \"https://portal.example.com\"", &own))
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    client.timeout(Duration::from_secs(30)).build().expect("a client")
}

/// The tests' configuration with its keys and a store.
pub fn config(store_url: &str) -> String {
    config_from(include_str!("../testdata/gateway.toml"), store_url)
}

/// The same of another release.
pub fn config_from(template: &str, store_url: &str) -> String {
    let mut config = template.to_owned();
    let keys = [
        ("{acme-live}", ACME_LIVE),
        ("{acme-test}", ACME_TEST),
        ("{acme-limited}", ACME_LIMITED),
        ("{umbrella-live}", UMBRELLA_LIVE),
    ];
    for (place, key) in keys {
        config = config.replace(place, &RootKey::parse(key).expect("a root key").digest().to_hex());
    }
    let config = config.replace("{signing-key}", SIGNING_KEY_FILE);
    // The former release does not know the second key, and never runs on memory.
    let alone = if store_url == "memory:" { "store.allow_memory = true\n" } else { "" };
    format!("store.url = \"{store_url}\"\n{alone}{config}")
}

pub fn settings(config: &str) -> Settings {
    Settings::from_layers(config, std::iter::empty()).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// A request in the making.
pub struct Call(pub reqwest::RequestBuilder);

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        Call(self.0.header(name, value))
    }

    pub fn headers(self, headers: &[(&str, &str)]) -> Self {
        let add = |call: Self, (name, value): &(&str, &str)| call.header(name, value);
        headers.iter().fold(self, add)
    }

    /// From a page of this origin, or from none.
    pub fn page(self, origin: Option<&str>) -> Self {
        match origin {
            Some(origin) => self.header("origin", origin),
            None => self,
        }
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Call(self.0.body(body))
    }

    /// With my-portal's session cookie.
    pub fn cookie(self, token: &str) -> Self {
        self.header("cookie", &format!("__Host-portal_session_my-portal={token}"))
    }

    pub async fn send(self) -> Reply {
        let response = self.0.send().await.expect("the gateway answers");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.expect("a body of text");
        Reply { status, headers, text }
    }
}

/// A whole answer.
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    pub fn error(&self) -> Value {
        self.json()["error"].clone()
    }

    /// `category/code` of the error.
    pub fn code(&self) -> String {
        let error = self.error();
        let parts: Vec<&str> = text(&error["type"]).rsplit('/').take(2).collect();
        format!("{}/{}", parts[1], parts[0])
    }

    /// Where the faults of a 400 are.
    pub fn locations(&self) -> Vec<String> {
        let error = self.error();
        let faults = error["errors"].as_array().expect("every 400 has errors");
        assert!(
            faults.iter().all(|fault| !text(&fault["message"]).is_empty() && !text(&fault["fix"]).is_empty())
        );
        faults.iter().map(|fault| text(&fault["location"]).to_owned()).collect()
    }

    /// All values of a header.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.to_str().expect("a header of ASCII")).collect()
    }

    /// What must not tell two refusals apart: everything but the request's id and the date.
    pub fn but_its_id(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.header("x-request-id");
        let text = self.text.replace(id, "<id>");
        let told = |name: &&str| !["x-request-id", "date"].contains(name);
        let mut names: Vec<_> = self.headers.keys().map(|name| name.as_str()).filter(told).collect();
        names.sort_unstable();
        let headers = names.into_iter().map(|name| (name.to_owned(), self.header_values(name).join(", ")));
        (self.status, headers.collect(), text)
    }

    /// The names of the CORS headers.
    pub fn cors_headers(&self) -> Vec<&str> {
        let names = self.headers.keys().map(|name| name.as_str());
        names.filter(|name| name.starts_with("access-control-")).collect()
    }

    /// What a browser's jar holds after this answer, as it would send it.
    pub fn jar(&self) -> String {
        let pairs = self.set_cookies();
        let kept =
            pairs.iter().filter(|line| !line.ends_with("; Max-Age=0") && !line.contains("; Max-Age=0;"));
        let pairs = kept.filter_map(|line| line.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// What every answer under `/v2/` carries.
    pub fn expect_common_headers(&self) {
        let common = [
            ("cache-control", "no-store"),
            ("pragma", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-request-id", text(&self.json()["meta"]["requestId"])),
        ]
        .map(|(name, value)| (name, value.to_owned()));
        for (name, value) in common {
            assert_eq!(self.header(name), value, "{name}");
        }
        assert!(self.header("strict-transport-security").starts_with("max-age="), "the public_url is https");
        let id = self.header("x-request-id");
        let random = id.strip_prefix("req_").unwrap_or_default();
        assert!(random.len() >= 16 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    }

    /// A page for people: its status, and what every such page has and has not.
    pub fn expect_page(&self, status: u16, words: &str) {
        assert_eq!(
            (self.status, self.header("content-type")),
            (status, "text/html; charset=utf-8"),
            "{}",
            self.text
        );
        // Where a long word may be broken is no part of what the page says.
        let text = self.text.replace("<wbr>", "");
        assert!(text.contains(words), "{words:?} is not on the page: {}", self.text);
        let policy = self.header("content-security-policy");
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(
            (self.header("cache-control"), self.header("referrer-policy")),
            ("no-store", "no-referrer")
        );
        for outside in [" src=\"http", "href=\"//", "@import", "url(", "style=\"", "onclick"] {
            assert!(!self.text.contains(outside), "the page loads or runs something: {outside}");
        }
    }

    /// All `Set-Cookie` lines.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.header_values("set-cookie")
    }

    /// Status and code at once.
    pub fn expect(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
    }
}

/// Runs each test on both stores, each with a gateway of its own.
#[macro_export]
macro_rules! on_both_stores {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {
        $crate::on_both_stores! { with |config| config; $($(#[$meta])* async fn $name($app: TestApp) $body)* }
    };
    // With a changed configuration.
    (with $change:expr; $($(#[$meta:meta])* async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            use super::*;
            use $crate::support::app::Kind;

            $(#[$meta])*
            async fn check($app: TestApp) $body

            #[tokio::test]
            async fn memory() {
                check(TestApp::start_with(Kind::Memory, $change).await).await;
            }

            #[tokio::test]
            async fn redis() {
                check(TestApp::start_with(Kind::Redis, $change).await).await;
            }
        }
    )*};
}
