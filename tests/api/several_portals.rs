//! `portal.getSession` in a browser that has sessions of several portals: which one is meant, and that none
//! is taken for another.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{PAGE, SECOND_PAGE, TestApp, text};
use crate::support::redis_server::RedisServer;

const PATH: &str = "/v2/portal.getSession";

fn pair(slug: &str, token: &str) -> String {
    format!("__Host-portal_session_{slug}={token}")
}

/// A jar with a session of each of these portals.
async fn jar(app: &TestApp, slugs: &[&str]) -> String {
    let mut pairs = Vec::new();
    for slug in slugs {
        pairs.push(pair(slug, &app.signed_in(json!({ "slug": slug })).await));
    }
    pairs.join("; ")
}

on_both_stores! {
    async fn the_slug_decides_else_the_origin_else_it_is_the_only_one(app: TestApp) {
        let one: &[&str] = &["second-portal"];
        let both: &[&str] = &["my-portal", "second-portal"];
        let three: &[&str] = &["no-return", "second-portal", "my-portal"];
        let shared = "https://sessions.example.com";
        let table = [
            (one, "", None, "second-portal"),
            (one, "", Some(SECOND_PAGE), "second-portal"),
            (one, "?slug=second-portal", None, "second-portal"),
            (both, "?slug=my-portal", None, "my-portal"),
            (both, "?slug=second-portal", None, "second-portal"),
            (both, "?x=1&slug=second%2Dportal", None, "second-portal"),
            (both, "", Some(PAGE), "my-portal"),
            (both, "", Some(SECOND_PAGE), "second-portal"),
            // Of the two, only second-portal lists the server's own origin.
            (both, "", Some(shared), "second-portal"),
            (three, "?slug=no-return", Some(shared), "no-return"),
            (three, "?slug=second-portal", Some(shared), "second-portal"),
            (three, "", Some(PAGE), "my-portal"),
        ];
        for (slugs, query, origin, expected) in table {
            let call = app.get(&format!("{PATH}{query}")).header("cookie", &jar(&app, slugs).await);
            let reply = call.page(origin).send().await;
            assert_eq!(reply.status, 200, "{slugs:?} {query} {origin:?}: {}", reply.text);
            assert_eq!(reply.data()["slug"], expected, "{slugs:?} {query} {origin:?}");
        }
    }

    async fn no_way_to_tell_is_a_400_that_says_to_add_the_slug(app: TestApp) {
        let both: &[&str] = &["my-portal", "second-portal"];
        let table = [
            (both, None),
            (both, Some("https://evil.example")),
            (&["second-portal", "no-return"], Some("https://sessions.example.com")),
            (&["my-portal", "second-portal", "no-return"], Some("https://sessions.example.com")),
        ];
        for (slugs, origin) in table {
            let reply = app.get(PATH).header("cookie", &jar(&app, slugs).await).page(origin).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["query.slug"], "{slugs:?} {origin:?}");
            assert!(text(&reply.error()["errors"][0]["fix"]).contains("slug"));
            assert!(!reply.text.contains("user_123"));
        }
    }

    async fn cookies_on_lines_of_their_own_count_alike(app: TestApp) {
        let (mine, second) = (jar(&app, &["my-portal"]).await, jar(&app, &["second-portal"]).await);
        let call = || app.get(PATH).header("cookie", &mine).header("cookie", "theme=dark").header("cookie", &second);
        call().send().await.expect(400, "application/invalid_input");
        assert_eq!(call().header("origin", PAGE).send().await.data()["slug"], "my-portal");
    }

    async fn a_named_portal_is_not_answered_with_another(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for slug in ["second-portal", "umbrella-portal", "no-such-portal", "MY-PORTAL", "my-portal%00", ""] {
            let path = format!("{PATH}?slug={slug}");
            assert_eq!(app.get(&path).cookie(&token).send().await.status, 401, "cookie, {slug}");
            let reply = app.get(&path).bearer(&token).send().await;
            reply.expect(401, "authentication/portal_session_not_found");
        }
        let reply = app.get(&format!("{PATH}?slug=my-portal")).bearer(&token).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }

    async fn a_cookie_with_another_portals_token_is_dead(app: TestApp) {
        let second = app.signed_in(json!({ "slug": "second-portal" })).await;
        let stolen = pair("my-portal", &second);
        for query in ["", "?slug=my-portal"] {
            let reply = app.get(&format!("{PATH}{query}")).header("cookie", &stolen).send().await;
            reply.expect(401, "authentication/portal_session_not_found");
        }
        let reply = app.get(&format!("{PATH}?slug=second-portal")).header("cookie", &stolen).send().await;
        assert_eq!(reply.status, 401, "{}", reply.text);
    }

    async fn a_page_of_one_portal_does_not_read_the_other_by_naming_it(app: TestApp) {
        let jar = jar(&app, &["my-portal", "second-portal"]).await;
        let call = app.get(&format!("{PATH}?slug=my-portal")).header("cookie", &jar);
        call.header("origin", SECOND_PAGE).send().await.expect(403, "authorization/forbidden");
    }

    async fn a_bearer_token_beats_every_cookie(app: TestApp) {
        let both = jar(&app, &["my-portal", "second-portal"]).await;
        let (mine, second) = (jar(&app, &["my-portal"]).await, jar(&app, &["second-portal"]).await);
        let token = app.signed_in(json!({ "slug": "second-portal", "externalId": "the-bearer" })).await;
        for jar in [&both, &mine, &second] {
            let reply = app.get(PATH).header("cookie", jar).bearer(&token).send().await;
            assert_eq!(reply.data()["externalId"], "the-bearer", "{}", reply.text);
        }
        app.post("/v2/portal.endSession", json!({})).bearer(&token).send().await;
        for dead in [&token, "garbage"] {
            for jar in [&both, &mine, &second] {
                let reply = app.get(PATH).header("cookie", jar).bearer(dead).send().await;
                reply.expect(401, "authentication/portal_session_not_found");
            }
        }
        assert_eq!(app.get(PATH).header("cookie", &mine).send().await.status, 200, "the cookie is alive");
    }
}

/// All their slugs are some twenty kilobytes. Redis would search them in its only thread.
#[tokio::test]
async fn of_a_thousand_portals_an_exchange_sends_only_its_own() {
    let redis = RedisServer::start();
    let many = |config: String| {
        let sections = (0..1_000).map(|number| {
            format!("[[workspaces.portals]]\nslug = \"portal-of-customer-{number}\"\nurl = \"https://p{number}.example.com\"\n")
        });
        let at = config.find("[[workspaces.portals]]").expect("a portal");
        format!("{}{}{}", &config[..at], sections.collect::<String>(), &config[at..])
    };
    let app = TestApp::start_at(&redis.url(), many).await;
    let received =
        || redis.info("stats", "total_net_input_bytes").and_then(|count| count.parse::<u64>().ok());
    // The script is known from then on.
    app.signed_in(json!({})).await;
    let created = app.create(json!({})).await;
    let before = received().expect("a count");
    let exchanged = app.exchange(text(&created["sessionId"])).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let sent = received().expect("a count") - before;
    assert!(sent < 4_096, "{sent} bytes");
    // A repeat, whose ticket is gone, is told the same as where there are few.
    app.exchange(text(&created["sessionId"])).await.expect(401, "authentication/portal_session_not_found");
}
