//! `error.redirectUrl`: where a browser whose session is over gets a new one, and never anywhere else.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{PAGE, Reply, SECOND_PAGE, TestApp, in_portal, open_redirects};

const PATH: &str = "/v2/portal.getSession";
const DAY: Duration = Duration::from_secs(86_401);

/// The redirect URL of a 401; null if it has none.
fn home(reply: &Reply) -> Value {
    assert_eq!(reply.status, 401, "{}", reply.text);
    reply.error()["redirectUrl"].clone()
}

/// As the gateway writes one: the slug and the session's own return URL.
fn hint(slug: &str, url: &str) -> String {
    format!("portal_hint={slug}.{}", URL_SAFE_NO_PAD.encode(url))
}

on_both_stores! {
    async fn who_never_had_a_session_is_missing_one(app: TestApp) {
        let table = [
            ("?slug=my-portal", None, json!("https://app.example.com/billing?reason=session_missing")),
            ("?slug=second-portal", None, json!("https://app.example.com/second?reason=session_missing")),
            ("", Some(PAGE), json!("https://app.example.com/billing?reason=session_missing")),
            ("", Some(SECOND_PAGE), json!("https://app.example.com/second?reason=session_missing")),
            ("?slug=no-return", None, Value::Null),
            ("?slug=no-such-portal", None, Value::Null),
            ("", None, Value::Null),
        ];
        for (query, origin, expected) in table {
            for path in [format!("{PATH}{query}"), format!("/v2/portal.endSession{query}")] {
                let reply = app.post(&path, json!({})).page(origin).send().await;
                reply.expect(401, "authentication/portal_token_missing");
                assert_eq!(home(&reply), expected, "{path} from {origin:?}");
            }
        }
    }

    async fn a_dead_session_has_expired(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.forward(DAY);
        let expected = "https://app.example.com/billing?reason=session_expired";
        let calls = [
            app.get(PATH).cookie(&token),
            app.get(PATH).cookie("garbage"),
            app.get(PATH).cookie(&token).header("origin", PAGE),
            app.get(&format!("{PATH}?slug=my-portal")).bearer(&token),
            app.get(PATH).bearer(&token).header("origin", PAGE),
            app.post("/v2/portal.endSession", json!({})).cookie(&token).header("origin", PAGE),
        ];
        for call in calls {
            assert_eq!(home(&call.send().await), expected);
        }
        let other = format!("__Host-portal_session_no-return={token}");
        assert_eq!(home(&app.get(PATH).header("cookie", &other).send().await), Value::Null, "no URL is known");
    }

    async fn a_session_goes_home_to_its_own_return_url(app: TestApp) {
        let own = "https://app.example.com/teams/7?tab=keys&q=%20a+b#top";
        let expected = "https://app.example.com/teams/7?tab=keys&q=%20a+b&reason=session_expired#top";
        let jar = app.exchange(&app.fresh_id(json!({ "returnUrl": own })).await).await.jar();
        let (session, hint) = jar.split_once("; ").expect("two cookies");
        app.forward(DAY);
        // With both cookies, and when the browser has let go of the first.
        let reply = app.get(PATH).header("cookie", &jar).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
        assert_eq!(home(&reply), expected);
        let reply = app.get(PATH).header("cookie", hint).send().await;
        reply.expect(401, "authentication/portal_token_missing");
        assert_eq!(home(&reply), expected);
        // Without the hint the portal's own has to do; a hint of another portal says nothing of this one.
        let portals = "https://app.example.com/billing?reason=session_expired";
        assert_eq!(home(&app.get(PATH).header("cookie", session).send().await), portals);
        let second = app.get(&format!("{PATH}?slug=second-portal")).header("cookie", hint).send().await;
        assert_eq!(home(&second), "https://app.example.com/second?reason=session_missing");
    }

    async fn a_hint_without_url_names_the_portal(app: TestApp) {
        let jar = app.exchange(&app.fresh_id(json!({ "slug": "second-portal" })).await).await.jar();
        let (_, hint) = jar.split_once("; ").expect("two cookies");
        let reply = app.get(PATH).header("cookie", hint).send().await;
        assert_eq!(home(&reply), "https://app.example.com/second?reason=session_expired");
    }

    async fn a_page_tells_its_portal_better_than_a_hint_of_another(app: TestApp) {
        // Behind one gateway host, the portal that the browser visited last has written the hint.
        let call = || app.get(PATH).header("cookie", "portal_hint=second-portal");
        let reply = call().header("origin", PAGE).send().await;
        assert_eq!(home(&reply), "https://app.example.com/billing?reason=session_missing");
        let reply = call().header("origin", "https://sessions.example.com").send().await;
        assert_eq!(home(&reply), "https://app.example.com/second?reason=session_expired", "many portals list it");
    }

    async fn a_reason_is_told_once(app: TestApp) {
        let own = "https://app.example.com/?reason=session_missing&a=1";
        let jar = app.exchange(&app.fresh_id(json!({ "returnUrl": own })).await).await.jar();
        app.forward(DAY);
        let reply = app.get(PATH).header("cookie", &jar).send().await;
        assert_eq!(home(&reply), "https://app.example.com/?a=1&reason=session_expired");
    }

    async fn a_forged_hint_never_leaves_the_return_urls(app: TestApp) {
        // This is how a hint is forged; it is believed where it is harmless.
        let harmless = app.get(PATH).header("cookie", &hint("my-portal", "https://app.example.com/x")).send().await;
        assert_eq!(home(&harmless), "https://app.example.com/x?reason=session_expired");

        let portals = "https://app.example.com/billing?reason=session_expired";
        let corpus = open_redirects();
        assert!(corpus.len() > 80, "the corpus is missing");
        for url in &corpus {
            let reply = app.get(PATH).header("cookie", &hint("my-portal", url)).send().await;
            assert_eq!(home(&reply), portals, "{url:?}");
        }
        for broken in ["portal_hint=my-portal.", "portal_hint=my-portal.!!", "portal_hint=my-portal.//evil.example"] {
            let reply = app.get(PATH).header("cookie", broken).send().await;
            assert_eq!(home(&reply), portals, "{broken}");
        }
        let evil = "https://evil.example/";
        for slug in ["no-return", "no-such-portal", "", "https://evil.example/", "umbrella-portal"] {
            let reply = app.get(PATH).header("cookie", &hint(slug, evil)).send().await;
            assert_eq!(home(&reply), Value::Null, "{slug}");
        }
    }

    async fn a_return_url_that_is_no_longer_configured_is_not_used(app: TestApp) {
        let own = "https://app.example.com/teams/7";
        let jar = app.exchange(&app.fresh_id(json!({ "returnUrl": own })).await).await.jar();
        app.forward(DAY);
        app.reload(|config| config.replace("return_urls = [\"https://app.example.com/\"]", "return_urls = []"));
        let reply = app.get(PATH).header("cookie", &jar).send().await;
        assert_eq!(home(&reply), "https://app.example.com/billing?reason=session_expired");
        app.reload(in_portal("second-portal", "return_urls = [\"https://app.example.com/teams\"]"));
        let reply = app.get(PATH).header("cookie", &hint("second-portal", own)).send().await;
        assert_eq!(home(&reply), format!("{own}?reason=session_expired"));
    }
}
