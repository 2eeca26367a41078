//! CORS: pages of the portals' own origins may call and read, nobody else's may; a form never gets through.

use reqwest::Method;
use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, PAGE, Reply, SECOND_PAGE, TestApp};

const FOR_PAGES: [&str; 3] = ["/v2/portal.exchangeSession", "/v2/portal.getSession", "/v2/portal.endSession"];
const FOR_BACKENDS: [&str; 3] =
    ["/v2/portal.createSession", "/v2/portal.revokeSession", "/v2/portal.listSessions"];
const LISTED: [&str; 5] = [
    PAGE,
    "https://portal-test.example.com",
    SECOND_PAGE,
    "https://umbrella.example.com",
    "https://sessions.example.com",
];
const FOREIGN: [&str; 14] = [
    "null",
    "*",
    "https://evil.example",
    "https://portal.example.com.evil",
    "https://evil-portal.example.com",
    "https://sub.portal.example.com",
    "https://example.com",
    "http://portal.example.com",
    "https://portal.example.com:8443",
    "https://PORTAL.EXAMPLE.COM",
    "HTTPS://portal.example.com",
    "https://portal.example.com/",
    "https://portal.example.com, https://evil.example",
    // A return URL's origin has no business here.
    "https://app.example.com",
];

fn preflight(app: &TestApp, path: &str, origin: &str) -> Call {
    let call = app.call(Method::OPTIONS, path).header("origin", origin);
    let call = call.header("access-control-request-method", "POST");
    call.header("access-control-request-headers", "content-type,idempotency-key")
}

/// Whether a list in a header names something, in whatever case.
fn names(reply: &Reply, header: &str, name: &str) -> bool {
    let values = reply.header_values(header);
    let mut named = values.iter().flat_map(|value| value.split(','));
    named.any(|one| one.trim().eq_ignore_ascii_case(name))
}

fn expect_readable(reply: &Reply, origin: &str) {
    assert_eq!(reply.header_values("access-control-allow-origin"), [origin], "{}", reply.text);
    assert_eq!(reply.header_values("access-control-allow-credentials"), ["true"]);
    assert!(names(reply, "vary", "origin"), "a cache must not mix up origins");
}

fn expect_unreadable(reply: &Reply, origin: &str) {
    assert!(reply.cors_headers().is_empty(), "{origin}: {:?}", reply.headers);
}

#[tokio::test]
async fn a_listed_origins_preflight_allows_what_portals_send() {
    let app = TestApp::start(Kind::Memory).await;
    for (path, origin) in FOR_PAGES.into_iter().flat_map(|path| LISTED.map(|origin| (path, origin))) {
        let reply = preflight(&app, path, origin).send().await;
        assert!(matches!(reply.status, 200 | 204), "{}", reply.status);
        expect_readable(&reply, origin);
        assert!(names(&reply, "access-control-allow-methods", "POST"));
        for name in ["content-type", "authorization", "idempotency-key"] {
            assert!(names(&reply, "access-control-allow-headers", name), "{name}");
        }
        assert_eq!(reply.header("cache-control"), "no-store");
        assert!(!reply.headers.values().any(|value| value == "*"));
    }
}

#[tokio::test]
async fn a_foreign_preflight_gets_no_cors_headers() {
    let app = TestApp::start(Kind::Memory).await;
    for (path, origin) in FOR_PAGES.into_iter().flat_map(|path| FOREIGN.map(|origin| (path, origin))) {
        let reply = preflight(&app, path, origin).send().await;
        expect_unreadable(&reply, origin);
        assert!(names(&reply, "vary", "origin"));
    }
}

