//! What goes over a connection: requests ready to send, and where a reply ends.
//!
//! Owns: just enough of HTTP/1.1 and of Redis's protocol to tell a whole, successful reply.
//! Must not know: when anything is sent.

/// The protocol that a target speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Redis,
}

/// A reply as far as it has arrived.
pub enum Reply<'a> {
    Partial,
    /// `head` holds status line and headers (HTTP only).
    Whole {
        head: &'a [u8],
        body: &'a [u8],
    },
    Refused(String),
}

impl Protocol {
    pub fn read<'a>(self, bytes: &'a [u8]) -> Reply<'a> {
        match self {
            Protocol::Http => read_http(bytes),
            Protocol::Redis => read_bulk(bytes),
        }
    }
}

fn read_http(bytes: &[u8]) -> Reply<'_> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut response = httparse::Response::new(&mut headers);
    let head_length = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Reply::Partial,
        Err(error) => return Reply::Refused(format!("no HTTP: {error}")),
    };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok());
    let Some(length) = length else {
        return Reply::Refused("a reply without Content-Length".into());
    };
    if bytes.len() < head_length + length {
        return Reply::Partial;
    }
    if response.code != Some(200) {
        return Reply::Refused(String::from_utf8_lossy(bytes).into_owned());
    }
    Reply::Whole { head: &bytes[..head_length], body: &bytes[head_length..] }
}

/// `$<length>\r\n<bytes>\r\n`; a missing key is a refusal: the benchmark never asks for one.
fn read_bulk(bytes: &[u8]) -> Reply<'_> {
    let Some(line) = bytes.windows(2).position(|pair| pair == b"\r\n") else {
        return Reply::Partial;
    };
    let length = std::str::from_utf8(&bytes[..line]).ok().and_then(|line| line.strip_prefix('$'));
    let Some(length) = length.and_then(|length| length.parse::<usize>().ok()) else {
        return Reply::Refused(String::from_utf8_lossy(bytes).into_owned());
    };
    let body = line + 2;
    if bytes.len() < body + length + 2 {
        return Reply::Partial;
    }
    Reply::Whole { head: &[], body: &bytes[body..body + length] }
}

pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: sessions.example.com\r\n{headers}\r\n").into_bytes()
}

pub fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: sessions.example.com\r\n{headers}Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A command as Redis reads it.
pub fn command(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", parts.len()).into_bytes();
    for part in parts {
        bytes.extend_from_slice(format!("${}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
