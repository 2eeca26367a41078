//! One request to a gateway on this machine, over a plain socket, for the commands that ask one.
//!
//! Owns: as much of HTTP as the gateway's own answers need. (A container image has no other program, and the only HTTP client
//! of the gateway that is deployed sends traces.)
//! Must not know: what is asked.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// The longest answer is some hundred kilobytes: a user's latest sessions with all that happened to them.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// An answer.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All of its body.
    pub body: String,
}

/// A question.
pub struct Question<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// Of the gateway's own.
    pub path: &'a str,
    /// Beside those that every request has.
    pub headers: &'a [(&'a str, &'a str)],
    /// May be empty.
    pub body: &'a str,
}

/// Asks the gateway that listens there. It is an error if the whole answer is not there within the limit.
pub fn ask(listen: SocketAddr, question: &Question<'_>, limit: Duration) -> io::Result<Answer> {
    let deadline = Instant::now() + limit;
    let answer = exchange(listen, &question.text(), deadline).map_err(|error| {
        // A socket with a time-out says the former.
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            let why = format!("no whole answer within {} seconds", limit.as_secs_f32());
            return io::Error::new(io::ErrorKind::TimedOut, why);
        }
        error
    })?;
    let told = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why);
    let answer = String::from_utf8(answer).map_err(|_| told("what answers there does not write UTF-8"))?;
    read(&answer).ok_or_else(|| told("what answers there does not speak HTTP"))
}

impl Question<'_> {
    fn text(&self) -> String {
        let Question { method, path, headers, body } = self;
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        )
    }
}

/// A time-out of the socket is one for each step, so it is set anew before each.
fn exchange(listen: SocketAddr, request: &str, deadline: Instant) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&on_this_machine(listen), left(deadline)?)?;
    let mut unsent = request.as_bytes();
    while !unsent.is_empty() {
        stream.set_write_timeout(Some(left(deadline)?))?;
        let count = stream.write(unsent)?;
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        unsent = &unsent[count..];
    }
    let mut answer = Vec::new();
    let mut piece = [0; 16 * 1024];
    loop {
        stream.set_read_timeout(Some(left(deadline)?))?;
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(answer);
        }
        answer.extend_from_slice(&piece[..count]);
        if answer.len() > MOST_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "what answers there does not end"));
        }
    }
}

/// Never zero, which would mean no limit.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn read(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// An address at which to reach a listener that listens on all addresses.
fn on_this_machine(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

    /// What is made of a listener that writes this, and then this again and again for as long as anybody reads.
    fn asked(once: &'static [u8], again: &'static [u8], limit: Duration) -> io::Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let mut written = stream.write_all(once);
            while written.is_ok() && !again.is_empty() {
                if again.len() == 1 {
                    // A byte at a time, each of them well within any time-out of its own.
                    thread::sleep(Duration::from_millis(10));
                }
                written = stream.write_all(again);
            }
        });
        ask(address, &Question { method: "GET", path: "/", headers: &[], body: "" }, limit)
    }

    #[test]
    fn an_answer_is_whole_or_the_reason_is_told() {
        let long = Duration::from_secs(20);
        let answer =
            asked(b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\n{}", b"", long).expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (503, "{}"));
        for (once, again, limit, why) in [
            (HEAD, &b"."[..], Duration::from_millis(200), "no whole answer within 0.2 seconds"),
            (HEAD, &[b'.'; 64 * 1024], long, "does not end"),
            (b"HTTP/1.1 200 OK\r\n\r\n\xff", b"", long, "UTF-8"),
            (b"SSH-2.0-OpenSSH_9.6\r\n", b"", long, "does not speak HTTP"),
        ] {
            let error = asked(once, again, limit).err().expect("an error").to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
