//! The limits of `[limits]`: what a refusal says, whose calls count together, and whose address is believed.

use serde_json::json;

use crate::errors::assert_is_problem;
use crate::support::app::{ACME_LIVE, ACME_TEST, Kind, Reply, TestApp, UMBRELLA_LIVE, text};

const LIMITED: &str = "too_many_requests/rate_limited";

/// A gateway with one exchange a minute, and what it trusts.
async fn start(trusted_proxies: &str) -> TestApp {
    let change = |config: String| {
        let config = config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 1");
        config.replace("[server]", &format!("[server]\ntrusted_proxies = [{trusted_proxies}]"))
    };
    TestApp::start_with(Kind::Memory, change).await
}

/// An exchange of `session_id` that says it comes by way of `forwarded_for`.
async fn exchange(app: &TestApp, forwarded_for: &str, session_id: &str) -> Reply {
    let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }));
    call.header("x-forwarded-for", forwarded_for).send().await
}

async fn is_limited(app: &TestApp, forwarded_for: &str) -> bool {
    let reply = exchange(app, forwarded_for, "x").await;
    if reply.status != 429 {
        reply.expect(401, "authentication/portal_session_not_found");
    }
    reply.status == 429
}

#[tokio::test]
async fn a_refusal_is_problem_json_for_everyone_and_says_when_to_come_back() {
    let change = |config: String| config.replace("exchange_per_minute = 1000000", "exchange_per_minute = 2");
    let app = TestApp::start_with(Kind::Memory, change).await;
    for _ in 0..2 {
        app.exchange("x").await.expect(401, "authentication/portal_session_not_found");
    }
    for accept in [
        "application/json",
        "application/json, text/plain, */*",
        "application/problem+json",
        "text/html",
        "*/*",
    ] {
        let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": "x" }));
        let reply = call.header("accept", accept).send().await;
        reply.expect(429, LIMITED);
        assert_is_problem(&reply);
        assert_eq!((reply.header("ratelimit-limit"), reply.header("ratelimit-remaining")), ("2", "0"));
        for name in ["retry-after", "ratelimit-reset"] {
            let seconds: u64 = reply.header(name).parse().expect("whole seconds");
            assert!((1..=60).contains(&seconds), "{name}: {seconds}");
        }
    }
}

#[tokio::test]
async fn a_trusted_proxy_tells_clients_apart() {
    let app = start("\"127.0.0.1\"").await;
    assert!(!is_limited(&app, "198.51.100.1").await);
    assert!(!is_limited(&app, "198.51.100.2").await, "another client");
    assert!(is_limited(&app, "198.51.100.1").await);
    // What the client itself wrote stands on the left, and is not believed.
    assert!(is_limited(&app, "203.0.113.7, 198.51.100.1").await);
    assert!(is_limited(&app, "198.51.100.77,198.51.100.2").await);
    // Behind another proxy of ours.
    assert!(is_limited(&app, "198.51.100.2, 127.0.0.1").await);
    assert!(!is_limited(&app, "198.51.100.3, 127.0.0.1").await);
}

#[tokio::test]
async fn an_untrusted_peer_cannot_choose_its_address() {
    for trusted in ["", "\"10.0.0.0/8\", \"127.0.0.2\""] {
        let app = start(trusted).await;
        assert!(!is_limited(&app, "198.51.100.1").await);
        for claimed in ["198.51.100.2", "127.0.0.1", "10.0.0.1, 10.0.0.2", "::1", "garbage", ""] {
            assert!(is_limited(&app, claimed).await, "{claimed:?} with {trusted:?} trusted");
        }
        let call = app.post("/v2/portal.exchangeSession", json!({ "sessionId": "x" }));
        let forwarded = call.header("forwarded", "for=198.51.100.9").header("x-real-ip", "198.51.100.9");
        forwarded.send().await.expect(429, LIMITED);
    }
}

#[tokio::test]
async fn an_ipv6_client_counts_by_its_network() {
    let app = start("\"127.0.0.1\"").await;
    assert!(!is_limited(&app, "2001:db8:0:1::1").await);
    assert!(is_limited(&app, "2001:db8:0:1:ffff::2").await);
    assert!(!is_limited(&app, "2001:db8:0:2::1").await);
}

#[tokio::test]
async fn a_limited_exchange_spends_nothing_and_limits_nothing_else() {
    let app = start("\"127.0.0.1\"").await;
    let created = app.create(json!({})).await;
    let session_id = text(&created["sessionId"]);
    assert!(!is_limited(&app, "198.51.100.1").await);
    exchange(&app, "198.51.100.1", session_id).await.expect(429, LIMITED);
    let done = exchange(&app, "198.51.100.2", session_id).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let token = text(&done.data()["token"]).to_owned();
    let get = app.get("/v2/portal.getSession").bearer(&token);
    assert_eq!(get.header("x-forwarded-for", "198.51.100.1").send().await.status, 200);
}

/// A gateway with one creation a minute.
async fn start_creating(rename: (&str, &str)) -> TestApp {
    let change = |config: String| {
        let config = config.replace(rename.0, rename.1);
        config.replace("create_per_minute = 1000000", "create_per_minute = 1")
    };
    TestApp::start_with(Kind::Memory, change).await
}

#[tokio::test]
async fn creations_count_by_root_key() {
    let app = start_creating(("", "")).await;
    assert_eq!(app.create_with(ACME_LIVE, json!({})).await.status, 200);
    let limited = app.create_with(ACME_LIVE, json!({})).await;
    limited.expect(429, LIMITED);
    assert_is_problem(&limited);
    assert_eq!(limited.header("ratelimit-limit"), "1");
    assert_eq!(app.create_with(ACME_TEST, json!({})).await.status, 200, "another key");
    let list = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", list).await;
    assert_eq!(listed.status, 200, "another endpoint");
}

#[tokio::test]
async fn keys_of_one_name_in_two_workspaces_count_apart() {
    let app = start_creating(("id = \"umbrella-live\"", "id = \"acme-live\"")).await;
    assert_eq!(app.create_with(ACME_LIVE, json!({})).await.status, 200);
    let other = app.create_with(UMBRELLA_LIVE, json!({ "slug": "umbrella-portal" })).await;
    assert_eq!(other.status, 200, "{}", other.text);
}
