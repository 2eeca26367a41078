//! An outage is not a logout: while Redis is away every endpoint says so and nothing is cleared, and when it is
//! back everything goes on by itself.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::errors::assert_is_problem;
use crate::support::app::{ACME_LIVE, Call, Kind, Reply, TestApp, text};
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::redis_server::{RedisServer, free_port};
use crate::support::swallowing_proxy::SwallowingProxy;

const OUTAGE: &str = "application/service_unavailable";

fn assert_is_outage(what: &str, reply: &Reply) {
    assert_eq!((reply.status, &*reply.code()), (503, OUTAGE), "{what}: {}", reply.text);
    assert_is_problem(reply);
    let seconds: u64 = reply.header("retry-after").parse().expect("whole seconds");
    assert!((1..=60).contains(&seconds), "{what}: {seconds}");
    assert!(reply.set_cookies().is_empty(), "{what} touches a cookie");
    assert_eq!((reply.header("location"), reply.header("portal-redirect")), ("", ""), "{what}");
    assert_eq!(reply.error().get("redirectUrl"), None, "{what}");
    assert_eq!(reply.header("clear-site-data"), "", "{what}");
}

/// Asks for readiness until it is there.
async fn recovers(app: &TestApp) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while app.get("/health/ready").send().await.status != 200 {
        assert!(Instant::now() < deadline, "the gateway does not recover");
    }
}

struct Signed {
    app: TestApp,
    id: String,
    token: String,
    pending: String,
}

async fn signed_in() -> Signed {
    let app = TestApp::start(Kind::Redis).await;
    let (id, token) = app.sign_in(ACME_LIVE, json!({ "returnUrl": "https://app.example.com/own" })).await;
    let pending = text(&app.create(json!({})).await["sessionId"]).to_owned();
    Signed { app, id, token, pending }
}

/// A valid call of every endpoint that needs the store.
fn every_call(signed: &Signed) -> Vec<(&'static str, Call)> {
    let Signed { app, id, token, pending } = signed;
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    let authorize = |query: &str| app.get(&format!("/v2/portal.authorize{query}")).cookie(token);
    let navigate = |query: &str| authorize(query).header("sec-fetch-mode", "navigate");
    let backend = |verb: &str, body| app.post(&format!("/v2/portal.{verb}"), body).bearer(ACME_LIVE);
    let create = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["a"] });
    let exchange = || app.post("/v2/portal.exchangeSession", json!({ "sessionId": pending }));
    vec![
        ("createSession", backend("createSession", create)),
        ("revokeSession by id", backend("revokeSession", json!({ "id": id }))),
        ("revokeSession of all", backend("revokeSession", user.clone())),
        ("listSessions", backend("listSessions", user)),
        ("exchangeSession", exchange()),
        (
            "exchangeSession of a page",
            exchange().header("origin", "https://portal.example.com").cookie(token),
        ),
        ("getSession by cookie", app.get("/v2/portal.getSession").cookie(token)),
        ("getSession by token", app.get("/v2/portal.getSession").bearer(token)),
        ("getSession by POST", app.post("/v2/portal.getSession", json!({})).cookie(token)),
        (
            "endSession by cookie",
            app.post("/v2/portal.endSession", json!({}))
                .cookie(token)
                .header("sec-fetch-site", "same-origin"),
        ),
        ("endSession by token", app.post("/v2/portal.endSession", json!({})).bearer(token)),
        ("authorize", authorize("")),
        ("authorize with a permission", authorize("?permission=keys:read&slug=my-portal")),
        ("authorize for nginx", authorize("?deny=status")),
        ("authorize of a navigation", navigate("?slug=my-portal")),
        ("authorize of a navigation for nginx", navigate("?deny=status")),
        (
            "authorize with a hint",
            app.get("/v2/portal.authorize")
                .bearer(token)
                .header("cookie", "portal_hint=my-portal")
                .header("sec-fetch-mode", "navigate"),
        ),
        ("readiness", app.get("/health/ready")),
    ]
}

#[tokio::test]
async fn every_endpoint_says_that_the_store_is_away_and_nobody_is_logged_out() {
    let signed = signed_in().await;
    let Signed { app, id, token, .. } = &signed;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    redis.stop();
    for (what, call) in every_call(&signed) {
        assert_is_outage(what, &call.send().await);
    }
    let plain =
        app.get("/v2/portal.getSession").cookie(token).header("accept", "application/json").send().await;
    plain.expect(503, OUTAGE);
    assert_eq!(plain.header("content-type"), "application/json");
    assert_ne!(plain.header("retry-after"), "");
    let live = app.get("/health/live").send().await;
    assert_eq!(live.status, 200, "the process is well: {}", live.text);

    redis.start_again();
    recovers(app).await;
    let session = app.get("/v2/portal.getSession").cookie(token).send().await;
    assert_eq!(session.status, 200, "the same cookie works: {}", session.text);
    assert_eq!(session.data()["id"], **id);
    // Nothing that was refused has happened after all.
    let list = app
        .backend(ACME_LIVE, "listSessions", json!({ "slug": "my-portal", "externalId": "user_123" }))
        .await;
    assert_eq!(list.data().as_array().map(Vec::len), Some(2), "{}", list.text);
    let navigation = app.get("/v2/portal.authorize").cookie(token).header("sec-fetch-mode", "navigate");
    assert_eq!(navigation.send().await.status, 200);
}

