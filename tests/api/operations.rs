//! What an operator has: health, and metrics that count right and name nobody.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, TestApp, text};

/// A gateway with a listener for its metrics.
pub async fn with_metrics(kind: Kind) -> TestApp {
    let change = |config: String| config.replace("[server]", "[server]\nmetrics_listen = \"127.0.0.1:0\"");
    TestApp::start_with(kind, change).await
}

pub async fn metrics(app: &TestApp) -> String {
    let address = app.running().metrics_address.expect("a listener for metrics");
    let reply = Call(app.client.get(format!("http://{address}/metrics"))).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.header("content-type").starts_with("text/plain; version=0.0.4"));
    reply.text
}

/// The value of one series, written as in the text; 0 where there is none yet.
pub fn value(metrics: &str, series: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().expect("a whole number"))
}

/// Something of every kind that is counted.
async fn busy_day(app: &TestApp) -> Vec<String> {
    let created = app.create(json!({ "externalId": "canary-user", "email": "canary@example.com" })).await;
    let session_id = text(&created["sessionId"]).to_owned();
    let token = text(&app.exchange(&session_id).await.data()["token"]).to_owned();
    app.exchange(&session_id).await.expect(401, "authentication/portal_session_not_found");
    app.exchange("canary-malformed").await.expect(401, "authentication/portal_session_not_found");
    let foreign = app.post("/v2/portal.exchangeSession", json!({ "sessionId": session_id }));
    foreign.header("origin", "https://canary.example").send().await.expect(403, "authorization/forbidden");
    for _ in 0..3 {
        let call = app.get("/v2/portal.authorize?permission=canary:permission&slug=my-portal");
        call.bearer(&token).send().await.expect(403, "authorization/insufficient_permissions");
    }
    let (revoked, dead) = app.sign_in(ACME_LIVE, json!({ "slug": "second-portal" })).await;
    app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked })).await;
    assert!(!app.accepts(&dead).await);
    app.get("/v2/portal.getSession").send().await.expect(401, "authentication/portal_token_missing");
    app.get("/canary-path?session=canary-query").send().await;
    app.get("/errors/canary-category/canary-code").send().await;
    let brew = reqwest::Method::from_bytes(b"CANARYMETHOD").expect("a method");
    app.call(brew, "/v2/portal.authorize").header("x-canary", "canary").bearer(&token).send().await;
    vec![session_id, token, dead, ACME_LIVE.to_owned(), text(&created["id"]).to_owned()]
}

on_both_stores! {
    async fn a_healthy_gateway_is_live_and_ready(app: TestApp) {
        for (path, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
            let reply = app.get(path).send().await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert_eq!(reply.json(), json!({ "status": status }));
            // A load balancer sends whatever it sends.
            let odd = app.get(&format!("{path}?x=y")).header("origin", "https://evil.example").cookie("x").bearer("x");
            assert_eq!(odd.send().await.status, 200);
        }
    }

    async fn metrics_are_not_on_the_public_listener(app: TestApp) {
        app.get("/metrics").send().await.expect(404, "bad_request/route_not_found");
        assert_eq!(app.running().metrics_address, None, "off unless configured");
    }
}

#[tokio::test]
async fn the_metrics_listener_serves_metrics_alone() {
    let app = with_metrics(Kind::Memory).await;
    app.get("/metrics").send().await.expect(404, "bad_request/route_not_found");
    let address = app.running().metrics_address.expect("a listener for metrics");
    for path in ["/", "/health/live", "/v2/portal.getSession", "/v2/portal.authorize"] {
        let reply = Call(app.client.get(format!("http://{address}{path}"))).send().await;
        assert_eq!(reply.status, 404, "{path}");
    }
    assert!(!metrics(&app).await.is_empty());
    let head = Call(app.client.head(format!("http://{address}/metrics"))).send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

async fn counts_are_right(kind: Kind) {
    let app = with_metrics(kind).await;
    busy_day(&app).await;
    let metrics = metrics(&app).await;
    for (series, count) in [
        ("vestibule_sessions_created_total{environment=\"live\",portal=\"my-portal\"}", 1),
        ("vestibule_sessions_created_total{environment=\"live\",portal=\"second-portal\"}", 1),
        ("vestibule_exchanges_total{outcome=\"done\",portal=\"my-portal\"}", 1),
        ("vestibule_exchanges_total{outcome=\"done\",portal=\"second-portal\"}", 1),
        ("vestibule_exchanges_total{outcome=\"authentication/portal_session_not_found\",portal=\"none\"}", 2),
        ("vestibule_exchanges_total{outcome=\"authorization/forbidden\",portal=\"none\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"used\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"malformed\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"revoked\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"missing\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"origin_not_listed\"}", 1),
        ("vestibule_refusals_total{portal=\"my-portal\",reason=\"permission_not_held\"}", 3),
        ("vestibule_refusals_total{portal=\"none\",reason=\"expired\"}", 0),
        ("vestibule_http_requests_total{method=\"GET\",route=\"/v2/portal.authorize\",status=\"403\"}", 3),
        ("vestibule_http_requests_total{method=\"other\",route=\"/v2/portal.authorize\",status=\"200\"}", 1),
        ("vestibule_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"}", 1),
        (
            "vestibule_http_requests_total{method=\"POST\",route=\"/v2/portal.createSession\",status=\"200\"}",
            2,
        ),
        ("vestibule_http_request_duration_seconds_count{route=\"/v2/portal.createSession\"}", 2),
    ] {
        assert_eq!(value(&metrics, series), count, "{series} in\n{metrics}");
    }
}

#[tokio::test]
async fn counts_are_right_on_memory() {
    counts_are_right(Kind::Memory).await;
}

#[tokio::test]
async fn counts_are_right_on_redis() {
    counts_are_right(Kind::Redis).await;
}

/// However often the gateway asks for the address: for the limit, for an audit line, for the request's line.
#[tokio::test]
async fn an_address_that_is_not_believed_counts_once_for_its_request() {
    let app = with_metrics(Kind::Memory).await;
    let exchange = app.exchanging("x").header("x-forwarded-for", "192.0.2.1").send().await;
    exchange.expect(401, "authentication/portal_session_not_found");
    assert_eq!(value(&metrics(&app).await, "vestibule_client_addresses_ignored_total"), 1);
}

#[tokio::test]
async fn no_metric_names_a_user_a_path_or_a_credential() {
    let app = with_metrics(Kind::Redis).await;
    let mut secrets = busy_day(&app).await;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    redis.stop();
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
    app.exchange(&secrets[0]).await.expect(503, "application/service_unavailable");

    let metrics = metrics(&app).await;
    assert_eq!(
        value(
            &metrics,
            "vestibule_exchanges_total{outcome=\"application/service_unavailable\",portal=\"none\"}"
        ),
        1
    );
    assert_eq!(
        value(&metrics, "vestibule_store_errors_total{kind=\"connection\",operation=\"exchange\"}"),
        1
    );
    assert_eq!(value(&metrics, "vestibule_store_errors_total{kind=\"connection\",operation=\"ready\"}"), 1);
    // Two done, one used, one in the outage; what is malformed or of a foreign page never gets as far.
    assert_eq!(value(&metrics, "vestibule_store_duration_seconds_count{operation=\"exchange\"}"), 4);

    secrets.push("canary".to_owned());
    for secret in secrets {
        assert!(!metrics.to_lowercase().contains(&secret.to_lowercase()), "{secret} in\n{metrics}");
    }
}
