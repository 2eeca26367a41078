//! What a body under `/v2/` may be: its size, type, syntax and time, each with the error of its own.

use serde_json::{Value, json};

use crate::errors::{POST_ONLY, assert_is_problem};
use crate::raw;
use crate::support::app::{ACME_LIVE, Kind, Reply, TestApp};

const MAX_BYTES: usize = 16 * 1024;
const UNREADABLE: &str = "bad_request/request_body_unreadable";
const TOO_LARGE: &str = "bad_request/request_body_too_large";
const UNSUPPORTED: &str = "bad_request/unsupported_media_type";
/// What a body that was read and understood gets here.
const JUDGED: &str = "authentication/portal_session_not_found";

/// A valid body of exactly so many bytes.
fn body_of(bytes: usize) -> String {
    let body = r#"{"sessionId":"x"}"#;
    format!("{body}{}", " ".repeat(bytes - body.len()))
}

async fn exchange(app: &TestApp, content_type: &str, body: impl Into<reqwest::Body>) -> Reply {
    let call = app.call(reqwest::Method::POST, "/v2/portal.exchangeSession");
    call.header("content-type", content_type).body(body).send().await
}

#[tokio::test]
async fn sixteen_kib_are_read_and_not_a_byte_more() {
    let app = TestApp::start(Kind::Memory).await;
    for (bytes, status, code) in
        [(MAX_BYTES, 401, JUDGED), (MAX_BYTES + 1, 413, TOO_LARGE), (MAX_BYTES * 2, 413, TOO_LARGE)]
    {
        let body = body_of(bytes);
        let reply = exchange(&app, "application/json", body.clone()).await;
        reply.expect(status, code);
        assert_is_problem(&reply);
        let (first, second) = body.split_at(bytes / 2);
        let chunked = format!(
            "{}{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            raw::post_head("Transfer-Encoding: chunked"),
            first.len(),
            second.len()
        );
        let reply = raw::send(&app, chunked).await;
        reply.expect(status, code);
        assert_is_problem(&reply);
    }
}

#[tokio::test]
async fn a_body_may_come_in_any_number_of_chunks() {
    let app = TestApp::start(Kind::Memory).await;
    let body = r#"{"sessionId":"x"}"#;
    for chunk_bytes in 1..=body.len() {
        let mut chunked = raw::post_head("Transfer-Encoding: chunked");
        for chunk in body.as_bytes().chunks(chunk_bytes) {
            let text = std::str::from_utf8(chunk).expect("ASCII");
            chunked.push_str(&format!("{:x}\r\n{text}\r\n", text.len()));
        }
        raw::send(&app, chunked + "0\r\n\r\n").await.expect(401, JUDGED);
    }
}

#[tokio::test]
async fn every_endpoint_has_the_same_limits() {
    let app = TestApp::start(Kind::Memory).await;
    let token = app.signed_in(json!({})).await;
    for (path, credential) in POST_ONLY
        .map(|path| (path, ACME_LIVE))
        .iter()
        .take(4)
        .chain(&[("/v2/portal.endSession", &*token), ("/v2/portal.getSession", &*token)])
    {
        let call = || app.call(reqwest::Method::POST, path).bearer(credential);
        let json = || call().header("content-type", "application/json");
        let largest = json().body(body_of(MAX_BYTES)).send().await;
        assert_ne!(largest.status, 413, "{path}");
        json().body(body_of(MAX_BYTES + 1)).send().await.expect(413, TOO_LARGE);
        json().body("{").send().await.expect(400, UNREADABLE);
        let form = call().header("content-type", "application/x-www-form-urlencoded");
        form.body("a=b").send().await.expect(415, UNSUPPORTED);
        call().body("{}").send().await.expect(415, UNSUPPORTED);
    }
}

#[tokio::test]
async fn only_json_is_taken() {
    let app = TestApp::start(Kind::Memory).await;
    for good in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        " application/json ",
        "application/json; profile=x; charset=utf-8",
    ] {
        exchange(&app, good, r#"{"sessionId":"x"}"#).await.expect(401, JUDGED);
    }
    for bad in [
        "",
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/problem+json",
        "json",
        "*/*",
        "text/plain, application/json",
        "application/json; charset=utf-8; charset=latin1",
        "application/json; charset=utf-8; charset=utf-8",
        "application/json; charset=utf-8; CHARSET=\"utf-8\"",
        "application/json; a=b; charset=utf-8; A=c",
    ] {
        let reply = exchange(&app, bad, r#"{"sessionId":"x"}"#).await;
        reply.expect(415, UNSUPPORTED);
        assert_is_problem(&reply);
    }
}

#[tokio::test]
async fn what_is_no_json_is_unreadable() {
    let app = TestApp::start(Kind::Memory).await;
    let deep_list = format!("{}{}", "[".repeat(8_000), "]".repeat(8_000));
    let deep_object = format!("{}1{}", r#"{"a":"#.repeat(2_000), "}".repeat(2_000));
    let deep_value = format!(r#"{{"sessionId":{}1{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let bodies: [&[u8]; 18] = [
        b"{",
        b"}",
        b"{\"sessionId\":\"x\"",
        b"{\"sessionId\":\"x",
        b"{\"sessionId\":\"x\"}}",
        b"{\"sessionId\":\"x\"} {}",
        b"{'sessionId':'x'}",
        b"{sessionId:\"x\"}",
        b"{\"sessionId\":\"x\",}",
        b"{\"sessionId\":NaN}",
        b"sessionId=x",
        b" ",
        b"{\"sessionId\":\"\xff\"}",
        b"{\"sessionId\":\"\\ud800\"}",
        b"{\"sessionId\":\"line\nbreak\"}",
        deep_list.as_bytes(),
        deep_object.as_bytes(),
        deep_value.as_bytes(),
    ];
    for body in bodies {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let reply = exchange(&app, "application/json", body.to_vec()).await;
        assert_eq!((reply.status, &*reply.code()), (400, UNREADABLE), "{shown}");
        assert_is_problem(&reply);
        assert_eq!(reply.locations(), ["body"], "{shown}");
    }
}

#[tokio::test]
async fn json_of_another_type_is_an_invalid_body() {
    let app = TestApp::start(Kind::Memory).await;
    for body in ["[]", "[{\"sessionId\":\"x\"}]", "null", "true", "7", "\"x\""] {
        let reply = exchange(&app, "application/json", body).await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), ["body"], "{body}");
    }
}

