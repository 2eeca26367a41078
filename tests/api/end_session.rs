//! `portal.endSession`: logout is final, on every replica, and only the user's own wish.

use reqwest::Method;
use serde_json::{Value, json};

use crate::direct::token;
use crate::on_both_stores;
use crate::support::app::{
    Call, DIRECT_PAGE, Kind, PAGE, Reply, SECOND_PAGE, TestApp, attributes, deployed_at, in_portal, text,
};

const PATH: &str = "/v2/portal.endSession";
/// Of my-portal's `public_url`.
const OWN_HOST: &str = "portal.example.com";

/// Of the configuration.
type Change = Box<dyn FnOnce(String) -> String + Send>;

async fn get(app: &TestApp, token: &str) -> Reply {
    app.get("/v2/portal.getSession").cookie(token).send().await
}

on_both_stores! {
    async fn a_page_ends_its_session(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let other = app.signed_in(json!({})).await;
        let end = || app.post(PATH, json!({})).cookie(&token).header("origin", PAGE);
        let reply = end().send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.expect_common_headers();
        assert_eq!(reply.data(), json!({ "returnUrl": "https://app.example.com/billing" }));

        get(&app, &token).await.expect(401, "authentication/portal_session_not_found");
        let bearer = app.get("/v2/portal.getSession").bearer(&token).send().await;
        bearer.expect(401, "authentication/portal_session_not_found");
        let again = end().send().await;
        again.expect(401, "authentication/portal_session_not_found");
        assert_eq!(get(&app, &other).await.status, 200, "the user's other sessions stay");
    }

    async fn without_a_session_there_is_nothing_to_end(app: TestApp) {
        let reply = app.post(PATH, json!({})).header("origin", PAGE).send().await;
        reply.expect(401, "authentication/portal_token_missing");
        let reply = app.post(PATH, json!({})).header("origin", PAGE).cookie("garbage").send().await;
        reply.expect(401, "authentication/portal_session_not_found");
        assert!(reply.set_cookies().is_empty(), "a refusal clears no cookie");
    }

    async fn the_return_url_is_the_sessions_own_else_the_portals(app: TestApp) {
        let table = [
            (json!({ "returnUrl": "https://app.example.com/x?y=1#z" }), json!("https://app.example.com/x?y=1#z")),
            (json!({}), json!("https://app.example.com/billing")),
            (json!({ "slug": "no-return" }), Value::Null),
        ];
        for (fields, expected) in table {
            let token = app.signed_in(fields).await;
            let reply = app.post(PATH, json!({})).bearer(&token).send().await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert_eq!(reply.data()["returnUrl"], expected);
        }
    }

    /// The session lives, and would be of use again once the portal takes its token again.
    async fn what_the_portal_takes_no_more_is_ended_all_the_same(app: TestApp) {
        let jwt = || token(&app, json!({ "format": "jwt" }));
        let opaque = || token(&app, json!({ "format": "opaque" }));
        let off = |config: String| config.replace("direct = true", "direct = false");
        let other_audience = in_portal("direct-portal", "tokens = { audience = \"others\" }");
        let direct_now = in_portal("my-portal", "direct = true");
        let table: [(String, &str, Change); 4] = [
            (jwt().await, DIRECT_PAGE, Box::new(off)),
            (opaque().await, DIRECT_PAGE, Box::new(off)),
            (jwt().await, DIRECT_PAGE, Box::new(other_audience)),
            (app.signed_in(json!({})).await, PAGE, Box::new(direct_now)),
        ];
        for (token, page, change) in table {
            app.reload(change);
            let with_token = |call: Call| call.bearer(&token).header("origin", page).send();
            let used = with_token(app.get("/v2/portal.getSession")).await;
            used.expect(401, "authentication/portal_session_not_found");
            let ended = with_token(app.post(PATH, json!({}))).await;
            assert_eq!(ended.status, 200, "{}", ended.text);
            app.reload(|config| config);
            let used = with_token(app.get("/v2/portal.getSession")).await;
            used.expect(401, "authentication/portal_session_not_found");
            assert!(!app.accepts(&token).await, "it has ended");
        }
    }

    async fn another_site_ends_no_session(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let table: &[&[(&str, &str)]] = &[
            &[],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "")],
            &[("sec-fetch-site", "SAME-ORIGIN")],
            &[("sec-fetch-mode", "cors")],
            &[("referer", "https://portal.example.com/")],
            &[("x-requested-with", "XMLHttpRequest")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://portal.example.com.evil")],
            &[("origin", "https://evil-portal.example.com")],
            &[("origin", "https://PORTAL.example.com")],
            &[("origin", "http://portal.example.com")],
            &[("origin", "https://portal.example.com:8443")],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
        ];
        for headers in table {
            let reply = app.post(PATH, json!({})).cookie(&token).headers(headers).send().await;
            reply.expect(403, "authorization/forbidden");
            assert!(reply.set_cookies().is_empty(), "{headers:?}");
            assert_eq!(get(&app, &token).await.status, 200, "still alive after {headers:?}");
        }
    }

    async fn another_portals_page_ends_no_session_and_sees_none(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let table: &[&[(&str, &str)]] = &[
            &[("origin", SECOND_PAGE)],
            &[("origin", SECOND_PAGE), ("sec-fetch-site", "same-site")],
            &[("origin", "https://sessions.example.com")],
        ];
        for headers in table {
            let reply = app.post(PATH, json!({})).cookie(&token).headers(headers).send().await;
            reply.expect(401, "authentication/portal_token_missing");
            assert!(reply.set_cookies().is_empty(), "{headers:?}");
            assert_eq!(get(&app, &token).await.status, 200, "still alive after {headers:?}");
        }
    }

    async fn the_browser_vouches_for_a_page_by_origin_or_fetch_site(app: TestApp) {
        let table: &[&[(&str, &str)]] = &[
            &[("origin", PAGE)],
            &[("origin", "https://portal-test.example.com")],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", PAGE), ("sec-fetch-site", "same-origin")],
            &[("origin", PAGE), ("sec-fetch-site", "same-site")],
            // Under no-referrer, browsers send this with a form of the same origin.
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
        ];
        for headers in table {
            let token = app.signed_in(json!({})).await;
            let reply = app.post(PATH, json!({})).cookie(&token).headers(headers).send().await;
            assert_eq!(reply.status, 200, "{headers:?}: {}", reply.text);
            assert_eq!(get(&app, &token).await.status, 401, "{headers:?}");
        }
    }

    async fn a_bearer_token_needs_no_voucher(app: TestApp) {
        let (token, in_cookie) = (app.signed_in(json!({})).await, app.signed_in(json!({})).await);
        let reply = app.post(PATH, json!({})).bearer(&token).cookie(&in_cookie).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(get(&app, &token).await.status, 401);
        assert_eq!(get(&app, &in_cookie).await.status, 200, "the Bearer token was meant");
    }

    async fn an_empty_body_will_do(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let reply = app.call(Method::POST, PATH).cookie(&token).header("origin", PAGE).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    async fn an_unknown_field_ends_nothing(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let reply = app.post(PATH, json!({ "all": true })).bearer(&token).send().await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), ["body.all"]);
        assert_eq!(get(&app, &token).await.status, 200);
    }

    async fn only_post_ends_a_session(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let reply = app.call(method.clone(), PATH).cookie(&token).header("origin", PAGE).send().await;
            reply.expect(405, "bad_request/method_not_allowed");
            assert_eq!(reply.header("allow"), "POST", "{method}");
        }
        let head = app.call(Method::HEAD, PATH).cookie(&token).header("origin", PAGE).send().await;
        assert_eq!(head.status, 405);
        assert_eq!(get(&app, &token).await.status, 200, "it was a prefetch, or a link");
    }

    async fn of_several_portals_the_named_one_is_ended(app: TestApp) {
        let (mine, second) = (app.signed_in(json!({})).await, app.signed_in(json!({ "slug": "second-portal" })).await);
        let jar = format!("__Host-portal_session_my-portal={mine}; __Host-portal_session_second-portal={second}");
        let end = |path: &str| app.post(path, json!({})).header("cookie", &jar);
        let unclear = end(PATH).header("sec-fetch-site", "same-origin").send().await;
        unclear.expect(400, "application/invalid_input");
        assert_eq!(unclear.locations(), ["query.slug"]);
        let foreign = end(&format!("{PATH}?slug=my-portal")).header("origin", SECOND_PAGE).send().await;
        foreign.expect(403, "authorization/forbidden");

        let reply = end(PATH).header("origin", SECOND_PAGE).send().await;
        assert_eq!(reply.data(), json!({ "returnUrl": "https://app.example.com/second" }));
        assert!(!reply.jar().contains("my-portal"), "{}", reply.jar());
        let bearer = |token| app.get("/v2/portal.getSession").bearer(token).send();
        assert_eq!((bearer(&mine).await.status, bearer(&second).await.status), (200, 401));
    }
}

