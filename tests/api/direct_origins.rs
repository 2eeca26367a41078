//! A direct token is bound to its portal's origins, wherever it is shown; what no browser sends is not.

use reqwest::Method;
use serde_json::json;

use crate::direct::{FORBIDDEN, formats, open, token};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, Call, DIRECT_PAGE, PAGE, Reply, SECOND_PAGE, TestApp, text};

const LISTED: [&str; 4] =
    [DIRECT_PAGE, "https://direct-test.example.com", "https://sessions.example.com", "capacitor://localhost"];

const OTHERS: [&str; 15] = [
    "null",
    "",
    "https://evil.example",
    PAGE,
    SECOND_PAGE,
    "https://direct.example.com.evil.example",
    "https://evil-direct.example.com",
    "https://sub.direct.example.com",
    "https://example.com",
    "http://direct.example.com",
    "https://direct.example.com:8443",
    "https://direct.example.com/",
    "https://DIRECT.example.com",
    "https://direct.example.com, https://evil.example",
    "capacitor://localhost.evil.example",
];

/// Everything that takes a direct token.
fn calls(app: &TestApp) -> [(&'static str, Call); 6] {
    [
        ("getSession", app.get("/v2/portal.getSession")),
        ("getSession of a slug", app.post("/v2/portal.getSession?slug=direct-portal", json!({}))),
        ("getToken", app.get("/v2/portal.getToken")),
        ("authorize", app.get("/v2/portal.authorize")),
        ("authorize of a slug", app.get("/v2/portal.authorize?slug=direct-portal&deny=status")),
        ("endSession", app.post("/v2/portal.endSession", json!({}))),
    ]
}

fn expect_unreadable(what: &str, origin: &str, reply: &Reply) {
    assert!(reply.cors_headers().is_empty(), "{what} of {origin}: {:?}", reply.headers);
    assert!(reply.header_values("vary").contains(&"Origin"), "{what}");
}

on_both_stores! {
    async fn a_page_of_a_listed_origin_may_use_it(app: TestApp) {
        for format in formats() {
            for origin in LISTED {
                let token = token(&app, format.clone()).await;
                for (what, call) in calls(&app) {
                    let reply = call.bearer(&token).header("origin", origin).send().await;
                    assert_eq!(reply.status, 200, "{what} of {origin}: {}", reply.text);
                    if !what.starts_with("authorize") {
                        assert_eq!(reply.header_values("access-control-allow-origin"), [origin], "{what}");
                    }
                }
                assert!(!app.accepts(&token).await, "endSession came last");
            }
        }
    }

    async fn a_page_of_any_other_origin_may_not(app: TestApp) {
        for format in formats() {
            let token = token(&app, format).await;
            for origin in OTHERS {
                for (what, call) in calls(&app) {
                    let reply = call.bearer(&token).header("origin", origin).send().await;
                    reply.expect(FORBIDDEN.0, FORBIDDEN.1);
                    assert!(text(&reply.error()["detail"]).contains("allowed_origins"), "{what}: {}", reply.text);
                    assert!(!reply.text.contains("user_123") && !reply.headers.contains_key("portal-external-id"));
                    expect_unreadable(what, origin, &reply);
                }
            }
            assert!(app.accepts(&token).await, "none of them ended it");
        }
    }

    async fn a_program_sends_no_origin(app: TestApp) {
        for format in formats() {
            let token = token(&app, format).await;
            for (what, call) in calls(&app) {
                let reply = call.bearer(&token).send().await;
                assert_eq!(reply.status, 200, "{what}: {}", reply.text);
                assert!(reply.cors_headers().is_empty(), "{what}");
            }
        }
    }

    async fn a_preflight_allows_authorization_to_listed_origins_alone(app: TestApp) {
        let preflight = |path: &str, origin: &str| {
            let call = app.call(Method::OPTIONS, path).header("origin", origin);
            call.header("access-control-request-method", "GET")
                .header("access-control-request-headers", "authorization")
        };
        for path in ["/v2/portal.getSession", "/v2/portal.getToken", "/v2/portal.endSession"] {
            let path = format!("{path}?slug=direct-portal");
            for origin in LISTED {
                let reply = preflight(&path, origin).send().await;
                assert_eq!(reply.status, 204, "{}", reply.text);
                assert_eq!(reply.header_values("access-control-allow-origin"), [origin]);
                assert!(reply.header("access-control-allow-headers").contains("authorization"));
                assert_eq!(reply.header("access-control-max-age"), "600");
            }
            for origin in OTHERS {
                expect_unreadable("a preflight", origin, &preflight(&path, origin).send().await);
            }
        }
        let create = preflight("/v2/portal.createSessionToken", DIRECT_PAGE).send().await;
        assert!(create.cors_headers().is_empty(), "a root key has no business in a browser");
    }

    async fn each_environment_has_the_same_origins(app: TestApp) {
        let opened = open(&app, ACME_TEST, json!({})).await;
        for origin in LISTED {
            let call = app.get("/v2/portal.getSession").bearer(text(&opened["token"])).header("origin", origin);
            assert_eq!(call.send().await.data()["environment"], "test", "{origin}");
        }
    }

    async fn an_origin_that_is_taken_off_the_list_is_refused_from_then_on(app: TestApp) {
        let opened = open(&app, ACME_LIVE, json!({})).await;
        let ask = || app.get("/v2/portal.getSession").bearer(text(&opened["token"])).header("origin", LISTED[3]);
        assert_eq!(ask().send().await.status, 200);
        app.reload(|config| config.replace("allowed_origins = [\"capacitor://localhost\"]", ""));
        ask().send().await.expect(FORBIDDEN.0, FORBIDDEN.1);
    }
}
