//! `portal.exchangeSession`: its two cookies in every deployment, and what becomes of those a browser had.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{Kind, PAGE, SECOND_PAGE, TestApp, attributes, deployed_at};

/// What is set with these lines in my-portal's section and this public_url: the session cookie's name, and
/// the attributes of both but their Max-Age.
async fn deployed(app: &TestApp, public_url: &str, lines: &str) -> (String, String) {
    app.reload(deployed_at(public_url, lines));
    let reply = app.exchange(&app.fresh_id(json!({})).await).await;
    let cookies = reply.set_cookies();
    let [session, hint] = cookies.as_slice() else { panic!("two cookies, not {cookies:?}") };
    assert!(hint.starts_with("portal_hint="), "{hint}");
    assert!(attributes(session).contains(&"Max-Age=86400"), "{session}");
    assert!(attributes(hint).contains(&"Max-Age=2592000"), "30 days: {hint}");
    assert!(attributes(hint).contains(&"HttpOnly"), "{hint}");

    let (name, token) = session.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
    assert!(token.starts_with("ps_live_"), "{token}");
    let current = app.get("/v2/portal.getSession").header("cookie", &reply.jar()).send().await;
    assert_eq!(current.status, 200, "the cookie that is set is the cookie that is read: {}", current.text);
    let attributes: Vec<_> =
        attributes(session).into_iter().filter(|one| !one.starts_with("Max-Age")).collect();
    (name.to_owned(), attributes.join("; "))
}

#[tokio::test]
async fn the_cookie_by_deployment() {
    let app = TestApp::start(Kind::Memory).await;
    let https = "https://portal.example.com";
    let own_host = "__Host-portal_session_my-portal";
    let plain = "portal_session_my-portal";
    let table = [
        (https, "", own_host, "HttpOnly; Path=/; SameSite=Lax; Secure"),
        ("https://portal.example.com:8443", "", own_host, "HttpOnly; Path=/; SameSite=Lax; Secure"),
        (https, "cookie.same_site = \"lax\"", own_host, "HttpOnly; Path=/; SameSite=Lax; Secure"),
        (https, "cookie.same_site = \"strict\"", own_host, "HttpOnly; Path=/; SameSite=Strict; Secure"),
        (https, "cookie.same_site = \"none\"", own_host, "HttpOnly; Path=/; SameSite=None; Secure"),
        (
            https,
            "cookie = { same_site = \"none\", partitioned = true }",
            own_host,
            "HttpOnly; Partitioned; Path=/; SameSite=None; Secure",
        ),
        (https, "cookie.name = \"acme.sid\"", "__Host-acme.sid", "HttpOnly; Path=/; SameSite=Lax; Secure"),
        (
            https,
            "cookie.domain = \"example.com\"",
            plain,
            "Domain=example.com; HttpOnly; Path=/; SameSite=Lax; Secure",
        ),
        (
            https,
            "cookie = { name = \"acme\", domain = \"portal.example.com\" }",
            "acme",
            "Domain=portal.example.com; HttpOnly; Path=/; SameSite=Lax; Secure",
        ),
        // Safari drops Secure cookies on plain http, and nothing but Secure may have the prefix.
        ("http://localhost", "", plain, "HttpOnly; Path=/; SameSite=Lax"),
        ("http://localhost:8080", "", plain, "HttpOnly; Path=/; SameSite=Lax"),
        ("http://127.0.0.1:8080", "", plain, "HttpOnly; Path=/; SameSite=Lax"),
        ("http://localhost:8080", "cookie.name = \"acme\"", "acme", "HttpOnly; Path=/; SameSite=Lax"),
    ];
    for (public_url, lines, name, attributes) in table {
        let expected = (name.to_owned(), attributes.to_owned());
        assert_eq!(deployed(&app, public_url, lines).await, expected, "{public_url}: {lines}");
    }
}

#[tokio::test]
async fn no_cookie_is_larger_than_a_browser_takes() {
    let app = TestApp::start(Kind::Memory).await;
    let return_url = format!("https://app.example.com/{}", "a".repeat(1_976));
    let metadata = json!({ "k": "v".repeat(4_000) });
    let fields = json!({ "returnUrl": return_url, "externalId": "u".repeat(256), "metadata": metadata });
    let reply = app.exchange(&app.fresh_id(fields).await).await;
    for cookie in reply.set_cookies() {
        let pair = cookie.split(';').next().expect("a pair");
        assert!(pair.len() <= 4_096, "{} bytes", pair.len());
    }
}

on_both_stores! {
    async fn the_portals_former_session_of_this_browser_is_revoked(app: TestApp) {
        let former = app.signed_in(json!({ "externalId": "jane" })).await;
        let id = app.fresh_id(json!({ "externalId": "joe" })).await;
        let reply = app.exchanging(&id).header("origin", PAGE).cookie(&former).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(!reply.set_cookies()[0].contains(&former), "a token that a client brings is never taken over");

        let get = || app.get("/v2/portal.getSession");
        get().cookie(&former).send().await.expect(401, "authentication/portal_session_not_found");
        get().bearer(&former).send().await.expect(401, "authentication/portal_session_not_found");
        let current = get().header("cookie", &reply.jar()).send().await;
        assert_eq!(current.data()["externalId"], "joe");
    }

    async fn another_portals_session_of_this_browser_stays(app: TestApp) {
        let second = app.signed_in(json!({ "slug": "second-portal" })).await;
        // Where it belongs, and where someone has put it.
        for name in ["__Host-portal_session_second-portal", "__Host-portal_session_my-portal"] {
            let id = app.fresh_id(json!({})).await;
            let call = app.exchanging(&id).header("origin", PAGE).header("cookie", &format!("{name}={second}"));
            assert_eq!(call.send().await.status, 200);
            let current = app.get("/v2/portal.getSession").bearer(&second).send().await;
            assert_eq!(current.status, 200, "{name}: {}", current.text);
        }
    }

    async fn only_the_portals_own_cookie_name_counts(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for name in ["portal_session_my-portal", "__host-portal_session_my-portal", "portal_session", "session"] {
            let id = app.fresh_id(json!({})).await;
            let reply = app.exchanging(&id).header("cookie", &format!("{name}={token}")).send().await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let current = app.get("/v2/portal.getSession").cookie(&token).send().await;
            assert_eq!(current.status, 200, "{name}: {}", current.text);
        }
    }

    async fn an_exchange_that_fails_ends_no_session(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let (used, foreign) = (app.fresh_id(json!({})).await, app.fresh_id(json!({})).await);
        assert_eq!(app.exchange(&used).await.status, 200);
        let table = [("", PAGE, 400), ("garbage", PAGE, 401), (&used, PAGE, 401), (&foreign, SECOND_PAGE, 403)];
        for (id, origin, status) in table {
            let reply = app.exchanging(id).header("origin", origin).cookie(&token).send().await;
            assert_eq!(reply.status, status, "{}", reply.text);
            assert!(reply.set_cookies().is_empty(), "a refusal clears no cookie");
            assert_eq!(app.get("/v2/portal.getSession").cookie(&token).send().await.status, 200, "after {status}");
        }
    }

    async fn a_dead_or_broken_cookie_does_not_hinder_an_exchange(app: TestApp) {
        let dead = app.signed_in(json!({})).await;
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&dead).send().await.status, 200);
        for value in [&dead, "garbage", "", "\"quoted\"", "ps_live_"] {
            let reply = app.exchanging(&app.fresh_id(json!({})).await).cookie(value).send().await;
            assert_eq!(reply.status, 200, "{value}: {}", reply.text);
        }
    }
}