#[tokio::test]
async fn all_faults_of_a_body_are_told_at_once() {
    let app = TestApp::start(Kind::Memory).await;
    let body = json!({
        "slug": 7,
        "permissions": ["ok", "has space", 5, ""],
        "preview": "yes",
        "ttlSeconds": "300",
        "metadata": [],
        "nonsense": 1,
        "x".repeat(200): 2,
    });
    let reply = app.backend(ACME_LIVE, "createSession", body).await;
    reply.expect(400, "application/invalid_input");
    let mut locations = reply.locations();
    locations.sort();
    let mut expected = [
        "body.externalId",
        "body.metadata",
        "body.nonsense",
        "body.permissions[1]",
        "body.permissions[2]",
        "body.permissions[3]",
        "body.preview",
        "body.slug",
        "body.ttlSeconds",
    ]
    .map(str::to_owned)
    .to_vec();
    let long = locations.iter().position(|location| location.starts_with("body.xxx"));
    locations.remove(long.expect("every unknown field is told"));
    expected.sort();
    assert_eq!(locations, expected);
}

#[tokio::test]
async fn where_nothing_is_required_a_body_may_be_left_out() {
    let app = TestApp::start(Kind::Memory).await;
    let token = app.signed_in(json!({})).await;
    let call = |path: &str| app.call(reqwest::Method::POST, path).bearer(&token);
    let json = |path: &str| call(path).header("content-type", "application/json");
    let get = "/v2/portal.getSession";
    for call in [call(get), json(get), json(get).body("{}"), json(get).body(" {} ")] {
        assert_eq!(call.send().await.status, 200);
    }
    for path in [get, "/v2/portal.endSession"] {
        let unknown = app.post(path, json!({ "sessionId": "x" })).bearer(&token).send().await;
        unknown.expect(400, "application/invalid_input");
        assert_eq!(unknown.locations(), ["body.sessionId"]);
    }
    assert_eq!(call("/v2/portal.endSession").send().await.status, 200);
}

/// Nobody has to send the rest to be told, nor to wait until the time for it is over.
#[tokio::test]
async fn a_body_that_is_declared_too_large_is_refused_before_it_has_come() {
    let app = TestApp::start(Kind::Memory).await;
    for bytes in [MAX_BYTES + 1, 10 * MAX_BYTES] {
        let framing = format!("Content-Length: {bytes}");
        let json = raw::post_head(&framing);
        let form = json.replace("/v2/portal.exchangeSession", "/portal/hosted-portal");
        let form = form.replace("application/json", "application/x-www-form-urlencoded");
        for sent in [json.clone(), format!("{json}{{\"sessionId\":"), form] {
            let reply = raw::send(&app, &sent).await;
            assert_eq!(reply.status, 413, "{sent}: {}", reply.text);
        }
    }
    let awaits_leave = raw::post_head("Content-Length: 99999\r\nExpect: 100-continue");
    let mut stream = raw::connect(&app, awaits_leave).await;
    assert_eq!(raw::read_head(&mut stream).await, "HTTP/1.1 100 Continue\r\n\r\n");
    raw::read(&mut stream).await.expect(413, TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_unreadable() {
    let app = TestApp::start(Kind::Memory).await;
    let chunked = raw::post_head("Transfer-Encoding: chunked");
    for body in ["zz\r\n{}\r\n0\r\n\r\n", "2\r\n{}garbage\r\n0\r\n\r\n", "-1\r\n\r\n"] {
        let reply = raw::send(&app, format!("{chunked}{body}")).await;
        reply.expect(400, UNREADABLE);
        assert_is_problem(&reply);
    }
    let counted = raw::post_head("Content-Length: 100");
    for cut_off in [format!("{counted}{{\"sess"), format!("{chunked}5\r\n{{\"se")] {
        let reply = raw::send_and_hang_up(&app, cut_off).await;
        reply.expect(400, UNREADABLE);
        assert_is_problem(&reply);
    }
}

/// The single slow test: it takes the 10 seconds that a client has.
#[tokio::test]
async fn slow_a_body_that_does_not_come_is_a_time_out() {
    let app = TestApp::start(Kind::Memory).await;
    let half = format!("{}{{\"sessionId\":", raw::post_head("Content-Length: 100"));
    let chunk = format!("{}5\r\n{{\"ses", raw::post_head("Transfer-Encoding: chunked"));
    let no_head = "POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: x\r\nContent-Le";
    let (half, chunk, no_head) =
        tokio::join!(raw::send(&app, half), raw::send(&app, chunk), raw::send(&app, no_head));
    for reply in [half, chunk] {
        reply.expect(408, "bad_request/request_timeout");
        assert_is_problem(&reply);
    }
    assert_eq!(no_head.status, 408, "{}", no_head.text);
    let alive: Value = app.get("/health/live").send().await.json();
    assert_eq!(alive["status"], "live");
}
