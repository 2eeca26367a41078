//! A place within a portal: path, query and fragment (API.md section 12).
//!
//! Owns: which texts are one. Whoever goes there stays at the portal's origin, and so does a browser whose portal
//! decodes or cleans its paths and then redirects. Its `Debug` shows nothing of it: a query may hold codes.
//! Must not know: cookies and headers, or who goes there.

use std::fmt;

use percent_encoding::percent_decode;
use url::{Position, Url};

use super::credential::{BrowserTokenKind, DirectTokenKind, Kind, RootKey, TicketKind};
use super::invalid::Invalid;

/// Also of its encoded form, which is put into cookies and headers.
const MAX_CHARS: usize = 1_024;
/// Nobody encodes a path more often than this.
const MOST_DECODINGS: usize = 4;
/// How credentials begin.
const CREDENTIALS: [&str; 4] =
    [TicketKind::PREFIX, BrowserTokenKind::PREFIX, DirectTokenKind::PREFIX, RootKey::PREFIX];

/// How a JSON object begins in base64url.
const OBJECT: &[u8] = b"eyJ";

/// In its encoded form: ASCII, without spaces or control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct PortalPath(String);

impl PortalPath {
    /// Reads an absolute path that leads to the same place for every reader.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fix = "Use a path such as \"/invoices/42?tab=lines#total\".";
        let refused = |message: &str| Err(Invalid::new(message, fix));
        let length = text.chars().count();
        if length > MAX_CHARS {
            return refused(&format!("The path has {length} characters; allowed are {MAX_CHARS}."));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refused("The path has a space, a control character or a backslash.");
        }
        if !text.starts_with('/') || text.starts_with("//") {
            return refused("The path must begin with one slash, no more.");
        }
        let Some(url) = somewhere().and_then(|portal| join(&portal, text)) else {
            return refused("The path is invalid.");
        };
        if hides_a_host(url.path()) {
            return refused("The path can be read as the address of another host.");
        }
        let encoded = &url[Position::BeforePath..];
        if encoded.len() > MAX_CHARS {
            return refused(&format!("The path, encoded, has more than {MAX_CHARS} characters."));
        }
        Ok(PortalPath(encoded.to_owned()))
    }

    /// The path, encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a session ID, a token or a root key is in it, encoded or not.
    pub fn holds_a_credential(&self) -> bool {
        let is_of_a_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        readings(&self.0).any(|bytes| {
            bytes.split(|byte| !is_of_a_word(byte)).any(begins_like_a_credential)
                || holds_a_signed_token(&bytes)
        })
    }

    /// The address at a portal, which is never at another origin.
    pub fn at(&self, portal: &Url) -> Option<Url> {
        join(portal, &self.0)
    }
}

fn begins_like_a_credential(word: &[u8]) -> bool {
    let after_prefix = CREDENTIALS.iter().find_map(|prefix| word.strip_prefix(prefix.as_bytes()));
    after_prefix.is_some_and(|rest| rest.starts_with(b"live_") || rest.starts_with(b"test_"))
}

/// A JWT: two JSON objects in base64url, parted by a dot, and something after them.
fn holds_a_signed_token(bytes: &[u8]) -> bool {
    let is_of_a_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let object_at_the_end = |part: &[u8]| {
        part.rsplit(|byte| !is_of_a_part(byte))
            .next()
            .is_some_and(|word| word.windows(3).any(|three| three == OBJECT))
    };
    let mut before: &[u8] = &[];
    bytes.split(|byte| *byte == b'.').any(|part| {
        let is_one = part.starts_with(OBJECT) && object_at_the_end(before);
        before = part;
        is_one
    })
}

/// `text`, and what it becomes when it is decoded once or more often.
fn readings(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let decode = |bytes: &Vec<u8>| {
        let decoded: Vec<u8> = percent_decode(bytes).collect();
        if decoded == *bytes { None } else { Some(decoded) }
    };
    std::iter::successors(Some(text.as_bytes().to_vec()), decode)
}

impl fmt::Debug for PortalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/[masked]")
    }
}

/// A base for paths whose portal is not known yet.
fn somewhere() -> Option<Url> {
    Url::parse("https://portal.invalid/").ok()
}

fn join(portal: &Url, path: &str) -> Option<Url> {
    let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
    portal.join(path).ok().filter(|url| place(url) == place(portal))
}

/// Whether a server that decodes or cleans this path, once or more often, may come to `//host`.
fn hides_a_host(path: &str) -> bool {
    readings(path).enumerate().any(|(decodings, bytes)| {
        decodings > MOST_DECODINGS || bytes.iter().any(u8::is_ascii_control) || begins_with_a_host(&bytes)
    })
}

