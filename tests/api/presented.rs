//! Which credential of a request counts: Bearer or cookie, which of several cookies, and that nothing else in a
//! request changes it.

use serde_json::json;

use crate::authorize::{assert_tells_nothing, authorize, told};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, TestApp};

on_both_stores! {
    async fn a_session_of_another_portal_does_not_pass(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for slug in ["second-portal", "no-such-portal", "umbrella-portal", "", "MY-PORTAL", "my-portal%20"] {
            let query = format!("?slug={slug}");
            for call in [authorize(&app, &query).bearer(&token), authorize(&app, &query).cookie(&token)] {
                let reply = call.send().await;
                assert_eq!(reply.status, 401, "{slug:?}: {}", reply.text);
                assert_tells_nothing(&reply);
            }
        }
        told(&authorize(&app, "?slug=my-portal").bearer(&token).send().await);
        told(&authorize(&app, "?slug=my-portal").cookie(&token).send().await);
        // Under another portal's cookie name.
        let planted = format!("__Host-portal_session_second-portal={token}");
        let reply = authorize(&app, "").header("cookie", &planted).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
    }

    async fn of_two_different_bearer_tokens_none_counts(app: TestApp) {
        let (token, other) = (app.signed_in(json!({})).await, app.signed_in(json!({ "externalId": "user_other" })).await);
        for (first, second) in [(&token, &other), (&other, &token)] {
            let reply = authorize(&app, "").bearer(first).bearer(second).send().await;
            reply.expect(401, "authentication/portal_session_not_found");
        }
        told(&authorize(&app, "").bearer(&token).bearer(&token).send().await);
    }

    async fn of_several_portals_cookies_the_slug_chooses(app: TestApp) {
        let (mine, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let (second, other) = app.sign_in(ACME_LIVE, json!({ "slug": "second-portal" })).await;
        let both = format!("__Host-portal_session_my-portal={token}; __Host-portal_session_second-portal={other}");
        for (slug, expected) in [("my-portal", &mine), ("second-portal", &second)] {
            let reply = authorize(&app, &format!("?slug={slug}")).header("cookie", &both).send().await;
            assert_eq!(told(&reply)[0], expected);
        }
        for (origin, expected) in [("https://portal.example.com", &mine), ("https://second.example.com", &second)] {
            let reply = authorize(&app, "").header("cookie", &both).header("origin", origin).send().await;
            assert_eq!(told(&reply)[0], expected, "the page's origin chooses where no slug does");
        }
        let reply = authorize(&app, "").header("cookie", &both).send().await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), ["query.slug"]);
    }

    async fn a_bearer_token_beats_a_cookie(app: TestApp) {
        let (_, in_cookie) = app.sign_in(ACME_LIVE, json!({ "externalId": "cookie" })).await;
        let (id, bearer) = app.sign_in(ACME_LIVE, json!({ "externalId": "bearer" })).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let call = authorize(&app, "").cookie(&in_cookie).header("authorization", &format!("{scheme} {bearer}"));
            assert_eq!(told(&call.send().await)[0], id);
        }
        for dead in ["x", "rk_live_x", "ps_live_x"] {
            let reply = authorize(&app, "").cookie(&in_cookie).bearer(dead).send().await;
            assert_eq!(reply.status, 401, "{dead:?} is what was meant to be believed");
        }
        // The portal's own password is none of ours.
        let reply = authorize(&app, "").cookie(&in_cookie).header("authorization", "Basic dXNlcjpwYXNz").send().await;
        assert_eq!(told(&reply)[2], "cookie");
    }

    async fn the_origin_is_not_checked(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for origin in ["https://portal.example.com", "https://evil.example", "null", "garbage"] {
            for site in ["same-origin", "cross-site", "none"] {
                let call = authorize(&app, "").cookie(&token).header("origin", origin);
                told(&call.header("sec-fetch-site", site).send().await);
            }
        }
    }

    async fn other_cookies_do_not_disturb(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let own = format!("__Host-portal_session_my-portal={token}");
        let hundred: Vec<_> = (0..100).map(|number| format!("junk_{number}={}", "x".repeat(20))).collect();
        let lookalikes = format!(
            "portal_session_my-portal=x; __Host-portal_session_My-portal={token}; __Secure-portal_session_my-portal=x"
        );
        let table = [
            hundred.join("; "),
            lookalikes,
            "=; ;;  ;x;=y;a=b=c;%%%;__Host-=1;portal_hint".to_owned(),
            "theme=\"dark; mode\"; list=[1,2]; json={\"a\":1}".to_owned(),
        ];
        for junk in table {
            for cookies in [format!("{junk}; {own}"), format!("{own}; {junk}"), format!("{junk};{own};{junk}")] {
                let reply = authorize(&app, "").header("cookie", &cookies).send().await;
                assert_eq!(reply.status, 200, "{cookies}");
            }
        }
    }

    async fn a_cookie_of_a_script_that_is_not_ascii_logs_nobody_out(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let own = format!("__Host-portal_session_my-portal={token}");
        for junk in ["name=Jos\u{e9}".as_bytes(), "日=本".as_bytes(), b"latin1=Jos\xe9", b"\xff\xfe"] {
            for cookies in [[junk, own.as_bytes()].join(&b"; "[..]), [own.as_bytes(), junk].join(&b"; "[..])] {
                let call = Call(authorize(&app, "").0.header("cookie", cookies));
                let reply = call.send().await;
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(junk));
            }
        }
    }
}
