//! `portal.authorize` without a live session: who is redirected, who is told, where home is, and that no hint
//! ever leads elsewhere.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::json;

use crate::authorize::authorize;
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, Reply, TestApp, text};

type Headers<'a> = &'a [(&'a str, &'a str)];

const MISSING: &str = "https://app.example.com/billing?reason=session_missing";
const EXPIRED: &str = "https://app.example.com/billing?reason=session_expired";
const DEAD: &str = "authentication/portal_session_not_found";
const NONE: &str = "authentication/portal_token_missing";

fn navigate(app: &TestApp, query: &str) -> Call {
    authorize(app, query).header("sec-fetch-mode", "navigate")
}

fn assert_home(reply: &Reply, address: &str) {
    assert_eq!(reply.status, 302, "{}", reply.text);
    assert_eq!(reply.header("location"), address);
    let cookies = reply.set_cookies();
    assert!(cookies.iter().all(|line| line.starts_with("__Host-portal_bounces=")), "{cookies:?}");
}

/// The hint that an exchange gave the browser.
async fn hint_of(app: &TestApp, fields: serde_json::Value) -> String {
    let created = app.create_with(ACME_LIVE, fields).await.data();
    let reply = app.exchange(text(&created["sessionId"])).await;
    let cookies = reply.set_cookies();
    let hint = cookies.iter().find(|line| line.starts_with("portal_hint="));
    let pair = hint.and_then(|line| line.split(';').next());
    pair.expect("an exchange sets a hint").to_owned()
}

/// What must never pass as a return URL: `tests/testdata/open_redirects.txt`.
fn open_redirects() -> Vec<String> {
    let corpus = include_str!("../testdata/open_redirects.txt");
    let lines = corpus.lines().filter(|line| !line.is_empty() && !line.starts_with("# "));
    let real = |line: &str| {
        let line = line.replace("<CR>", "\r").replace("<LF>", "\n");
        line.replace("<TAB>", "\t").replace("<NUL>", "\0")
    };
    lines.map(real).collect()
}

