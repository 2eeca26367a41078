//! The route table from outside: what is not there, which methods a path answers, and HEAD, OPTIONS and TRACE.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::errors::{POST_ONLY, assert_is_problem};
use crate::raw;
use crate::support::app::{Kind, TestApp};

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = TestApp::start(Kind::Memory).await;
    let long = format!("/{}", "x".repeat(4_000));
    for path in [
        "/",
        "/v2",
        "/v2/",
        "/v2/portal.nothing",
        "/v2/portal.getSession/",
        "/v2/portal.getsession",
        "/v2//portal.getSession",
        "/v3/portal.getSession",
        "/metrics",
        "/health",
        "/errors",
        "/errors/authentication",
        "/.env",
        "/%00",
        "/%ff?%ff",
        &long,
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let reply = app.call(method, path).send().await;
            reply.expect(404, "bad_request/route_not_found");
            assert_is_problem(&reply);
        }
    }
}

#[tokio::test]
async fn a_path_that_is_mistyped_is_told_the_right_one() {
    let app = TestApp::start(Kind::Memory).await;
    const CREATE: &str = "/v2/portal.createSession, ";
    for (path, told) in [
        ("//v2/portal.createSession", "without one at its end"),
        ("/v2/v2/portal.createSession", CREATE),
        ("/v2/portal/createSession", CREATE),
        ("/v1/portal.createSession", CREATE),
        ("/portal.createSession", CREATE),
        ("/v2/portal.createsession", CREATE),
        ("/v2/portal.createSession/", CREATE),
        ("/v2//portal.createSessionToken", "/v2/portal.createSessionToken, "),
    ] {
        let reply = app.call(Method::POST, path).send().await;
        reply.expect(404, "bad_request/route_not_found");
        assert!(
            reply.error()["detail"].as_str().is_some_and(|detail| detail.contains(told)),
            "{}",
            reply.text
        );
    }
    for path in ["/v2/portal.nothing", "/portal.createSession/pst_live_x", "/metrics"] {
        let reply = app.call(Method::POST, path).send().await;
        assert_eq!(reply.error()["detail"], "There is nothing at this path.", "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let app = TestApp::start(Kind::Memory).await;
    let reading = ["GET", "HEAD"].as_slice();
    let mut table: Vec<(&str, &[&str])> = POST_ONLY.map(|path| (path, ["POST"].as_slice())).to_vec();
    table.push(("/v2/portal.getSession", &["GET", "HEAD", "POST"]));
    table.push(("/health/live", reading));
    table.push(("/health/ready", reading));
    table.push(("/errors/bad_request/method_not_allowed", reading));
    for (path, allowed) in table {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let secret = "Bearer a-secret-that-trace-would-echo";
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let call = app.call(method.clone(), path).header("authorization", secret);
            let reply = call.send().await;
            if allowed.contains(&method.as_str()) {
                assert_ne!(reply.status, 405, "{method} {path}");
                continue;
            }
            reply.expect(405, "bad_request/method_not_allowed");
            assert_is_problem(&reply);
            let named: Vec<_> = reply.header("allow").split(", ").collect();
            assert_eq!(named, allowed, "{method} {path}");
            assert!(!reply.text.contains("a-secret"), "{method} {path} echoes");
        }
    }
    for path in ["/nowhere", "/v2/portal.authorize"] {
        let trace = app.call(Method::TRACE, path).bearer("a-secret").send().await;
        assert!((400..500).contains(&trace.status), "{path}");
        assert!(!trace.text.contains("a-secret"), "{path} echoes");
    }
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let app = TestApp::start(Kind::Memory).await;
    for path in
        ["/nowhere", POST_ONLY[0], "/v2/portal.authorize", "/health/live", "/errors/authentication/missing"]
    {
        let head = format!("HEAD {path} HTTP/1.1\r\nHost: gateway\r\n\r\n");
        let mut connection =
            raw::connect(&app, head + "GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n").await;
        let head = raw::read_head(&mut connection).await;
        assert!(head.contains("x-request-id: req_"), "{head}");
        // A body would stand before the second reply.
        assert_eq!(raw::read(&mut connection).await.status, 200, "HEAD {path}");
    }
}

#[tokio::test]
async fn a_person_reads_a_page_wherever_nothing_is() {
    let app = TestApp::start(Kind::Memory).await;
    const MODE: (&str, &str) = ("sec-fetch-mode", "navigate");
    const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for (path, status, code) in [
        ("/portal", 404, "bad_request/route_not_found"),
        ("/portal/", 404, "bad_request/route_not_found"),
        ("/portal/no-such-portal/", 404, "bad_request/route_not_found"),
        ("/portal/my-portal/more", 404, "bad_request/route_not_found"),
        ("/docs/", 404, "bad_request/route_not_found"),
        ("/docs/no-such", 404, "bad_request/route_not_found"),
        ("/docs/README", 404, "bad_request/route_not_found"),
        ("/docs/guides/no-such", 404, "bad_request/route_not_found"),
        ("/errors/no/such", 404, "bad_request/route_not_found"),
        ("/errors/authentication/missing/", 404, "bad_request/route_not_found"),
        ("/v2/portal.createSession", 405, "bad_request/method_not_allowed"),
        ("/v2/portal.exchangeSession", 405, "bad_request/method_not_allowed"),
    ] {
        for headers in [[MODE, HTML].as_slice(), &[HTML]] {
            let reply = app.get(path).headers(headers).send().await;
            reply.expect_page(status, "There is nothing at this address");
            assert_eq!(reply.header("allow").is_empty(), status == 404, "{path}");
        }
        let in_german = app.get(path).headers(&[MODE, HTML]).header("accept-language", "de").send().await;
        in_german.expect_page(status, "Unter dieser Adresse gibt es nichts");
        for program in [&[][..], &[("accept", "application/json")], &[("sec-fetch-mode", "cors"), HTML]] {
            app.get(path).headers(program).send().await.expect(status, code);
        }
    }
    let post = app.call(Method::POST, "/docs").headers(&[MODE, HTML]).send().await;
    post.expect_page(405, "There is nothing at this address");
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_landing_leads_to_it() {
    let app = TestApp::start(Kind::Memory).await;
    for (query, expected) in [
        ("", "../hosted-portal"),
        ("?session=pst_live_x&b=%20%22", "../hosted-portal?session=pst_live_x&b=%20%22"),
        ("?", "../hosted-portal"),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let reply = app.call(method, &format!("/portal/hosted-portal/{query}")).send().await;
            assert_eq!((reply.status, reply.header("location")), (308, expected));
        }
    }
    for path in
        ["/portal/%2e%2e/", "/portal/evil.example%2f/", "/portal//evil.example/", "/portal/hosted-portal//"]
    {
        let reply = app.get(path).send().await;
        assert_eq!((reply.status, reply.header("location")), (404, ""), "{path}");
    }
}

#[tokio::test]
async fn the_addresses_above_the_pages_lead_a_person_to_them_and_a_program_nowhere() {
    let app = TestApp::start(Kind::Memory).await;
    for path in ["/", "/errors", "/errors/"] {
        for html in ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8"] {
            let reply = app.get(path).header("accept", html).send().await;
            assert_eq!(
                (reply.status, reply.header("content-type")),
                (200, "text/html; charset=utf-8"),
                "{path}"
            );
            assert!(
                reply.text.contains("href=\"/docs\""),
                "{path} leads to the documentation: {}",
                reply.text
            );
            let post = app.call(Method::POST, path).header("accept", html).send().await;
            assert_eq!(post.status, 404, "{path}");
        }
        app.get(path).send().await.expect(404, "bad_request/route_not_found");
        let prefetch =
            app.get(path).header("accept", "text/html").header("sec-purpose", "prefetch").send().await;
        assert_eq!(prefetch.status, 404, "{path}");
    }
}

