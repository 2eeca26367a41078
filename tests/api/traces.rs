//! Traces: what a collector gets of a request, who names a trace, and that no request waits for a collector.

use std::time::{Duration, Instant};

use serde_json::json;

use super::operations::{metrics, value};
use crate::support::app::{ACME_LIVE, Call, Kind, TestApp, text};
use crate::support::collector::{Collector, Mood, Span};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PROXY_SPAN: &str = "00f067aa0ba902b7";

fn traceparent(flags: &str) -> String {
    format!("00-{TRACE}-{PROXY_SPAN}-{flags}")
}

async fn traced(kind: Kind, collector: &Collector) -> TestApp {
    started(kind, "", &collector.configured(1)).await
}

/// `proxies`: those that are trusted.
async fn started(kind: Kind, proxies: &str, telemetry: &str) -> TestApp {
    let server = format!("[server]\nmetrics_listen = \"127.0.0.1:0\"\ntrusted_proxies = [{proxies}]\n");
    TestApp::start_with(kind, |config| format!("{}\n{telemetry}", config.replace("[server]\n", &server)))
        .await
}

fn only<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    match spans.iter().filter(|span| span.name == name).collect::<Vec<_>>()[..] {
        [span] => span,
        _ => panic!("not one {name} in {spans:#?}"),
    }
}

#[tokio::test]
async fn a_request_has_a_span_with_one_for_each_of_its_store_calls() {
    let collector = Collector::start(Mood::Takes);
    let app = traced(Kind::Redis, &collector).await;
    let created = app.create(json!({ "externalId": "canary-user" })).await;
    let token = text(&app.exchange(text(&created["sessionId"])).await.data()["token"]).to_owned();
    let found = app.get("/v2/portal.getSession?x=canary-query").bearer(&token).send().await;
    assert_eq!(found.status, 200);
    app.get("/canary-path").send().await.expect(404, "bad_request/route_not_found");
    app.get("/health/ready").send().await;
    let spans = collector.wait_until("four requests", |received| {
        received.spans.iter().any(|span| span.attribute("http.response.status_code") == "404")
    });
    let spans = spans.spans;
    for (request, call) in [
        ("POST /v2/portal.createSession", "create"),
        ("POST /v2/portal.exchangeSession", "exchange"),
        ("GET /v2/portal.getSession", "find"),
    ] {
        let request = only(&spans, request);
        let call = only(&spans, &format!("redis {call}"));
        assert_eq!((&call.trace, &call.parent), (&request.trace, &request.id));
        assert!(call.took <= request.took, "{:?} of {:?}", call.took, request.took);
        assert_eq!(request.parent, "");
        assert_eq!(call.attribute("db.system.name"), "redis");
        assert_eq!((request.is_error, call.is_error), (false, false));
    }
    let get = only(&spans, "GET /v2/portal.getSession");
    assert_eq!(get.attribute("vestibule.request_id"), found.header("x-request-id"));
    assert_eq!(get.attribute("vestibule.session"), text(&created["id"]));
    assert_eq!(get.attribute("http.route"), "/v2/portal.getSession");
    assert_eq!(get.resource("service.name"), "vestibule");
    let missing = only(&spans, "GET");
    assert_eq!(missing.attribute("error.type"), "bad_request/route_not_found");
    assert!(!spans.iter().any(|span| span.name.contains("health")), "{spans:#?}");
    app.stop().await;
}

#[tokio::test]
async fn an_outage_is_an_error_of_the_request_and_of_the_call() {
    let collector = Collector::start(Mood::Takes);
    let telemetry = collector.configured(1);
    let app = TestApp::start_at("redis://127.0.0.1:1/", |config| format!("{config}\n{telemetry}")).await;
    app.create_with(ACME_LIVE, json!({})).await.expect(503, "application/service_unavailable");
    let received = collector.wait_until("the request", |received| {
        received.spans.iter().any(|span| span.name.starts_with("POST"))
    });
    let request = only(&received.spans, "POST /v2/portal.createSession");
    // The comparison of the gateways' secrets, before which nothing begins.
    let call = received.spans.iter().find(|span| span.parent == request.id).expect("its call of the store");
    assert_eq!(call.name, "redis agree");
    assert!(request.is_error && call.is_error);
    assert_eq!(request.attribute("error.type"), "application/service_unavailable");
    assert_eq!(call.attribute("error.type"), "connection");
}

