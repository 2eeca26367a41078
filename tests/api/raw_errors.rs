//! What never becomes a request is answered as a problem too, not with an empty refusal.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::raw;
use crate::support::app::{Kind, TestApp};

#[tokio::test]
async fn malformed_heads_are_problems() {
    let app = TestApp::start(Kind::Memory).await;
    let oversized = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(200_000));
    let long_name = format!("GET / HTTP/1.1\r\nHost: x\r\n{}: b\r\n\r\n", "a".repeat(70_000));
    let table: [(&str, u16, &str); 7] = [
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
        (&long_name, 413, "request_body_too_large"),
    ];
    for (bytes, status, code) in table {
        let sent: String = bytes.chars().take(80).collect();
        let reply = raw::send(&app, bytes).await;
        assert_eq!(reply.status, status, "{sent:?}: {}", reply.text);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.header("connection"), "close");
        reply.expect_common_headers();
        assert_eq!(reply.code(), format!("bad_request/{code}"));
    }
}

/// Slow: it takes the 10 seconds that a head may take, be it the first of its connection or a later one.
#[tokio::test]
async fn a_head_that_comes_too_slowly_is_a_problem() {
    let app = TestApp::start(Kind::Memory).await;
    let half = "GET /health/live HTTP/1.1\r\nHost: x\r\nA";
    let later = async {
        let mut connection = raw::connect(&app, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(raw::read(&mut connection).await.status, 200);
        connection.write_all(half.as_bytes()).await.expect("the gateway takes the bytes");
        let refusal = raw::read(&mut connection).await;
        assert_eq!(connection.read(&mut [0; 1]).await.expect("the gateway closes it"), 0);
        refusal
    };
    // As browsers and clients open them ahead of need. It has sent nothing, so nothing is late; an answer to nothing would be
    // taken for the answer to the request that is being sent.
    let mut ahead_of_need = raw::connect(&app, "").await;
    let (first, later) = tokio::join!(raw::send(&app, half), later);
    ahead_of_need.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("it is open");
    assert_eq!(raw::read(&mut ahead_of_need).await.status, 200);
    for reply in [first, later] {
        reply.expect(408, "bad_request/request_timeout");
        reply.expect_common_headers();
        assert_eq!(reply.header("connection"), "close");
    }
}
