//! Traces of a process: what its environment says, what its log tells, and that its last spans are sent.

use serde_json::{Value, json};

use super::support::app::{Call, config};
use super::support::collector::{Collector, Mood};
use super::support::process::{Process, vestibule};
use super::support::redis_server::free_port;
use super::{create, file};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn with_traceparent(process: &Process, flags: &str) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let call = Call(client.get(process.url("/v2/portal.getSession")));
    let call = call.header("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-{flags}"));
    call.send().await.expect(401, "authentication/portal_token_missing");
}

/// A gateway that only its environment tells of the collector.
fn serve(endpoint: &str, format: &str) -> (Process, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let behind_a_proxy = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let text = config("memory:").replace("[server]\n", behind_a_proxy);
    let path =
        file(&directory, &format!("log.format = \"{format}\"\ntelemetry.trust_traceparent = true\n{text}"));
    let mut command = vestibule(&["serve", "--config"]);
    command.arg(path);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_SERVICE_NAME", "sessions");
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-key,host=spans.internal");
    // What other programs of the same environment may need, and this one must bear.
    command.env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip").env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let process = Process::start(&mut command, |line| {
        let at = line.split("address").nth(1).filter(|_| line.contains("listening"))?;
        let address: String =
            at.chars().skip_while(|c| !c.is_ascii_digit()).take_while(|c| !" \",".contains(*c)).collect();
        address.trim_end_matches('\u{1b}').parse().ok()
    });
    (process, directory)
}

#[tokio::test]
async fn the_trace_is_in_the_log_and_the_last_spans_are_sent_before_the_end() {
    let collector = Collector::start(Mood::Takes);
    let (process, _directory) = serve(&collector.url(), "json");
    with_traceparent(&process, "01").await;
    with_traceparent(&process, "00").await;
    create(&process, "my-portal").await.data();
    process.signal("-TERM");
    let (code, output) = process.end();
    assert_eq!(code, Some(0));
    let received = collector.received();
    assert_eq!(received.spans.len(), 2, "{:#?}", received.spans);
    assert!(received.spans.iter().all(|span| span.resource("service.name") == "sessions"));
    assert!(received.keys.iter().all(|key| key == "canary-key"));
    assert!(received.hosts.iter().all(|host| host == "spans.internal"), "{:?}", received.hosts);
    assert!(received.encodings.iter().all(|encoding| encoding == "gzip"));
    let lines = output.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut traces: Vec<Value> =
        lines.filter(|line| line["message"] == "answered").map(|line| line["trace_id"].clone()).collect();
    // A line is written when its answer is out already, by a thread of its connection's own.
    traces.sort_by_key(|trace| *trace != json!(TRACE));
    let created = received.spans.iter().find(|span| span.name.starts_with("POST")).expect("it was recorded");
    assert_eq!(traces, [json!(TRACE), json!(TRACE), json!(created.trace)]);
    assert!(!output.join("\n").contains("canary-key"));
}

#[tokio::test]
async fn text_for_people_tells_the_trace_too_and_an_outage_of_the_collector_is_two_lines() {
    let collector = Collector::start(Mood::Refuses);
    let (mut process, _directory) = serve(&collector.url(), "pretty");
    with_traceparent(&process, "01").await;
    process.wait_for_line(|line| line.contains(&format!(" {TRACE} ")) && line.contains("answered"));
    process.wait_for_line(|line| line.contains("does not take spans") && line.contains("status 400"));
    with_traceparent(&process, "01").await;
    collector.wait_until("another batch", |received| received.bodies.len() > 1);
    collector.change(Mood::Takes);
    with_traceparent(&process, "01").await;
    process.wait_for_line(|line| line.contains("takes spans again"));
    process.signal("-TERM");
    let (_, output) = process.end();
    let told = output.iter().filter(|line| line.contains("does not take spans")).count();
    assert_eq!(told, 1, "{output:#?}");
    assert!(
        !output.join("\n").contains("canary"),
        "neither the key nor what the collector says: {output:#?}"
    );
}

#[tokio::test]
async fn a_collector_that_is_not_there_is_told_with_the_reason() {
    let (mut process, _directory) = serve(&format!("http://127.0.0.1:{}", free_port()), "json");
    create(&process, "my-portal").await.data();
    process.wait_for_line(|line| line.contains("does not take spans") && line.contains("refused"));
    process.signal("-TERM");
    assert_eq!(process.end().0, Some(0));
}
