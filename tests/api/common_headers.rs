//! What every response carries, whatever its kind: the request's id, no caching, the security headers.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;

use crate::support::app::{ACME_LIVE, Call, Kind, Reply, TestApp, text};

const PORTAL: &str = "https://portal.example.com";

/// One response of every kind, each with its expected status.
async fn every_kind(app: &TestApp) -> Vec<(&'static str, u16, Reply)> {
    let created = app.create(json!({})).await;
    let session_id = text(&created["sessionId"]);
    let preflight = |origin: &str| {
        let call = app.call(Method::OPTIONS, "/v2/portal.exchangeSession");
        call.header("origin", origin).header("access-control-request-method", "POST")
    };
    let exchange = || app.post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }));
    let create = json!({ "slug": "my-portal", "externalId": "user", "permissions": ["a"] });
    let large = app.call(Method::POST, "/v2/portal.exchangeSession");
    let large = large.header("content-type", "application/json").body(" ".repeat(20_000));
    let form = app.call(Method::POST, "/v2/portal.exchangeSession").header("content-type", "text/plain");
    let page = |accept: &str| app.get("/errors/authentication/missing").header("accept", accept);
    let calls: Vec<(&str, u16, Call)> = vec![
        ("a foreign origin", 403, exchange().header("origin", "https://evil.example")),
        ("a listed preflight", 204, preflight(PORTAL)),
        ("a foreign preflight", 204, preflight("https://evil.example")),
        ("an exchange", 200, exchange().header("origin", PORTAL)),
        ("a used session ID", 401, exchange().header("origin", PORTAL)),
        ("a rate limit", 429, app.post("/v2/portal.createSession", create).bearer(ACME_LIVE)),
        (
            "a list",
            200,
            app.post("/v2/portal.listSessions", json!({ "slug": "my-portal", "externalId": "x" }))
                .bearer(ACME_LIVE),
        ),
        ("an invalid body", 400, app.post("/v2/portal.listSessions", json!({})).bearer(ACME_LIVE)),
        ("no root key", 401, app.post("/v2/portal.listSessions", json!({}))),
        ("no session", 401, app.get("/v2/portal.getSession")),
        (
            "a redirect",
            302,
            app.get("/v2/portal.authorize?slug=my-portal").header("sec-fetch-mode", "navigate"),
        ),
        (
            "an unknown portal",
            404,
            app.post("/v2/portal.listSessions", json!({ "slug": "none", "externalId": "x" }))
                .bearer(ACME_LIVE),
        ),
        ("an unknown path", 404, app.get("/nowhere")),
        ("a wrong method", 405, app.get("/v2/portal.createSession")),
        ("a large body", 413, large),
        ("a form", 415, form.body("{}")),
        ("liveness", 200, app.get("/health/live")),
        ("readiness", 200, app.get("/health/ready")),
        ("a page for people", 200, page("text/html")),
        ("a page for tools", 200, page("application/json")),
        ("a page as it is", 200, page("*/*")),
    ];
    let mut replies = Vec::new();
    for (kind, status, call) in calls {
        replies.push((kind, status, call.send().await));
    }
    replies
}

#[tokio::test]
async fn every_response_has_an_id_of_its_own_and_the_security_headers() {
    let limited = |config: String| config.replace("create_per_minute = 1000000", "create_per_minute = 1");
    let app = TestApp::start_with(Kind::Memory, limited).await;
    let mut ids = HashSet::new();
    for (kind, status, reply) in every_kind(&app).await {
        assert_eq!(reply.status, status, "{kind}: {}", reply.text);
        let id = reply.header("x-request-id").to_owned();
        let random = id.strip_prefix("req_").expect("an id begins with req_");
        assert!(
            random.len() >= 16 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{kind}: {id}"
        );
        if reply.header("content-type").contains("json") && !kind.ends_with("ness") {
            assert_eq!(reply.json()["meta"]["requestId"], id, "{kind}");
        }
        assert!(ids.insert(id), "{kind} has the id of another response");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("pragma", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            let values: Vec<_> = reply.headers.get_all(name).iter().collect();
            assert_eq!(values, [value], "{name} of {kind}");
        }
        let hsts = reply.header("strict-transport-security");
        let age = hsts.strip_prefix("max-age=").and_then(|age| age.split(';').next());
        let age: u64 = age.and_then(|age| age.parse().ok()).unwrap_or(0);
        assert!(age >= 15_552_000, "{kind}: {hsts:?}");
        for name in ["server", "x-powered-by"] {
            assert_eq!(reply.header(name), "", "{name} of {kind}");
        }
    }
}

#[tokio::test]
async fn a_gateway_on_plain_http_does_not_insist_on_https() {
    let local = |config: String| {
        config.replace(
            "public_url = \"https://sessions.example.com\"",
            "public_url = \"http://localhost:8080\"",
        )
    };
    let app = TestApp::start_with(Kind::Memory, local).await;
    for path in ["/health/live", "/nowhere", "/v2/portal.getSession", "/errors/authentication/missing"] {
        let reply = app.get(path).send().await;
        assert!(!reply.headers.contains_key("strict-transport-security"), "{path}");
    }
}

#[tokio::test]
async fn a_callers_own_request_id_is_not_taken_over() {
    let app = TestApp::start(Kind::Memory).await;
    let own = "req_ofTheCallersOwnChoice";
    let reply = app.get("/nowhere").header("x-request-id", own).send().await;
    assert_eq!(reply.headers.get_all("x-request-id").iter().count(), 1);
    assert!(!reply.text.contains(own) && reply.header("x-request-id") != own);
}