#[tokio::test]
async fn both_cookies_are_cleared_with_the_attributes_they_were_set_with() {
    let app = TestApp::start(Kind::Memory).await;
    let table = [
        ("https://portal.example.com", ""),
        ("https://portal.example.com", "cookie = { same_site = \"none\", partitioned = true }"),
        ("https://portal.example.com", "cookie = { name = \"acme\", domain = \"example.com\" }"),
        ("https://portal.example.com", "cookie.same_site = \"strict\""),
        ("http://localhost:8080", ""),
    ];
    for (public_url, lines) in table {
        app.reload(deployed_at(public_url, lines));
        let begun = app.exchange(&app.fresh_id(json!({})).await).await;
        // No cookie comes along that might be one of an earlier configuration.
        let ended = app.post(PATH, json!({})).bearer(text(&begun.data()["token"])).send().await;
        assert_eq!(ended.status, 200, "{}", ended.text);
        let (set, cleared) = (begun.set_cookies(), ended.set_cookies());
        assert_eq!((set.len(), cleared.len()), (2, 2), "{cleared:?}");
        for (set, cleared) in set.into_iter().zip(cleared) {
            let name = |line: &str| line.split('=').next().expect("a name").to_owned();
            let lasting = |line: &str| {
                let mut attributes: Vec<_> = attributes(line).into_iter().map(str::to_owned).collect();
                attributes.retain(|attribute| !attribute.starts_with("Max-Age="));
                attributes
            };
            assert_eq!((name(cleared), lasting(cleared)), (name(set), lasting(set)));
            assert!(cleared.contains("=; ") && attributes(cleared).contains(&"Max-Age=0"), "{cleared}");
        }
    }
}

