//! Whatever is sent to whatever route, on either store: never a 5xx, never a dropped gateway, always the shape of
//! all errors, or a closed connection where the bytes are no HTTP; and nothing of it comes back as HTML, as a header,
//! or as an address to go to.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::on_both_stores;
use crate::raw;
use crate::support::app::{ACME_LIVE, TestApp, open_redirects};

/// What would run in a page, and what would be a header of its own.
const MARK: &str = "\"'><script>hostile()</script>";
const ENCODED_MARK: &str = "%22%27%3E%3Cscript%3Ehostile()%3C/script%3E%0d%0ax-hostile:%201";
/// How long mutations are tried on each store.
const MUTATING: Duration = Duration::from_secs(3);
/// Another one, to try others; a failure names it.
const SEED: u64 = 20_250_315;

/// Every path of the route table, and some that it does not have.
fn paths() -> Vec<String> {
    let table = include_str!("../../src/http.rs").split('"').filter(|text| text.starts_with('/'));
    let filled = table.map(|path| path.replace(['{', '}'], ""));
    let mut paths: Vec<_> = filled
        .chain(["/", "/errors/authentication/missing", "/portal/hosted-portal"].map(str::to_owned))
        .collect();
    assert!(paths.len() > 14, "the route table was not understood");
    paths.push(format!("/{}", "x/".repeat(2_000)));
    paths
}

fn queries() -> Vec<String> {
    let mut queries: Vec<_> =
        ["", "?", "?slug=my-portal&slug=", "?slug=%00%ff%zz%", "?permission=%E2%80%AE&deny=status"]
            .map(str::to_owned)
            .to_vec();
    queries.push(format!(
        "?slug={ENCODED_MARK}&permission={ENCODED_MARK}&session={ENCODED_MARK}&{ENCODED_MARK}"
    ));
    queries.push(format!("?{}", "permission=a&".repeat(2_000)));
    queries.push(format!("?session={}", "A".repeat(20_000)));
    queries
}

