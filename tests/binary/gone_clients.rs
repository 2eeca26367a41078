//! A client that is gone before its answer: what it asked for is done, and told, all the same. Or whoever holds a stolen key
//! could end everybody's sessions and leave no line.
//!
//! Must not know: how an answer is made.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use socket2::SockRef;

use super::support::app::{ACME_LIVE, Call, config, text};
use super::support::process::Process;
use super::support::redis_server::{RedisServer, free_port};
use super::{file, post};

const LIMIT: Duration = Duration::from_secs(20);

/// Longer than everybody needs to leave.
const STORE_TIMEOUT: &str = "store.timeout_ms = 5000\n";

async fn direct_token(process: &Process, user: &str) -> String {
    let body = json!({ "slug": "direct-portal", "externalId": user, "permissions": ["keys:read"] });
    let reply = post(process, "/v2/portal.createSessionToken", ACME_LIVE, body).await;
    text(&reply.json()["data"]["token"]).to_owned()
}

async fn link(process: &Process, user: &str) -> String {
    let body = json!({ "slug": "my-portal", "externalId": user, "permissions": ["keys:read"] });
    let reply = post(process, "/v2/portal.createSession", ACME_LIVE, body).await;
    text(&reply.json()["data"]["sessionId"]).to_owned()
}

fn sent(address: SocketAddr, verb: &str, key: &str, body: Option<Value>) -> TcpStream {
    let body = body.map_or_else(String::new, |body| body.to_string());
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = format!(
        "{method} /v2/portal.{verb} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    stream
}

async fn wait_for(metrics: SocketAddr, line: &str) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let end = Instant::now() + LIMIT;
    loop {
        let shown = Call(client.get(format!("http://{metrics}/metrics"))).send().await.text;
        if shown.lines().any(|shown| shown == line) {
            return;
        }
        assert!(Instant::now() < end, "no {line} in {shown}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Everybody who asked for something leaves while the store does not answer.
async fn told_of_gone_clients(is_stopped: bool) {
    let redis = RedisServer::start();
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let listening = format!("[server]\nmetrics_listen = \"{metrics}\"");
    let text = STORE_TIMEOUT.to_owned() + &config(&redis.url()).replace("[server]", &listening);
    let mut process = Process::serve(&file(&directory, &text));
    let [seen, revoked, ended] = [
        direct_token(&process, "seen").await,
        direct_token(&process, "revoked").await,
        direct_token(&process, "ended").await,
    ];
    drop(revoked);
    let ticket = link(&process, "by_link").await;
    let create =
        |slug: &str| Some(json!({ "slug": slug, "externalId": "new", "permissions": ["keys:read"] }));
    let revoke = json!({ "slug": "direct-portal", "externalId": "revoked" });
    let calls = [
        ("getSession", seen.as_str(), None, None),
        ("createSession", ACME_LIVE, create("my-portal"), Some("session.created")),
        ("createSessionToken", ACME_LIVE, create("direct-portal"), Some("session.created")),
        ("exchangeSession", "", Some(json!({ "sessionId": ticket })), Some("session.exchanged")),
        ("revokeSession", ACME_LIVE, Some(revoke), Some("session.revoked")),
        ("endSession", ended.as_str(), Some(json!({})), Some("session.ended")),
    ];
    // The last line so far.
    process.wait_for_line(|line| line.contains("\"route\":\"/v2/portal.createSession\""));
    let told_before = process.output.len();
    redis.pause();
    let clients: Vec<TcpStream> =
        calls.iter().map(|(verb, key, body, _)| sent(process.address, verb, key, body.clone())).collect();
    wait_for(metrics, &format!("vestibule_http_requests_in_flight {}", calls.len())).await;
    for client in clients {
        SockRef::from(&client).set_linger(Some(Duration::ZERO)).expect("a socket");
    }
    wait_for(metrics, "vestibule_http_connections 0").await;
    if is_stopped {
        process.signal("-TERM");
        process.wait_for_line(|line| line.contains("requests in flight are finished first"));
        redis.go_on();
    } else {
        redis.go_on();
        wait_for(metrics, "vestibule_http_requests_in_flight 0").await;
        process.signal("-TERM");
    }
    let (code, output) = process.end();
    assert_eq!(code, Some(0));
    let lines: Vec<Value> =
        output[told_before..].iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (verb, _, _, event) in &calls {
        let route = format!("/v2/portal.{verb}");
        let answered: Vec<_> = lines.iter().filter(|line| line["route"] == route.as_str()).collect();
        let [answered] = answered.as_slice() else { panic!("{verb}: {answered:?} of {lines:#?}") };
        assert_eq!(answered["status"], 200, "{verb}");
        let id = &answered["span"]["request_id"];
        let of_request = lines.iter().filter(|line| line["span"]["request_id"] == *id);
        let events: Vec<&str> = of_request.filter_map(|line| line["event"].as_str()).collect();
        assert_eq!(events, event.iter().copied().collect::<Vec<_>>(), "{verb}");
    }
    let revoked = lines.iter().find(|line| line["event"] == "session.revoked").expect("a line");
    assert_eq!(revoked["count"], 1);
}

#[tokio::test]
async fn what_was_asked_is_done_and_told() {
    told_of_gone_clients(false).await;
}

#[tokio::test]
async fn a_stop_waits_for_what_was_asked() {
    told_of_gone_clients(true).await;
}
