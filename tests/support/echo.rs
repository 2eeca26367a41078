//! The portal behind a proxy: it answers every request with what arrived, as JSON, and keeps it for the test.
//!
//! An answer is `{"method","path","headers":[[name,value],…],"body"}`. A WebSocket gets its own bytes back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

pub struct Echo {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// What came after a body in chunks.
    pub trailers: Vec<(String, String)>,
}

impl Seen {
    /// The values of one header, whatever its case.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// A header that may come once only; empty without one.
    pub fn header(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [] => "",
            [value] => value,
            [..] => panic!("{name} came more than once: {self:?}"),
        }
    }

    fn to_json(&self) -> Value {
        json!({ "method": self.method, "path": self.path, "headers": self.headers, "body": self.body })
    }
}

impl Echo {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Echo { address, seen }
    }

    /// Everything that arrived since the last call.
    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The one request that arrived since the last call.
    pub fn take_one(&self) -> Seen {
        let mut seen = self.take();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen.remove(0)
    }
}

/// One connection; ends with the first thing that cannot be read.
fn serve(mut stream: TcpStream, kept: &Mutex<Vec<Seen>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let request = read(&mut reader)?;
        let body = request.to_json().to_string();
        let is_upgrade = |option: &str| option.trim().eq_ignore_ascii_case("upgrade");
        let upgrades = request.header("connection").split(',').any(is_upgrade)
            && request.header("upgrade").eq_ignore_ascii_case("websocket");
        let is_head = request.method == "HEAD";
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        if upgrades {
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            stream.write_all(head.as_bytes()).ok()?;
            std::io::copy(&mut reader, &mut stream).ok()?;
            return None;
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Portal: yes\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let body = if is_head { "" } else { &body };
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let first = read_line(reader)?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = read_headers(reader)?;
    let mut seen = Seen { method, path, headers, body: String::new(), trailers: Vec::new() };
    let mut body = Vec::new();
    if seen.header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        loop {
            let length = usize::from_str_radix(&read_line(reader)?, 16).ok()?;
            if length == 0 {
                seen.trailers = read_headers(reader)?;
                break;
            }
            let mut chunk = vec![0; length + 2];
            reader.read_exact(&mut chunk).ok()?;
            body.extend_from_slice(&chunk[..length]);
        }
    } else if let Ok(length) = seen.header("content-length").parse() {
        body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
    }
    seen.body = String::from_utf8_lossy(&body).into_owned();
    Some(seen)
}

/// Up to the empty line.
fn read_headers(reader: &mut impl BufRead) -> Option<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(reader)?;
        if line.is_empty() {
            return Some(headers);
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_line(reader: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let count = reader.take(1 << 16).read_until(b'\n', &mut line).ok()?;
    (count > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
}