/// Lines of a head, without the line that says whose it is.
fn heads() -> Vec<Vec<u8>> {
    let mut heads: Vec<Vec<u8>> = Vec::new();
    let mut add = |head: &[u8]| heads.push(head.to_vec());
    add(b"");
    add(format!("Authorization: Bearer {ACME_LIVE}\r\n").as_bytes());
    add(format!("Authorization: Bearer {MARK}\r\nAccept: text/html\r\n").as_bytes());
    add(b"Authorization: \xff\xfe\r\nCookie: \xff=\xfe; __Host-portal_session_my-portal=\xc3\x28\r\n");
    add(b"Authorization:\r\nAuthorization: Bearer\r\nAuthorization: Bearer  \t\r\nAuthorization: bearer ps_live_\r\n");
    add(format!(
        "Cookie: portal_hint=my-portal.{MARK}; ;;=;a; {MARK}={MARK}\r\nSec-Fetch-Mode: navigate\r\n"
    )
    .as_bytes());
    add(format!("Origin: {MARK}\r\nReferer: {MARK}\r\nUser-Agent: {MARK}\r\nAccept: text/html,{MARK}\r\n")
        .as_bytes());
    add(b"Origin: null\r\nAccess-Control-Request-Method: BREW\r\nAccess-Control-Request-Headers: \xff\r\n");
    add(b"Cookie: __Host-portal_landing=\xff; portal_landing=%00; __Host-portal_bounces=99999999999999999999.-1; portal_bounces=\"\r\nSec-Fetch-Mode: navigate\r\nAccept-Language: \xff,;q=,de-\r\n");
    add(b"Accept: ,;;q=\xff,text/html;q=999999999999999999999\r\nAccept-Encoding: gzip;q=x\r\nRange: bytes=0-\r\n");
    add(b"Idempotency-Key: \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\r\nExpect: 100-continue\r\n");
    add(b"X-Forwarded-For: ,,,[::1,999.1.1.1:99999,\xff\r\nForwarded: for=;for=\"[\";by=\r\nX-Forwarded-Method: \xff\r\n");
    add(
        b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n",
    );
    add(b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: \r\n");
    add(format!("Cookie: {}\r\n", "__Host-portal_session_my-portal=x; ".repeat(1_000)).as_bytes());
    for name in [
        "__Host-portal_session_my-portal",
        "portal_session_my-portal",
        "portal_session_wide-portal",
        "__Host-portal_landing",
    ] {
        let many: String = (0..1_000).map(|at| format!("{name}={at}; ")).collect();
        add(format!("Cookie: {many}\r\nSec-Fetch-Mode: navigate\r\n").as_bytes());
    }
    add("A: b\r\n".repeat(90).as_bytes());
    add("A: b\r\n".repeat(2_000).as_bytes());
    add(format!("{}: b\r\n", "a".repeat(70_000)).as_bytes());
    add(b"No colon\r\n");
    add(b": no name\r\n");
    add(b"Spaced : x\r\nNul: \0\r\nFolded: a\r\n b\r\n");
    heads
}

/// Bodies with the head lines that frame them.
fn bodies() -> Vec<Vec<u8>> {
    let session = r#"{"sessionId":"x"}"#;
    let texts = [
        String::new(),
        session.to_owned(),
        format!(r#"{{"sessionId":"{}","{}":1}}"#, MARK.replace('"', "\\\""), MARK.replace('"', "\\\"")),
        r#"{"slug":"my-portal","slug":"my-portal","externalId":"a","externalId":1,"permissions":["a"]}"#.to_owned(),
        r#"{"slug":"my-portal","externalId":"\u0000\ud83d\ude00\u202e","permissions":["a"],"email":"\u0000"}"#.to_owned(),
        r#"{"slug":"my-portal","externalId":"a","permissions":["a"],"ttlSeconds":1e999,"limit":-0}"#.to_owned(),
        r#"{"slug":"my-portal","externalId":"a","limit":99999999999999999999999999,"cursor":"sess_"}"#.to_owned(),
        r#"{"slug":"my-portal","externalId":"a","permissions":["a"],"metadata":{"":{"":[1e400,-1e-400]}}}"#.to_owned(),
        format!(r#"{{"slug":"my-portal","externalId":"a","permissions":["a"],"metadata":{{"a":{}0{}}}}}"#, "[".repeat(120), "]".repeat(120)),
        format!(r#"{{"id":{}}}"#, "[".repeat(8_000)),
        format!("{{{}\"z\":0}}", (0..900).map(|at| format!("\"k{at}\":{at},")).collect::<String>()),
        "9".repeat(16_000),
    ];
    let counted = |body: &[u8]| {
        let mut bytes =
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        bytes
    };
    let mut bodies: Vec<_> = texts.iter().map(|text| counted(text.as_bytes())).collect();
    bodies.push(counted(b"\xff\xfe\0{\"sessionId\":\"\xc3\x28\"}"));
    bodies.push(counted(&[0; 20_000]));
    let framed = [
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11;x=\"\r\n{\"sessionId\":\"x\"}\r\n0\r\nTrailer: x\r\n\r\n",
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        "Content-Length: 9223372036854775807\r\n\r\n{",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 1 \r\nContent-Length: 1\r\n\r\n{",
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 26\r\n\r\nsession=%00%ff&nonce=%zz&&=",
        "Content-Type: multipart/form-data; boundary=\r\nContent-Length: 4\r\n\r\n----",
        "Content-Type: application/json; charset=\"\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    ];
    bodies.extend(framed.map(|text| text.as_bytes().to_vec()));
    bodies
}

fn request(method: &str, target: &str, head: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: gateway\r\n").into_bytes();
    bytes.extend_from_slice(head);
    bytes.extend_from_slice(body);
    bytes
}

/// All that the gateway says to these bytes, until it hangs up.
async fn all_answers(app: &TestApp, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(app.running().address).await.expect("a connection");
    let mut answers = Vec::new();
    // It may well hang up before it has all of them.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let reading = tokio::time::timeout(raw::PATIENCE, stream.read_to_end(&mut answers));
    let _ = reading.await.expect("the gateway hangs up");
    answers
}

/// Head and body of every answer. An answer to HEAD has no body; here it can only be the last one.
fn split(answers: &[u8]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = answers;
    while !rest.is_empty() {
        let end = rest.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a whole head") + 4;
        let head = String::from_utf8(rest[..end].to_vec()).expect("a head of text").to_ascii_lowercase();
        rest = &rest[end..];
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
        let length = if rest.starts_with(b"HTTP/1.1 ") { 0 } else { length.min(rest.len()) };
        found.push((head, String::from_utf8(rest[..length].to_vec()).expect("a body of text")));
        rest = &rest[length..];
    }
    found
}

/// What holds of every answer, whatever was asked.
fn check(answers: &[u8]) -> Result<(), String> {
    for (head, body) in split(answers) {
        let status: u16 = head.get(9..12).and_then(|status| status.parse().ok()).ok_or("no status")?;
        if status == 100 {
            continue;
        }
        let has = |line: &str| head.contains(&format!("\r\n{line}"));
        if status >= 500 {
            return Err(format!("a {status}"));
        }
        // The one answer that may be kept: the public keys.
        let is_kept = status == 200 && has("cache-control: public, max-age=300\r\n") && !has("set-cookie");
        if !has("x-request-id: req_")
            || !(is_kept || has("cache-control: no-store\r\n"))
            || !has("x-content-type-options: nosniff\r\n")
        {
            return Err(format!("an answer without the common headers: {head}"));
        }
        if has("x-hostile") {
            return Err("a header of the client's choice".to_owned());
        }
        if let Some(location) = head.lines().find_map(|line| line.strip_prefix("location: "))
            && !["https://app.example.com/", "https://hosted.example.com/"]
                .iter()
                .any(|home| location.starts_with(home))
        {
            return Err(format!("it leads to {location}"));
        }
        if has("content-type: text/html") {
            if body.contains("hostile()") {
                return Err("the client's input is in a page".to_owned());
            }
        } else if status >= 400 && !body.is_empty() {
            let body: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
            let type_ = body["error"]["type"].as_str().unwrap_or_default();
            if body["error"]["status"] != status || !type_.starts_with("https://sessions.example.com/errors/")
            {
                return Err(format!("no problem: {body}"));
            }
        }
    }
    Ok(())
}

async fn try_one(app: &TestApp, bytes: &[u8]) {
    if let Err(fault) = check(&all_answers(app, bytes).await) {
        let shown = bytes[..bytes.len().min(600)].escape_ascii();
        panic!("{fault}\nseed {SEED}, after these bytes:\n{shown}");
    }
}

async fn assert_alive(app: &TestApp) {
    assert_eq!(app.get("/health/ready").send().await.status, 200);
    let token = app.signed_in(json!({})).await;
    assert!(app.accepts(&token).await);
}

on_both_stores! {
    async fn no_route_fails_at_what_it_is_sent(app: TestApp) {
        let (heads, bodies, queries) = (heads(), bodies(), queries());
        for path in paths() {
            let mut requests = vec![
                request("GET", &format!("{path}/..%2f%00{ENCODED_MARK}"), b"Accept: text/html\r\n", b"\r\n"),
            ];
            for query in &queries {
                requests.push(request("GET", &format!("{path}{query}"), &heads[1], b"\r\n"));
            }
            for head in &heads {
                requests.push(request("GET", &path, head, b"\r\n"));
                requests.push(request("POST", &path, head, &bodies[1]));
            }
            for body in &bodies {
                requests.push(request("POST", &path, &heads[1], body));
                requests.push(request("GET", &path, &heads[1], body));
            }
            for method in ["OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH", "PRI", "x", "HEAD"] {
                requests.push(request(method, &path, &heads[1], b"\r\n"));
            }
            join_all(requests.iter().map(|bytes| try_one(&app, bytes))).await;
        }
        assert_alive(&app).await;
    }

    async fn no_mutation_of_a_request_makes_the_gateway_fail(app: TestApp) {
        let (mut random, paths) = (StdRng::seed_from_u64(SEED), paths());
        let (heads, bodies, queries) = (heads(), bodies(), queries());
        let until = Instant::now() + MUTATING;
        let mut tried = 0;
        while Instant::now() < until {
            let of = |random: &mut StdRng, from: &[Vec<u8>]| from.choose(random).cloned().unwrap_or_default();
            let target = paths.choose(&mut random).cloned().unwrap_or_default()
                + queries.choose(&mut random).map_or("", String::as_str);
            let method = ["GET", "POST"].choose(&mut random).expect("a method");
            let (head, body) = (of(&mut random, &heads), of(&mut random, &bodies));
            let mut bytes = request(method, &target, &head, &body);
            mutate(&mut bytes, &mut random);
            try_one(&app, &bytes).await;
            tried += 1;
        }
        assert!(tried > 100, "only {tried} requests in {MUTATING:?}");
        assert_alive(&app).await;
    }

    async fn no_header_and_no_query_chooses_where_a_browser_goes(app: TestApp) {
        for url in open_redirects() {
            let encoded: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
            let query = ["returnUrl", "return_url", "redirect", "rd", "next", "url", "home"].map(|name| format!("{name}={encoded}"));
            let target = format!("/v2/portal.authorize?slug=my-portal&{}", query.join("&"));
            let line = url.replace(['\r', '\n', '\0'], "");
            let names = ["X-Forwarded-Host", "X-Forwarded-Uri", "X-Original-URL", "X-Rewrite-URL", "Referer", "Origin"];
            let head: String = names.map(|name| format!("{name}: {line}\r\n")).concat();
            let bytes = format!("GET {target} HTTP/1.1\r\nHost: evil.example\r\n{head}Sec-Fetch-Mode: navigate\r\n\r\n");
            let answers = all_answers(&app, bytes.as_bytes()).await;
            let [(head, _)] = &*split(&answers) else { panic!("one answer to {bytes}") };
            assert!(head.starts_with("http/1.1 302 "), "{bytes}\n{head}");
            let home = "\r\nlocation: https://app.example.com/billing?reason=session_missing\r\n";
            assert!(head.contains(home), "{bytes}\n{head}");
        }
    }
}

/// A few of the ways in which bytes go wrong, one after the other.
fn mutate(bytes: &mut Vec<u8>, random: &mut StdRng) {
    for _ in 0..random.random_range(1..6) {
        let at = random.random_range(0..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        match random.random_range(0..6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.random()),
            2 if !bytes.is_empty() => bytes[at] = random.random(),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => {
                let odd: [&[u8]; 9] = [
                    b"\r\n\r\n",
                    b"\0",
                    b"\r\n",
                    b"%00",
                    b"\xff\xfe",
                    b"{\"",
                    b"99999999999999999999",
                    b"../",
                    b": ",
                ];
                let odd = odd.choose(random).copied().unwrap_or_default();
                bytes.splice(at..at, odd.iter().copied());
            }
            _ => {
                let end = (at + random.random_range(0..200)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }
}

/// Two readers of one connection must agree on where a request ends: a proxy that reads it the other way would hand
/// one user's answer to the next.
#[tokio::test]
async fn what_two_servers_could_frame_differently_is_refused_and_the_connection_closed() {
    let app = TestApp::start(crate::support::app::Kind::Memory).await;
    let smuggled = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
    let framings = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: 0x5",
        "Content-Length: 5\r\n\t6",
        "Content-Length : 5",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
    ];
    for framing in framings {
        let bytes = format!("{}0\r\n\r\n{smuggled}", raw::post_head(framing));
        let answers = split(&all_answers(&app, bytes.as_bytes()).await);
        let statuses: Vec<_> = answers.iter().map(|(head, _)| &head[9..12]).collect();
        assert_eq!(statuses, ["400"], "{framing:?}");
        assert!(answers[0].0.contains("\r\nconnection: close\r\n"), "{framing:?}");
    }
}
