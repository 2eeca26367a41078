//! `portal.authorize` without a live session where nobody looks at the answer: the script of a page, which would
//! follow a redirect in silence, and a browser that fetches ahead of time.

use serde_json::json;

use crate::authorize::authorize;
use crate::on_both_stores;
use crate::support::app::{PAGE, Reply, TestApp};

type Headers<'a> = &'a [(&'a str, &'a str)];

const MISSING: &str = "https://app.example.com/billing?reason=session_missing";
/// As Safari before 16.4 and many WebViews send it: without Fetch Metadata.
const HTML: (&str, &str) = ("accept", "text/html, application/xhtml+xml");

fn assert_no_bounce(reply: &Reply) {
    assert_eq!((reply.header("location"), reply.set_cookies()), ("", vec![]));
    assert_eq!(reply.header("cache-control"), "no-store");
}

on_both_stores! {
    async fn a_script_is_told_and_not_redirected(app: TestApp) {
        let table: &[Headers<'_>] = &[
            &[HTML, ("x-requested-with", "XMLHttpRequest")],
            &[HTML, ("x-pjax", "true")],
            &[HTML, ("x-pjax", "true"), ("x-requested-with", "XMLHttpRequest")],
            &[HTML, ("x-turbo-request-id", "4c0c0b3e")],
            &[HTML, ("hx-request", "true")],
            &[HTML, ("hx-request", "true"), ("hx-boosted", "true"), ("sec-fetch-mode", "cors")],
        ];
        for headers in table {
            let reply = authorize(&app, "?slug=my-portal").headers(headers).send().await;
            reply.expect(401, "authentication/portal_token_missing");
            assert_eq!(reply.error()["redirectUrl"], MISSING, "{headers:?}");
            let is_htmx = headers.iter().any(|(name, _)| *name == "hx-request");
            assert_eq!(reply.header("hx-redirect"), if is_htmx { MISSING } else { "" });
            assert_no_bounce(&reply);
        }
        // A WebView of Android sends this header with each navigation, and its application's name in it.
        let webview = [HTML, ("x-requested-with", "com.example.app")];
        assert_eq!(authorize(&app, "?slug=my-portal").headers(&webview).send().await.status, 302);
    }

    async fn inertia_is_sent_home_in_its_own_way(app: TestApp) {
        for headers in [&[HTML, ("x-inertia", "true")], &[("sec-fetch-mode", "cors"), ("x-inertia", "true")]] {
            let reply = authorize(&app, "?slug=my-portal").headers(headers).send().await;
            assert_eq!((reply.status, reply.header("x-inertia-location")), (409, MISSING), "{}", reply.text);
            assert_no_bounce(&reply);
            // nginx reads the status alone, and then asks once more as above.
            let by_status = authorize(&app, "?slug=my-portal&deny=status").headers(headers).send().await;
            by_status.expect(401, "authentication/portal_token_missing");
        }
        let nowhere = authorize(&app, "?slug=no-return").header("x-inertia", "true").send().await;
        nowhere.expect(401, "authentication/portal_token_missing");
    }

    async fn turbo_leaves_its_frame(app: TestApp) {
        let reply = authorize(&app, "?slug=my-portal").headers(&[HTML, ("turbo-frame", "cart")]).send().await;
        reply.expect_page(401, &MISSING.replace('&', "&amp;"));
        assert!(reply.text.contains("<meta name=\"turbo-visit-control\" content=\"reload\">"), "{}", reply.text);
        assert_no_bounce(&reply);
    }

    async fn an_outage_or_a_missing_permission_is_the_plain_problem_for_a_script(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for name in ["hx-request", "x-inertia", "turbo-frame"] {
            let call = authorize(&app, "?slug=my-portal&permission=keys:write").cookie(&token);
            let reply = call.headers(&[HTML, (name, "true")]).send().await;
            reply.expect(403, "authorization/insufficient_permissions");
            assert_eq!((reply.header("hx-redirect"), reply.header("x-inertia-location")), ("", ""));
        }
    }

    async fn what_is_fetched_ahead_of_time_goes_nowhere(app: TestApp) {
        let navigate = ("sec-fetch-mode", "navigate");
        let table: &[Headers<'_>] = &[
            &[HTML, navigate, ("sec-purpose", "prefetch")],
            &[HTML, navigate, ("sec-purpose", "prefetch;prerender")],
            &[HTML, navigate, ("sec-purpose", "prefetch;anonymous-client-ip")],
            &[HTML, ("purpose", "prefetch")],
            &[HTML, ("x-moz", "prefetch")],
            &[HTML, ("hx-request", "true"), ("sec-purpose", "prefetch")],
        ];
        for headers in table {
            for query in ["?slug=my-portal", "?slug=my-portal&deny=status"] {
                let reply = authorize(&app, query).headers(headers).send().await;
                reply.expect(401, "authentication/portal_token_missing");
                assert_no_bounce(&reply);
                assert_eq!(reply.error().get("redirectUrl"), None);
                assert_eq!((reply.header("portal-redirect"), reply.header("hx-redirect")), ("", ""));
            }
        }
        // A person who is signed in has the page ready.
        let token = app.signed_in(json!({})).await;
        for headers in table {
            let call = authorize(&app, "?slug=my-portal").cookie(&token).header("origin", PAGE);
            assert_eq!(call.headers(headers).send().await.status, 200);
        }
    }
}
