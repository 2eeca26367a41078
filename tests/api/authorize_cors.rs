//! `portal.authorize` for pages of another origin than the portal's own: which of them may read a refusal, and which
//! preflights are let through.

use reqwest::Method;
use serde_json::json;

use crate::authorize::{assert_tells_nothing, authorize};
use crate::on_both_stores;
use crate::support::app::{Call, IDENTITY, Kind, PAGE, Reply, SECOND_PAGE, TestApp};

type Headers<'a> = &'a [(&'a str, &'a str)];

const ASKS: (&str, &str) = ("access-control-request-method", "DELETE");
const FROM_PAGE: (&str, &str) = ("origin", PAGE);

/// Asks as a proxy does that passes the original's method on.
fn asking(app: &TestApp, method: &str, query: &str, headers: Headers<'_>) -> Call {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    app.call(method, &format!("/v2/portal.authorize{query}")).headers(headers)
}

fn assert_let_through_as_nobody(reply: &Reply) {
    assert_eq!((reply.status, &*reply.text), (200, ""));
    for name in IDENTITY {
        assert_eq!(reply.header_values(name), [""], "{name}");
    }
}

on_both_stores! {
    async fn refusals_can_be_read_by_the_portals_own_pages_alone(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let calls = || [
            (401, authorize(&app, "?slug=my-portal")),
            (401, authorize(&app, "?slug=my-portal&deny=status")),
            (401, authorize(&app, "?slug=my-portal").cookie("garbage")),
            (403, authorize(&app, "?slug=my-portal&permission=keys:write").cookie(&token)),
            (403, authorize(&app, "?permission=keys:write").cookie(&token)),
            (400, authorize(&app, "?slug=my-portal&permission=").cookie(&token)),
        ];
        for (status, call) in calls() {
            let reply = call.header("origin", PAGE).send().await;
            assert_eq!(reply.status, status, "{}", reply.text);
            assert_eq!(reply.header_values("access-control-allow-origin"), [PAGE]);
            assert_eq!(reply.header("access-control-allow-credentials"), "true");
            assert!(reply.header_values("vary").contains(&"Origin"));
        }
        for origin in [SECOND_PAGE, "https://evil.example", "null"] {
            for (status, call) in calls() {
                let reply = call.header("origin", origin).send().await;
                assert_eq!(reply.status, status, "{}", reply.text);
                assert!(reply.cors_headers().is_empty(), "{origin}: {:?}", reply.headers);
            }
        }
        // What no portal has is nobody's to read.
        let reply = authorize(&app, "?slug=no-such-portal").header("origin", PAGE).send().await;
        assert!(reply.cors_headers().is_empty());
    }

    async fn a_preflight_is_let_through_where_the_proxy_says_so(app: TestApp) {
        let live = app.signed_in(json!({})).await;
        let allow = "?slug=my-portal&permission=admin:read&preflight=allow";
        let preflight: Headers<'_> = &[FROM_PAGE, ASKS, ("portal-external-id", "forged")];
        assert_let_through_as_nobody(&asking(&app, "OPTIONS", allow, preflight).send().await);
        // It says nothing of who is signed in, even if a client sends a credential along.
        assert_let_through_as_nobody(&asking(&app, "OPTIONS", allow, preflight).cookie(&live).send().await);
        let with = format!("{allow}&with=email,metadata");
        let reply = asking(&app, "OPTIONS", &with, preflight).send().await;
        assert_eq!((reply.header_values("portal-email"), reply.header_values("portal-metadata")), (vec![""], vec![""]));
        for query in ["?slug=my-portal", "?slug=my-portal&preflight=", "?slug=my-portal&preflight=deny"] {
            let reply = asking(&app, "OPTIONS", query, preflight).send().await;
            reply.expect(401, "authentication/portal_token_missing");
            assert_tells_nothing(&reply);
        }
    }

    async fn nothing_but_a_preflight_is_let_through(app: TestApp) {
        let forged = ("x-forwarded-method", "OPTIONS");
        let original = ("x-original-method", "OPTIONS");
        let twice = "?slug=my-portal&preflight=allow";
        let by_header = "?slug=my-portal&preflight=allow&method_header=X-Forwarded-Method";
        let table: &[(&str, &str, Headers<'_>)] = &[
            ("OPTIONS", twice, &[FROM_PAGE]),
            ("OPTIONS", twice, &[ASKS]),
            ("GET", twice, &[FROM_PAGE, ASKS]),
            ("POST", twice, &[FROM_PAGE, ASKS]),
            // A client says of its own GET that it is a preflight.
            ("GET", twice, &[FROM_PAGE, ASKS, forged]),
            ("GET", twice, &[FROM_PAGE, ASKS, original]),
            ("GET", twice, &[FROM_PAGE, ASKS, ("x-http-method-override", "OPTIONS")]),
            ("GET", by_header, &[FROM_PAGE, ASKS, original]),
            ("GET", by_header, &[FROM_PAGE, ASKS, ("x-forwarded-method", "GET"), forged]),
            ("GET", by_header, &[FROM_PAGE, ASKS, forged, ("x-forwarded-method", "GET")]),
            ("GET", by_header, &[FROM_PAGE, ASKS, ("x-forwarded-method", "options")]),
            ("GET", by_header, &[FROM_PAGE, ASKS, ("x-forwarded-method", "OPTIONS, GET")]),
            // Where the header is named, the request's own method is the proxy's.
            ("OPTIONS", by_header, &[FROM_PAGE, ASKS]),
            ("GET", "?slug=my-portal&method_header=X-Forwarded-Method", &[FROM_PAGE, ASKS, forged]),
        ];
        for (method, query, headers) in table {
            let reply = asking(&app, method, query, headers).send().await;
            reply.expect(401, "authentication/portal_token_missing");
        }
    }

    async fn a_proxy_may_send_the_method_in_a_header_of_its_own(app: TestApp) {
        for name in ["x-forwarded-method", "X-Original-Method"] {
            let query = format!("?slug=my-portal&preflight=allow&method_header={name}");
            let reply = asking(&app, "GET", &query, &[FROM_PAGE, ASKS, (name, "OPTIONS")]).send().await;
            assert_let_through_as_nobody(&reply);
        }
        for name in ["", "x-method", "x-http-method-override"] {
            let query = format!("?slug=my-portal&preflight=allow&method_header={name}");
            let reply = asking(&app, "GET", &query, &[FROM_PAGE, ASKS, ("x-method", "OPTIONS")]).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["query.method_header"]);
        }
    }
}

#[tokio::test]
async fn an_outage_can_be_read_too() {
    let app = TestApp::start(Kind::Redis).await;
    let token = app.signed_in(json!({})).await;
    app.redis.as_ref().expect("this gateway has a Redis").stop();
    for (origin, readable) in [(PAGE, true), (SECOND_PAGE, false)] {
        let call = authorize(&app, "?slug=my-portal").cookie(&token).header("origin", origin);
        let reply = call.send().await;
        reply.expect(503, "application/service_unavailable");
        assert_eq!(!reply.cors_headers().is_empty(), readable, "{origin}");
    }
}