/// As the most forgiving readers have it: `\` is `/`, and what follows a `;` is no part of a segment.
fn begins_with_a_host(path: &[u8]) -> bool {
    let mut segments: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| matches!(byte, b'/' | b'\\')).skip(1) {
        match segment.split(|byte| *byte == b';').next().unwrap_or_default() {
            b"." => {}
            b".." => drop(segments.pop()),
            other => segments.push(other),
        }
    }
    matches!(segments.as_slice(), [first, _, ..] if first.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a valid URL")
    }

    /// What the SDK is tried with, too.
    fn corpus() -> impl Iterator<Item = (&'static str, Vec<String>)> {
        let lines = include_str!("../../tests/testdata/portal_paths.txt").lines();
        lines.filter(|line| !line.starts_with("# ")).map(|line| {
            let mut columns = line.split(' ');
            (columns.next().expect("a kind"), columns.map(unescaped).collect())
        })
    }

    fn unescaped(text: &str) -> String {
        let mut parts = text.split("<U+");
        let mut unescaped = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once('>').expect("<U+0000>");
            let number = u32::from_str_radix(number, 16).expect("a number");
            unescaped.push(char::from_u32(number).expect("a character"));
            unescaped.push_str(rest);
        }
        unescaped
    }

    #[test]
    fn what_is_a_place_how_it_is_written_and_which_holds_a_credential() {
        let mut seen = 0;
        for (kind, columns) in corpus() {
            let path = PortalPath::parse(&columns[0]);
            match (kind, path) {
                ("kept", Ok(path)) => {
                    assert_eq!(path.as_str(), columns[1]);
                    assert!(!path.holds_a_credential(), "{columns:?}");
                }
                ("secret", Ok(path)) => assert!(path.holds_a_credential(), "{columns:?}"),
                ("refused", Err(_)) => {}
                (kind, path) => panic!("{kind} {columns:?}: {path:?}"),
            }
            seen += 1;
        }
        assert!(seen > 50, "the corpus is missing");
    }

    /// The corpus of return URLs, and what attackers put where only a path is expected.
    #[test]
    fn nothing_leads_to_another_host() {
        let corpus = include_str!("../../tests/testdata/open_redirects.txt");
        let named = |line: &str| {
            let line = line.replace("<CR>", "\r").replace("<LF>", "\n");
            line.replace("<TAB>", "\t").replace("<NUL>", "\0")
        };
        let corpus: Vec<String> = corpus.lines().filter(|line| !line.starts_with("# ")).map(named).collect();
        assert!(corpus.len() > 80, "the corpus is missing");
        for portal in
            ["https://portal.example.com/app?theme=dark", "http://localhost:3000/", "acmeapp://enter/"]
        {
            let portal = url(portal);
            for text in &corpus {
                for text in [text.clone(), format!("/{text}"), format!("/a/../{text}")] {
                    let Ok(path) = PortalPath::parse(&text) else { continue };
                    let place = path.at(&portal).expect("it is within the portal");
                    assert!(place.as_str().starts_with(&portal[..Position::BeforePath]), "{text}: {place}");
                    assert!(!path.as_str().starts_with("//"), "{text}: {path:?}");
                }
            }
        }
    }

    #[test]
    fn a_place_is_at_the_portals_origin_whatever_path_the_portal_has() {
        let path = PortalPath::parse("/invoices?x=1#y").expect("a path");
        for (portal, place) in [
            ("https://portal.example.com/?theme=dark", "https://portal.example.com/invoices?x=1#y"),
            ("https://portal.example.com:8443/app/", "https://portal.example.com:8443/invoices?x=1#y"),
            ("acmeapp://enter/?theme=dark", "acmeapp://enter/invoices?x=1#y"),
            ("com.acme.app:/enter", "com.acme.app:/invoices?x=1#y"),
        ] {
            assert_eq!(path.at(&url(portal)).as_ref().map(Url::as_str), Some(place));
        }
    }

    #[test]
    fn length_is_limited_as_written_and_as_encoded() {
        assert!(PortalPath::parse(&format!("/{}", "a".repeat(1_023))).is_ok());
        assert!(PortalPath::parse(&format!("/{}", "a".repeat(1_024))).is_err());
        assert!(PortalPath::parse(&format!("/{}", "é".repeat(200))).is_err());
    }

    #[test]
    fn nothing_of_it_is_shown() {
        let path = PortalPath::parse("/callback?code=secret").expect("a path");
        assert_eq!(format!("{path:?}"), "/[masked]");
    }
}