on_both_stores! {
    async fn a_listed_page_reads_success_and_refusal(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let id = app.fresh_id(json!({})).await;
        let get = || app.get("/v2/portal.getSession");
        let second = || app.exchanging(&id).header("origin", SECOND_PAGE);
        let end = || app.post("/v2/portal.endSession", json!({}));
        let calls = [
            (200, PAGE, get().cookie(&token).header("origin", PAGE)),
            (401, PAGE, get().cookie("garbage").header("origin", PAGE)),
            (401, PAGE, get().header("origin", PAGE)),
            (400, PAGE, app.post("/v2/portal.getSession", json!({ "x": 1 })).cookie(&token).header("origin", PAGE)),
            (403, SECOND_PAGE, second()),
            (200, PAGE, app.exchanging(&id).header("origin", PAGE)),
            (401, SECOND_PAGE, second()),
            (400, PAGE, app.exchanging("").header("origin", PAGE)),
            (405, PAGE, app.get("/v2/portal.exchangeSession").header("origin", PAGE)),
            (200, PAGE, end().cookie(&token).header("origin", PAGE)),
            (401, PAGE, end().cookie(&token).header("origin", PAGE)),
        ];
        for (status, origin, call) in calls {
            let reply = call.send().await;
            assert_eq!(reply.status, status, "{}", reply.text);
            expect_readable(&reply, origin);
            reply.expect_common_headers();
        }
    }

    async fn a_foreign_page_reads_nothing(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let id = app.fresh_id(json!({})).await;
        for origin in FOREIGN {
            let calls = [
                app.get("/v2/portal.getSession").cookie(&token),
                app.get("/v2/portal.getSession").bearer(&token),
                app.get("/v2/portal.getSession"),
                app.exchanging(&id),
                app.exchanging("garbage"),
                app.post("/v2/portal.endSession", json!({})).cookie(&token),
            ];
            for call in calls {
                let reply = call.header("origin", origin).send().await;
                expect_unreadable(&reply, origin);
                assert!(names(&reply, "vary", "origin"));
            }
        }
        assert_eq!(app.exchange(&id).await.status, 200, "none of them spent the ID");
        assert_eq!(app.get("/v2/portal.getSession").cookie(&token).send().await.status, 200);
    }

    async fn a_page_of_another_portal_learns_nothing(app: TestApp) {
        let (live, dead) = (app.signed_in(json!({})).await, "garbage".to_owned());
        for path in ["getSession", "endSession"] {
            for query in ["?slug=my-portal", "?slug=no-such-portal"] {
                for token in [Some(&live), Some(&dead), None] {
                    let call = app.post(&format!("/v2/portal.{path}{query}"), json!({}));
                    let call = token.map_or(Call(call.0.try_clone().expect("a copy")), |token| call.cookie(token));
                    let reply = call.header("origin", SECOND_PAGE).send().await;
                    expect_unreadable(&reply, SECOND_PAGE);
                    assert!(names(&reply, "vary", "origin"));
                }
            }
            let bearer = app.post(&format!("/v2/portal.{path}"), json!({})).bearer(&live);
            if path == "getSession" {
                expect_unreadable(&bearer.header("origin", SECOND_PAGE).send().await, SECOND_PAGE);
            }
            expect_unreadable(&preflight(&app, &format!("/v2/portal.{path}?slug=my-portal"), SECOND_PAGE).send().await, SECOND_PAGE);
        }
        assert!(app.accepts(&live).await, "none of them ended it");
    }

    async fn answers_vary_by_origin_even_without_one(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for call in [app.get("/v2/portal.getSession").cookie(&token), app.get("/v2/portal.getSession")] {
            let reply = call.send().await;
            expect_unreadable(&reply, "none");
            assert!(names(&reply, "vary", "origin"));
        }
    }

    async fn a_form_of_another_site_never_gets_through(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let id = app.fresh_id(json!({})).await;
        let body = format!("{{\"sessionId\":\"{id}\"}}");
        let form = format!("sessionId={id}");
        // The three types that need no preflight, and what else is no JSON.
        let table = [
            ("text/plain", &body),
            ("text/plain; x=application/json", &body),
            ("application/x-www-form-urlencoded", &form),
            ("multipart/form-data; boundary=x", &body),
            ("application/jsonp", &body),
            ("text/json", &body),
            ("", &body),
        ];
        for (content_type, body) in table {
            for path in FOR_PAGES {
                let call = app.call(Method::POST, path).header("content-type", content_type).cookie(&token);
                let reply = call.header("origin", PAGE).body(body.clone()).send().await;
                reply.expect(415, "bad_request/unsupported_media_type");
                expect_readable(&reply, PAGE);
            }
        }
        for path in FOR_PAGES {
            let reply = app.call(Method::POST, path).cookie(&token).header("origin", PAGE).body("{}").send().await;
            reply.expect(415, "bad_request/unsupported_media_type");
        }
        assert_eq!(app.exchange(&id).await.status, 200, "none of them spent the ID");
        assert_eq!(app.get("/v2/portal.getSession").cookie(&token).send().await.status, 200, "or ended the session");
    }

    async fn json_is_json_in_every_spelling(app: TestApp) {
        for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"] {
            let body = format!("{{\"sessionId\":\"{}\"}}", app.fresh_id(json!({})).await);
            let call = app.call(Method::POST, "/v2/portal.exchangeSession").header("content-type", content_type);
            assert_eq!(call.body(body).send().await.status, 200, "{content_type}");
        }
    }
}

#[tokio::test]
async fn a_root_key_has_no_business_in_a_browser() {
    let app = TestApp::start(Kind::Memory).await;
    for path in FOR_BACKENDS {
        for origin in LISTED.into_iter().chain(FOREIGN) {
            expect_unreadable(&preflight(&app, path, origin).send().await, origin);
            for call in [app.post(path, json!({})), app.post(path, json!({})).bearer(ACME_LIVE)] {
                expect_unreadable(&call.header("origin", origin).send().await, origin);
            }
        }
    }
    let body = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    let reply = app.post(FOR_BACKENDS[0], body).bearer(ACME_LIVE).header("origin", PAGE).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    expect_unreadable(&reply, PAGE);
}