on_both_stores! {
    async fn navigations_are_redirected_and_programs_are_told(app: TestApp) {
        let html = ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        let table: &[(&str, Headers<'_>, bool)] = &[
            ("GET", &[("sec-fetch-mode", "navigate")], true),
            ("POST", &[("sec-fetch-mode", "navigate")], true),
            ("GET", &[html], true),
            ("GET", &[("accept", "TEXT/HTML")], true),
            ("GET", &[html, ("x-forwarded-method", "GET")], true),
            ("POST", &[html, ("x-forwarded-method", "GET")], true),
            ("GET", &[html, ("x-forwarded-method", "POST")], false),
            ("GET", &[html, ("x-forwarded-method", "DELETE")], false),
            ("POST", &[html], false),
            ("PUT", &[html], false),
            ("GET", &[html, ("sec-fetch-mode", "cors")], false),
            ("GET", &[html, ("sec-fetch-mode", "no-cors")], false),
            ("GET", &[html, ("sec-fetch-mode", "same-origin")], false),
            ("GET", &[html, ("sec-fetch-mode", "websocket")], false),
            ("GET", &[("accept", "application/json, text/plain, */*")], false),
            ("GET", &[("accept", "*/*")], false),
            ("GET", &[], false),
        ];
        for (method, headers, redirects) in table {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let mut call = app.call(method, "/v2/portal.authorize?slug=my-portal");
            for (name, value) in *headers {
                call = call.header(name, value);
            }
            let reply = call.send().await;
            if *redirects {
                assert_home(&reply, MISSING);
                assert_eq!(reply.header("cache-control"), "no-store");
            } else {
                reply.expect(401, NONE);
                assert_eq!(reply.error()["redirectUrl"], MISSING, "{headers:?}");
                assert_eq!(reply.header("location"), "");
            }
        }
    }

    async fn with_deny_status_every_answer_is_a_status(app: TestApp) {
        let dead = app.signed_in(json!({ "ttlSeconds": 60 })).await;
        app.forward(Duration::from_secs(61));
        for mode in ["navigate", "cors"] {
            let call = || authorize(&app, "?slug=my-portal&deny=status").header("sec-fetch-mode", mode);
            let missing = call().send().await;
            missing.expect(401, NONE);
            assert_eq!((missing.header("portal-redirect"), missing.header("location")), (MISSING, ""));
            let expired = call().cookie(&dead).send().await;
            expired.expect(401, DEAD);
            assert_eq!((expired.header("portal-redirect"), expired.header("location")), (EXPIRED, ""));
        }
        // Nothing else is that wish.
        for query in ["?slug=my-portal&deny=", "?slug=my-portal&deny=redirect", "?slug=my-portal&allow=status"] {
            assert_home(&navigate(&app, query).send().await, MISSING);
        }
    }

    async fn whatever_ended_the_session_it_has_expired(app: TestApp) {
        let (revoked, first) = app.sign_in(ACME_LIVE, json!({})).await;
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked })).await;
        let ended = app.signed_in(json!({})).await;
        app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
        let expired = app.signed_in(json!({ "ttlSeconds": 60 })).await;
        app.forward(Duration::from_secs(61));
        let mistyped = format!("{}x", &expired[..expired.len() - 1]);
        for (how, token) in
            [("revoked", &*first), ("ended", &ended), ("expired", &expired), ("mistyped", &mistyped), ("garbage", "x")]
        {
            let problem = authorize(&app, "").cookie(token).send().await;
            problem.expect(401, DEAD);
            assert_eq!(problem.error()["redirectUrl"], EXPIRED, "{how}");
            assert_home(&navigate(&app, "").cookie(token).send().await, EXPIRED);
            let bearer = navigate(&app, "?slug=my-portal").bearer(token).send().await;
            assert_home(&bearer, EXPIRED);
        }
    }

    async fn the_hint_tells_who_had_a_session_and_of_which_portal(app: TestApp) {
        let hint = hint_of(&app, json!({})).await;
        let second = hint_of(&app, json!({ "slug": "second-portal" })).await;
        let of_second = |reason: &str| format!("https://app.example.com/second?reason={reason}");
        assert_home(&navigate(&app, "").header("cookie", &hint).send().await, EXPIRED);
        assert_home(&navigate(&app, "").header("cookie", &second).send().await, &of_second("session_expired"));
        assert_home(&navigate(&app, "?slug=my-portal").header("cookie", &hint).send().await, EXPIRED);
        // The hint of one portal says nothing of another.
        assert_home(&navigate(&app, "?slug=my-portal").header("cookie", &second).send().await, MISSING);
        let fetch = authorize(&app, "").header("cookie", &hint).send().await;
        fetch.expect(401, NONE);
        assert_eq!(fetch.error()["redirectUrl"], EXPIRED);
    }

    async fn a_sessions_own_return_url_beats_the_portals(app: TestApp) {
        let own = "https://app.example.com/teams/7?tab=a%20b&reason=x&reasons=y#top";
        let home = "https://app.example.com/teams/7?tab=a%20b&reasons=y&reason=session_expired#top";
        let hint = hint_of(&app, json!({ "returnUrl": own })).await;
        assert!(!hint.contains("app.example.com"), "a cookie's value takes no URL as it is: {hint}");
        for query in ["", "?slug=my-portal"] {
            assert_home(&navigate(&app, query).header("cookie", &hint).send().await, home);
        }
        let with_dead_cookie = format!("__Host-portal_session_my-portal=x; {hint}");
        assert_home(&navigate(&app, "").header("cookie", &with_dead_cookie).send().await, home);
        let reply = authorize(&app, "?deny=status").header("cookie", &hint).send().await;
        assert_eq!(reply.header("portal-redirect"), home);
        // It is checked when it is read: once it is not allowed any more, it counts no more.
        let moved = "return_urls = [\"https://app.example.com/billing\"]";
        app.reload(|config| config.replace("return_urls = [\"https://app.example.com/\"]", moved));
        assert_home(&navigate(&app, "").header("cookie", &hint).send().await, EXPIRED);
    }

    async fn no_forged_hint_leads_elsewhere(app: TestApp) {
        let corpus = open_redirects();
        assert!(corpus.len() > 75, "the corpus is missing");
        let mut values: Vec<String> = Vec::new();
        for text in &corpus {
            values.push(format!("my-portal.{}", URL_SAFE_NO_PAD.encode(text)));
            values.push(format!("my-portal.{}", STANDARD.encode(text)));
            values.push(format!("my-portal.{text}"));
        }
        let elsewhere = URL_SAFE_NO_PAD.encode("https://second.example.com/");
        let umbrella = URL_SAFE_NO_PAD.encode("https://umbrella.example.com/");
        let not_utf8 = URL_SAFE_NO_PAD.encode(b"https://app.example.com/\xff");
        for rest in ["", ".", "..", ".!!!", ".====", ".aHR0cHM", &elsewhere, &umbrella, &not_utf8] {
            values.push(format!("my-portal.{rest}"));
        }
        let mut followed = 0;
        for value in values {
            // What no cookie can carry never arrives.
            if value.bytes().any(|byte| byte.is_ascii_control()) {
                continue;
            }
            let cookie = format!("portal_hint={value}");
            let call = Call(navigate(&app, "?slug=my-portal").0.header("cookie", cookie.as_bytes()));
            let reply = call.send().await;
            assert_eq!(reply.status, 302, "{value}");
            assert!([EXPIRED, MISSING].contains(&reply.header("location")), "{value}: {}", reply.header("location"));
            followed += usize::from(reply.header("location") == EXPIRED);
        }
        assert!(followed > 80, "the hints were read: {followed}");
    }

    async fn a_hint_of_another_or_no_portal_leads_nowhere(app: TestApp) {
        let own = URL_SAFE_NO_PAD.encode("https://app.example.com/teams");
        // second-portal allows its return_url alone.
        let cookie = format!("portal_hint=second-portal.{own}");
        let second = navigate(&app, "").header("cookie", &cookie).send().await;
        assert_home(&second, "https://app.example.com/second?reason=session_expired");
        for slug in ["no-such-portal", "", "umbrella-portal", "../my-portal", "https://evil.example"] {
            let cookie = format!("portal_hint={slug}.{own}");
            let reply = navigate(&app, "").header("cookie", &cookie).send().await;
            reply.expect(401, NONE);
            assert_eq!(reply.error().get("redirectUrl"), None, "{slug}");
        }
    }

    async fn without_a_return_url_a_navigation_is_told_too(app: TestApp) {
        let dead = app.sign_in(ACME_LIVE, json!({ "slug": "no-return", "ttlSeconds": 60 })).await.1;
        app.forward(Duration::from_secs(61));
        let cookie = format!("__Host-portal_session_no-return={dead}; portal_hint=no-return");
        for (call, code) in [
            (navigate(&app, "?slug=no-return"), NONE),
            (navigate(&app, "?slug=no-return").header("cookie", &cookie), DEAD),
            (navigate(&app, "?slug=no-such-portal"), NONE),
            (navigate(&app, ""), NONE),
            (authorize(&app, "?slug=no-return&deny=status").header("cookie", &cookie), DEAD),
        ] {
            let reply = call.send().await;
            reply.expect(401, code);
            assert_eq!(reply.error().get("redirectUrl"), None);
            assert_eq!((reply.header("location"), reply.header("portal-redirect")), ("", ""));
        }
    }
}

#[tokio::test]
async fn a_portal_without_a_return_url_of_its_own_may_still_have_its_sessions() {
    let prefixes = "slug = \"no-return\"\nreturn_urls = [\"https://app.example.com/teams/\"]";
    let app =
        TestApp::start_with(Kind::Memory, |config| config.replace("slug = \"no-return\"", prefixes)).await;
    let own = "https://app.example.com/teams/7";
    let hint = hint_of(&app, json!({ "slug": "no-return", "returnUrl": own })).await;
    let reply = navigate(&app, "?slug=no-return").header("cookie", &hint).send().await;
    assert_home(&reply, &format!("{own}?reason=session_expired"));
}
