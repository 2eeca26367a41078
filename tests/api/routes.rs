//! The route table from outside: what is not there, which methods a path answers, and HEAD, OPTIONS and TRACE.

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
        ("/", 404, "bad_request/route_not_found"),
        ("/portal", 404, "bad_request/route_not_found"),
        ("/portal/", 404, "bad_request/route_not_found"),
        ("/portal/no-such-portal/", 404, "bad_request/route_not_found"),
        ("/portal/my-portal/more", 404, "bad_request/route_not_found"),
        ("/docs/", 404, "bad_request/route_not_found"),
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
