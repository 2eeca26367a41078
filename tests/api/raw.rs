//! HTTP as bytes on a TCP connection, for what no well-behaved client sends.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::app::{Reply, TestApp};

/// Longer than any limit of the gateway: a silence of this length fails the test.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that has sent these bytes, and says nothing more.
pub async fn connect(app: &TestApp, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(app.running().address).await.expect("a connection");
    stream.write_all(bytes.as_ref()).await.expect("the gateway takes the bytes");
    stream
}

/// The one reply to these bytes, on a connection that stays open.
pub async fn send(app: &TestApp, bytes: impl AsRef<[u8]>) -> Reply {
    read(&mut connect(app, bytes).await).await
}

/// The one reply to these bytes, after which the client has hung up.
pub async fn send_and_hang_up(app: &TestApp, bytes: impl AsRef<[u8]>) -> Reply {
    let mut stream = connect(app, bytes).await;
    stream.shutdown().await.expect("the sending half closes");
    read(&mut stream).await
}

/// Reads one reply with a body of known length.
pub async fn read(stream: &mut TcpStream) -> Reply {
    let head = read_head(stream).await;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.append(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok()).expect("a length");
    let text = read_exactly(stream, length).await;
    Reply {
        status: status.and_then(|status| status.parse().ok()).expect("a status"),
        headers,
        text: String::from_utf8(text).expect("a body of text"),
    }
}

/// Reads up to the empty line.
pub async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(read_exactly(stream, 1).await[0]);
    }
    String::from_utf8(head).expect("a head of text")
}

async fn read_exactly(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let reading = tokio::time::timeout(PATIENCE, stream.read_exact(&mut bytes));
    let read = reading.await.expect("the gateway answers");
    read.expect("the gateway answers before it closes the connection");
    bytes
}

/// The head of a POST of JSON to `portal.exchangeSession`, with this framing of its body.
pub fn post_head(framing: &str) -> String {
    format!(
        "POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
    )
}
