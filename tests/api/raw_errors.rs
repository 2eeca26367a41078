//! What never becomes a request is answered as a problem too, not with an empty refusal.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::{Kind, TestApp};

/// Sends raw bytes and reads until the gateway closes the connection.
async fn raw(app: &TestApp, bytes: &[u8]) -> (u16, String, Value) {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).await.expect("it listens");
    stream.write_all(bytes).await.expect("it reads");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    // A gateway that closes with bytes unread resets the connection: what came before counts.
    let _ = read.expect("it closes the connection");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("an answer: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (
        status,
        head.to_ascii_lowercase(),
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}")),
    )
}

#[tokio::test]
async fn malformed_heads_are_problems() {
    let app = TestApp::start(Kind::Memory).await;
    let oversized = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(200_000));
    let table: [(&str, u16, &str); 6] = [
        ("GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", 400, "request_body_unreadable"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "request_body_unreadable"),
        ("NONSENSE\r\n\r\n", 400, "request_body_unreadable"),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400, "request_body_unreadable"),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "request_body_unreadable",
        ),
        (&oversized, 413, "request_body_too_large"),
    ];
    for (bytes, status, code) in table {
        let sent: String = bytes.chars().take(80).collect();
        let (answered, head, body) = raw(&app, bytes.as_bytes()).await;
        assert_eq!(answered, status, "{sent:?}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert!(head.contains("cache-control: no-store") && head.contains("x-request-id: req_"), "{head}");
        let problem_type = format!("https://sessions.example.com/errors/bad_request/{code}");
        assert_eq!(
            (&body["type"], &body["error"]["type"]),
            (&problem_type.clone().into(), &problem_type.into())
        );
    }
}

/// Slow: it takes the 10 seconds that a head may take.
#[tokio::test]
async fn a_head_that_comes_too_slowly_is_a_problem() {
    let app = TestApp::start(Kind::Memory).await;
    let (status, _, body) = raw(&app, b"GET /health/live HTTP/1.1\r\nHost: x\r\nA").await;
    assert_eq!((status, body["title"].as_str()), (408, Some("Request Timeout")));
}
