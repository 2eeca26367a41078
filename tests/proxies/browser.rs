//! A client that speaks HTTP/1.1 over TLS byte by byte: header names in any case, any path, any source address.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::app::Reply;

const HOST: &str = "portal.example.com";
const PATIENCE: Duration = Duration::from_secs(30);

pub type Connection = StreamOwned<ClientConnection, TcpStream>;

/// Speaks to one proxy as `https://portal.example.com`.
pub struct Browser {
    address: SocketAddr,
    tls: Arc<ClientConfig>,
}

impl Browser {
    /// Trusts this certificate and no other.
    pub fn new(address: SocketAddr, certificate: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).expect("a certificate");
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Browser { address, tls: Arc::new(tls) }
    }

    pub fn get(&self, path: &str) -> Request<'_> {
        self.call("GET", path)
    }

    pub fn call(&self, method: &str, path: &str) -> Request<'_> {
        self.call_host(HOST, method, path)
    }

    /// With another `Host`.
    pub fn call_host(&self, host: &str, method: &str, path: &str) -> Request<'_> {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        Request { browser: self, head, body: Vec::new(), source: None }
    }

    fn connect(&self, source: Option<Ipv4Addr>) -> std::io::Result<Connection> {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        socket.connect(&self.address.into())?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let name = HOST.try_into().expect("a host name");
        let tls = ClientConnection::new(self.tls.clone(), name).expect("a TLS client");
        Ok(StreamOwned::new(tls, stream))
    }
}

/// A request in the making.
pub struct Request<'a> {
    browser: &'a Browser,
    head: String,
    body: Vec<u8>,
    source: Option<Ipv4Addr>,
}

impl Request<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// With my-portal's session cookie.
    pub fn cookie(self, token: &str) -> Self {
        self.header("Cookie", &format!("__Host-portal_session_my-portal={token}"))
    }

    /// As a browser that loads a page.
    pub fn page(self) -> Self {
        self.header("Sec-Fetch-Mode", "navigate")
            .header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// As script that calls `fetch`.
    pub fn fetch(self) -> Self {
        self.header("Sec-Fetch-Mode", "cors").header("Accept", "*/*")
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("Content-Length", &body.len().to_string())
    }

    pub fn json(self, body: &serde_json::Value) -> Self {
        self.header("Content-Type", "application/json").body(&body.to_string())
    }

    /// A body whose length is not told beforehand.
    pub fn chunks(mut self, chunks: &[&str]) -> Self {
        self.push_chunks(chunks);
        self.body.extend_from_slice(b"\r\n");
        self.header("Transfer-Encoding", "chunked")
    }

    /// The same, with a header after it.
    pub fn chunks_and_trailer(mut self, chunks: &[&str], trailer: &str) -> Self {
        self.push_chunks(chunks);
        self.body.extend_from_slice(format!("{trailer}\r\n\r\n").as_bytes());
        self.header("Transfer-Encoding", "chunked")
    }

    fn push_chunks(&mut self, chunks: &[&str]) {
        for chunk in chunks {
            self.body.extend_from_slice(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
        }
        self.body.extend_from_slice(b"0\r\n");
    }

    /// From another address of this machine.
    pub fn from(mut self, source: Ipv4Addr) -> Self {
        self.source = Some(source);
        self
    }

    pub fn send(self) -> Reply {
        self.try_send().expect("the proxy answers")
    }

    pub fn try_send(self) -> std::io::Result<Reply> {
        let is_head = self.head.starts_with("HEAD ");
        let mut connection = self.header("Connection", "close").open()?;
        let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while !is_whole(&bytes, is_head) {
            match connection.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
                // Some end the connection without saying so in TLS.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
        }
        let end = head_end(&bytes).ok_or(ErrorKind::UnexpectedEof)?;
        let (status, headers) = parse_head(&bytes[..end]);
        let rest = &bytes[end..];
        let is_chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
        let body = if is_chunked && !is_head { join_chunks(rest) } else { rest.to_vec() };
        Ok(Reply { status, headers, text: String::from_utf8(body).expect("a body of text") })
    }

    /// Asks for a WebSocket: the head of the answer, and the connection for what follows.
    pub fn upgrade(self) -> (Reply, Connection) {
        self.upgrade_with("Upgrade")
    }

    /// The same, with another `Connection` header.
    pub fn upgrade_with(self, connection: &str) -> (Reply, Connection) {
        let request = self
            .header("Connection", connection)
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Sec-Fetch-Mode", "websocket");
        let mut connection = request.open().expect("the proxy takes the request");
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while head_end(&bytes).is_none() {
            connection.read_exact(&mut byte).expect("the proxy answers");
            bytes.push(byte[0]);
        }
        let (status, headers) = parse_head(&bytes);
        (Reply { status, headers, text: String::new() }, connection)
    }

    fn open(self) -> std::io::Result<Connection> {
        let mut connection = self.browser.connect(self.source)?;
        connection.write_all(&[self.head.as_bytes(), b"\r\n", &self.body].concat())?;
        connection.flush()?;
        Ok(connection)
    }
}

/// Whether nothing can follow. Of a body of unknown length the end of the connection is the end.
fn is_whole(bytes: &[u8], is_head: bool) -> bool {
    let Some(end) = head_end(bytes) else {
        return false;
    };
    let (_, headers) = parse_head(&bytes[..end]);
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok());
    is_head || length.is_some_and(|length: usize| bytes.len() >= end + length)
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|start| start + 4)
}

fn parse_head(head: &[u8]) -> (u16, HeaderMap) {
    let head = String::from_utf8(head.to_vec()).expect("a head of text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_str(value.trim()).expect("a value"));
    }
    (status, headers)
}

fn join_chunks(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|window| window == b"\r\n").expect("a chunk's length");
        let length = std::str::from_utf8(&rest[..line_end]).expect("a number");
        let length = usize::from_str_radix(length, 16).expect("a number");
        if length == 0 {
            return body;
        }
        let start = line_end + 2;
        body.extend_from_slice(&rest[start..start + length]);
        rest = &rest[start + length + 2..];
    }
}