/// A page for a person who opens a portal that is nowhere.
async fn page(app: &TestApp, traceparents: &[&str]) -> String {
    let mut call = app.get("/nowhere").header("accept", "text/html").header("sec-fetch-mode", "navigate");
    for told in traceparents {
        call = Call(call.0.header("traceparent", *told));
    }
    let page = call.send().await;
    assert!(page.text.contains("<html"), "{}", page.text);
    page.text
}

#[tokio::test]
async fn a_trusted_proxy_names_the_trace_and_decides_whether_it_is_recorded() {
    let collector = Collector::start(Mood::Takes);
    let app = started(Kind::Memory, "\"127.0.0.1\"", &collector.configured_behind_a_proxy(0)).await;
    let (sampled, unsampled) = (traceparent("01"), traceparent("00"));
    assert!(page(&app, &[&unsampled]).await.contains(TRACE), "who is there can tell the trace");
    for odd in [&[][..], &["canary"], &[&sampled, &sampled]] {
        assert!(!page(&app, odd).await.contains(TRACE), "{odd:?}");
    }
    assert!(page(&app, &[&sampled]).await.contains(TRACE));
    app.stop().await;
    let spans = collector.received().spans;
    let request = only(&spans, "GET");
    assert_eq!((request.trace.as_str(), request.parent.as_str()), (TRACE, PROXY_SPAN));
    assert_eq!(spans.len(), 1, "{spans:#?}");
}

/// A proxy passes on what clients send, unless somebody has told it not to.
#[tokio::test]
async fn unless_the_operator_says_so_a_proxy_names_no_trace_either() {
    let collector = Collector::start(Mood::Takes);
    let app = started(Kind::Memory, "\"127.0.0.1\"", &collector.configured(1)).await;
    for flags in ["01", "00"] {
        assert!(!page(&app, &[&traceparent(flags)]).await.contains(TRACE), "{flags}");
    }
    app.stop().await;
    let spans = collector.received().spans;
    assert_eq!(spans.len(), 2, "who sends a traceparent is recorded like everybody else: {spans:#?}");
    assert!(spans.iter().all(|span| span.trace != TRACE && span.parent.is_empty()), "{spans:#?}");
}

#[tokio::test]
async fn nobody_else_names_a_trace() {
    let collector = Collector::start(Mood::Takes);
    let app = started(Kind::Memory, "\"10.0.0.1\"", &collector.configured_behind_a_proxy(0)).await;
    assert!(!page(&app, &[&traceparent("01")]).await.contains(TRACE));
    app.stop().await;
    assert!(collector.received().spans.is_empty());
    let off = TestApp::start_with(Kind::Memory, |config| {
        config.replace("[server]\n", "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n")
    });
    assert!(!page(&off.await, &[&traceparent("01")]).await.contains(TRACE), "traces are off");
}

#[tokio::test]
async fn no_request_and_no_stop_waits_for_a_collector() {
    for mood in [Mood::Hangs, Mood::Refuses] {
        let collector = Collector::start(mood);
        let app = traced(Kind::Memory, &collector).await;
        app.create(json!({})).await;
        collector.wait_until("the first batch", |received| !received.spans.is_empty());
        // The thread that sends is busy with it, or has just failed.
        let began = Instant::now();
        for _ in 0..20 {
            app.create(json!({})).await;
        }
        assert!(began.elapsed() < Duration::from_secs(9), "{mood:?}: {:?}", began.elapsed());
        if mood == Mood::Refuses {
            while value(&metrics(&app).await, "vestibule_trace_spans_total{result=\"failed\"}") == 0 {
                tokio::task::yield_now().await;
            }
        }
        let began = Instant::now();
        app.stop().await;
        // Less than the deadline of a batch, more than what a stop grants.
        assert!(began.elapsed() < Duration::from_secs(9), "{mood:?}: {:?}", began.elapsed());
    }
}