/// It clears what every portal on that host has stored, so nobody gets it unasked.
#[tokio::test]
async fn what_the_host_has_stored_is_cleared_where_the_portal_asks_for_it() {
    let app = TestApp::start(Kind::Memory).await;
    let asked = "\"cache\", \"storage\"";
    for (lines, expected) in [("", ""), ("clear_site_data = false", ""), ("clear_site_data = true", asked)] {
        let token = app.signed_in(json!({})).await;
        app.reload(in_portal("my-portal", lines));
        let end = app.post(PATH, json!({})).cookie(&token).header("origin", PAGE);
        let reply = end.header("host", OWN_HOST).send().await;
        assert_eq!((reply.status, reply.header("clear-site-data")), (200, expected), "{lines:?}");
    }
    app.reload(in_portal("my-portal", "clear_site_data = true"));
    let token = app.signed_in(json!({ "slug": "second-portal" })).await;
    let reply = app.post(PATH, json!({})).bearer(&token).header("host", "sessions.example.com").send().await;
    assert_eq!((reply.status, reply.header("clear-site-data")), (200, ""), "another portal asked");
}

/// A page can ask at every host that leads to the gateway, with a cookie of `cookie.domain` or a token in its hand.
#[tokio::test]
async fn no_host_but_the_portals_own_is_cleared() {
    let shared = "clear_site_data = true\ncookie.domain = \"example.com\"";
    let app = TestApp::start_with(Kind::Memory, in_portal("my-portal", shared)).await;
    let others = ["sessions.example.com", "hosted.example.com", "portal.example.com:8443", "example.com"];
    let hosts = [OWN_HOST, "PORTAL.example.com:443"].map(|own| (own, "\"cache\", \"storage\""));
    for (host, expected) in hosts.into_iter().chain(others.map(|other| (other, ""))) {
        for by_cookie in [true, false] {
            let token = app.signed_in(json!({})).await;
            let end = app.post(PATH, json!({})).header("origin", PAGE).header("host", host);
            let cookie = format!("portal_session_my-portal={token}");
            let end = if by_cookie { end.header("cookie", &cookie) } else { end.bearer(&token) };
            let reply = end.send().await;
            let told = (reply.status, reply.header("clear-site-data"));
            assert_eq!(told, (200, expected), "{host} {by_cookie} {}", reply.text);
        }
    }
}

#[tokio::test]
async fn an_ended_session_is_dead_on_every_replica() {
    let app = TestApp::start(Kind::Redis).await;
    let (second, third) = (app.replica().await, app.replica().await);
    let created = app.create(json!({})).await;
    let exchanged = second.exchange(text(&created["sessionId"])).await.data();
    let token = text(&exchanged["token"]);
    // Warm wherever it could be kept.
    for gateway in [&app, &second, &third] {
        assert_eq!(get(gateway, token).await.status, 200);
    }
    let reply = third.post(PATH, json!({})).cookie(token).header("origin", PAGE).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    for gateway in [&app, &second, &third] {
        get(gateway, token).await.expect(401, "authentication/portal_session_not_found");
    }
}
