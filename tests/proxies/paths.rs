//! The path that is checked is the path that the portal serves: every spelling of `testdata/path_tricks.txt`, before
//! portals that take paths as they come.
//!
//! Owns: the corpus, and how a portal may read a path. Must not know: how a proxy is configured.

use std::io::ErrorKind;

use percent_encoding::percent_decode_str;
use serde_json::json;

use super::browser::Browser;
use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::stage::{Stage, own_host};
use super::upstream::{ALL, Upstream};
use crate::support::app::TestApp;

/// A page of each kind.
const PAGES: [&str; 3] = ["enter/", "invoices", "admin/users"];

/// Below these everything is public.
const PUBLIC: [&str; 3] = ["/enter", "/assets", "/_next/static"];

/// What must become of a spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Refused,
    Cleaned,
    Judged,
}

struct Trick {
    fate: Fate,
    path: String,
}

/// Each spelling, of each page.
fn tricks() -> Vec<Trick> {
    let corpus = include_str!("../testdata/path_tricks.txt");
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let spellings: Vec<_> = lines.map(|line| line.split_once(' ').expect("a fate and a path")).collect();
    assert!(spellings.len() >= 60, "{} spellings", spellings.len());
    let mut tricks = Vec::new();
    for (fate, spelling) in spellings {
        let fate = match fate {
            "refused" => Fate::Refused,
            "cleaned" => Fate::Cleaned,
            "judged" => Fate::Judged,
            other => panic!("{other} is no fate"),
        };
        let spelling = with_bytes(spelling);
        let pages = if spelling.contains("{page}") { &PAGES[..] } else { &PAGES[..1] };
        tricks.extend(pages.iter().map(|page| Trick { fate, path: spelling.replace("{page}", page) }));
    }
    tricks
}

/// `\x01` is the byte with that number.
fn with_bytes(spelling: &str) -> String {
    let mut parts = spelling.split("\\x");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_at(2);
        text.push(char::from(u8::from_str_radix(number, 16).expect("a byte")));
        text.push_str(rest);
    }
    text
}

/// What became of a request: its status, and the kind of page that came from the portal. Ending the connection is
/// a refusal too.
fn ask(browser: &Browser, path: &str, token: Option<&str>) -> (u16, String) {
    let request = browser.get(path).page();
    let request = token.into_iter().fold(request, |request, token| request.cookie(token));
    match request.try_send() {
        Ok(reply) => (reply.status, reply.header("x-page").to_owned()),
        Err(error) if error.kind() == ErrorKind::TimedOut => panic!("{path}: {error}"),
        Err(_) => (400, String::new()),
    }
}

pub async fn no_spelling_of_a_path_leads_around_the_check(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let reader = stage.gateway.signed_in(json!({ "permissions": ["keys:read"] })).await;
    let mut faults = Vec::new();
    for Trick { fate, path } in tricks() {
        for (token, allowed) in [(None, &["public"][..]), (Some(&*reader), &["public", "protected"])] {
            let (status, _) = ask(&stage.proxy.browser, &path, token);
            let passed: Vec<_> = stage.portal.take().into_iter().map(|seen| seen.path).collect();
            let readings = passed.iter().flat_map(|path| readings(path));
            let misread = readings.filter(|reading| !allowed.contains(&page_at(reading))).collect::<Vec<_>>();
            let must_be_refused = match fate {
                Fate::Refused => true,
                Fate::Cleaned => matches!(kind, Kind::Nginx | Kind::Caddy),
                Fate::Judged => false,
            };
            if !misread.is_empty() || (must_be_refused && status != 400) {
                faults.push(format!("{path:?}: {status}, passed as {passed:?}, read as {misread:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

pub async fn no_framework_serves_what_was_not_checked(kind: Kind) {
    for framework in ALL {
        let gateway = TestApp::start_at("memory:", |_| own_host("memory:")).await;
        let portal = Upstream::start(framework);
        let places = Places::new(gateway.running().address, portal.address(), Way::OfThePortal);
        let proxy = Proxy::start(kind, places);
        let admin = gateway.signed_in(json!({ "permissions": ["admin:read"] })).await;
        for (path, page) in [("/enter/", "public"), ("/invoices", "protected"), ("/admin/users", "admin")] {
            assert_eq!(ask(&proxy.browser, path, Some(&admin)), (200, page.to_owned()), "{framework:?}");
        }
        let reader = gateway.signed_in(json!({ "permissions": ["keys:read"] })).await;
        for Trick { path, .. } in tricks() {
            let (_, served) = ask(&proxy.browser, &path, None);
            assert!(["", "public"].contains(&&*served), "{framework:?} serves {path:?} to nobody: {served}");
            let (_, served) = ask(&proxy.browser, &path, Some(&reader));
            assert_ne!(served, "admin", "{framework:?} serves {path:?} without the permission");
        }
    }
}

pub async fn an_honest_path_is_left_alone(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let paths = [
        "/files/100%25/50%25off%20and%20more.pdf",
        "/@jane/~jane/(group)/a,b/a=b/a+b/it's/a:b/*/!",
        "/.well-known/x/a.b/...c/..d/e../%C3%BC/%E2%82%AC/%5Bid%5D/%22/%3Ca%3E/%26/%3F/%23/%2B",
        "/go?next=https://a.example/../x//y&z=%3b&raw=%2e%2e%2f%5c%00%252e\\&%",
        "/?/../%2e",
    ];
    for path in paths {
        assert_eq!(stage.passes(path, &token).path, path);
    }
}

/// The kind of page that a portal has at a path: whatever its case, as Express has it.
fn page_at(path: &str) -> &'static str {
    let path = path.to_lowercase();
    if path.starts_with("/admin") {
        "admin"
    } else if PUBLIC
        .iter()
        .any(|public| path.strip_prefix(public).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    {
        "public"
    } else {
        "protected"
    }
}

/// The paths that portals may make of one.
fn readings(path: &str) -> [String; 4] {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let willing = percent_decode_str(&decoded).decode_utf8_lossy().replace('\\', "/");
    let segments = willing.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    let willing = without_dots(&segments.collect::<Vec<_>>().join("/"));
    [path.to_owned(), without_dots(path), without_dots(&decoded), willing]
}

fn without_dots(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}