#[tokio::test]
async fn what_needs_no_store_is_answered_in_an_outage() {
    let app = TestApp::start(Kind::Redis).await;
    app.redis.as_ref().expect("this gateway has a Redis").stop();
    app.exchange("x").await.expect(401, "authentication/portal_session_not_found");
    app.get("/v2/portal.getSession").send().await.expect(401, "authentication/portal_token_missing");
    app.backend("rk_live_nobody", "listSessions", json!({}))
        .await
        .expect(401, "authentication/key_not_found");
    app.backend(ACME_LIVE, "createSession", json!({})).await.expect(400, "application/invalid_input");
    app.get("/nowhere").send().await.expect(404, "bad_request/route_not_found");
    let home =
        app.get("/v2/portal.authorize?slug=my-portal").header("sec-fetch-mode", "navigate").send().await;
    assert_eq!(home.status, 302, "who brings no session at all goes for one: {}", home.text);
    let page = app.call(Method::GET, "/errors/application/service_unavailable").send().await;
    assert_eq!(page.status, 200, "the page that explains it");
}

#[tokio::test]
async fn a_gateway_that_is_there_before_its_redis_recovers_by_itself() {
    let port = free_port();
    let app = TestApp::start_at(&format!("redis://127.0.0.1:{port}/0"), |config| config).await;
    assert_eq!(app.get("/health/live").send().await.status, 200);
    assert_is_outage("readiness", &app.get("/health/ready").send().await);
    assert_is_outage("createSession", &app.create_with(ACME_LIVE, json!({})).await);
    let _redis = RedisServer::start_on_port(port, &[]);
    recovers(&app).await;
    let token = app.signed_in(json!({})).await;
    assert!(app.accepts(&token).await);
}

#[tokio::test]
async fn a_redis_that_comes_and_goes_is_found_every_time() {
    let Signed { app, token, .. } = signed_in().await;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    for _ in 0..3 {
        redis.stop();
        assert_is_outage("getSession", &app.get("/v2/portal.getSession").cookie(&token).send().await);
        redis.start_again();
        recovers(&app).await;
        assert!(app.accepts(&token).await);
    }
}

/// Whoever is refused is answered soon, whether or not the refusal can be noted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_the_store_never_answers_holds_nobody_up() {
    let redis = RedisServer::start();
    let proxy = FaultyProxy::start(redis.port(), b"}:h:").await;
    let timeout = Duration::from_secs(4);
    let lines = format!("store.timeout_ms = {}\n", timeout.as_millis());
    let app = TestApp::start_at(&format!("redis://127.0.0.1:{}", proxy.port), |config| lines + &config).await;
    let created = app.create(json!({ "slug": "hosted-portal" })).await;
    proxy.mute_next(2);
    let began = Instant::now();
    let landing = format!("/portal/hosted-portal?session={}", text(&created["sessionId"]));
    let reply = app.get(&landing).send().await;
    assert_eq!((reply.status, proxy.muted()), (200, 1), "{}", reply.text);
    assert!(began.elapsed() < timeout, "{:?}", began.elapsed());
}

/// The repeat finds nothing more to end. `revoked: 0` would tell that nothing had been there, and the audit log too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_whose_reply_was_lost_counts_what_it_ended() {
    let redis = RedisServer::start();
    // An argument of the script that ends one session, and a key that the one which ends all is told of in its last call.
    let (one, all) = (
        SwallowingProxy::start(redis.port(), b"\r\n$1\r\nr\r\n").await,
        SwallowingProxy::start(redis.port(), b"}:b:").await,
    );
    for (proxy, by_user, ended) in [(&one, false, 1), (&all, true, 3)] {
        let app = TestApp::start_at(&format!("redis://127.0.0.1:{}", proxy.port), |config| config).await;
        let created = app.create(json!({})).await;
        let token = app.signed_in(json!({})).await;
        let other = app.signed_in(json!({})).await;
        let body = if by_user { json!({ "externalId": "user_123" }) } else { json!({ "token": token }) };
        // The server knows the scripts, so the reply that is lost is the one that counts.
        for warm in [
            json!({ "token": app.signed_in(json!({ "externalId": "warm" })).await }),
            json!({ "externalId": "warm" }),
        ] {
            app.backend(ACME_LIVE, "revokeSession", warm).await;
        }
        proxy.swallow_next(1);
        let revoked = app.backend(ACME_LIVE, "revokeSession", body).await;
        assert_eq!((revoked.status, revoked.data()), (200, json!({ "revoked": ended })), "{}", revoked.text);
        assert_eq!(proxy.swallowed(), 1, "the fault was caused");
        assert!(!app.accepts(&token).await);
        assert_eq!(app.accepts(&other).await, !by_user);
        let clear = json!({ "externalId": "user_123" });
        app.backend(ACME_LIVE, "revokeSession", clear).await;
        assert_eq!(app.exchange(text(&created["sessionId"])).await.status, 401);
    }
}