/// A browser that follows every link of the documentation, from the first page on.
#[tokio::test]
async fn every_link_of_the_documentation_leads_to_a_page_and_its_part() {
    let app = TestApp::start(Kind::Memory).await;
    let (mut pages, mut open) = (BTreeMap::new(), vec!["/".to_owned()]);
    let mut wanted: Vec<(String, String)> = Vec::new();
    while let Some(path) = open.pop() {
        if pages.contains_key(&path) || path == "/openapi.json" {
            continue;
        }
        let reply = app.get(&path).header("accept", "text/html").send().await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(
            reply.text.contains("<title>") && !reply.text.contains("<title></title>"),
            "{path} has a title"
        );
        for link in reply.text.split("<a href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (to, part) = link.split_once('#').unwrap_or((link, ""));
            if !to.starts_with('/') && !to.is_empty() {
                assert!(to.contains("://"), "{path} has a link that leads nowhere: {link}");
                continue;
            }
            let to = if to.is_empty() { path.clone() } else { to.to_owned() };
            open.push(to.clone());
            wanted.extend((!part.is_empty()).then(|| (to, part.to_owned())));
        }
        pages.insert(path, reply.text);
    }
    assert!(pages.len() > 45, "{} pages", pages.len());
    for (page, part) in wanted {
        assert!(pages[&page].contains(&format!(" id=\"{part}\"")), "{page} has no part {part}");
    }
}
