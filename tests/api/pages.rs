//! The pages that people see where a proxy asks for them, and the loop that ends in words.

use std::time::Duration;

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{Call, Kind, Reply, TestApp, in_portal};

const HOME: &str = "https://app.example.com/billing?reason=session_missing";

fn browse(app: &TestApp, query: &str) -> Call {
    app.get(&format!("/v2/portal.authorize{query}"))
        .header("sec-fetch-mode", "navigate")
        .header("accept", "text/html")
}

fn bounces_of(reply: &Reply) -> String {
    let cookies = reply.set_cookies();
    let line = cookies.iter().find(|line| line.starts_with("__Host-portal_bounces=")).expect("a count");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=60"] {
        assert!(line.contains(&format!("; {attribute}")), "{attribute} in {line}");
    }
    line.split(';').next().expect("a pair").to_owned()
}

on_both_stores! {
    async fn a_loop_ends_in_words(app: TestApp) {
        let mut jar = String::new();
        for _ in 0..3 {
            let reply = browse(&app, "?slug=my-portal").header("cookie", &jar).send().await;
            assert_eq!((reply.status, reply.header("location")), (302, HOME));
            jar = bounces_of(&reply);
            app.forward(Duration::from_secs(10));
        }
        let fourth = browse(&app, "?slug=my-portal").header("cookie", &jar).send().await;
        fourth.expect_page(401, "You are not signed in");
        assert!(fourth.text.contains(&format!("href=\"{HOME}\"")), "one action: {}", fourth.text);
        assert_eq!((fourth.header("www-authenticate"), fourth.set_cookies().len()), ("Bearer", 0));
        assert!(fourth.text.contains(fourth.header("x-request-id")), "what to tell the operator");
        // A program is told as ever, and its question does not count.
        let told = app.get("/v2/portal.authorize?slug=my-portal").header("cookie", &jar).send().await;
        told.expect(401, "authentication/portal_token_missing");
        assert!(told.set_cookies().is_empty());
        // A minute after the first, the next is free.
        app.forward(Duration::from_secs(31));
        let later = browse(&app, "?slug=my-portal").header("cookie", &jar).send().await;
        assert_eq!((later.status, later.header("location")), (302, HOME));
    }

    async fn without_a_home_a_person_reads_what_to_do(app: TestApp) {
        browse(&app, "?slug=no-return").send().await.expect_page(401, "You are not signed in");
        let expired = browse(&app, "?slug=no-return").header("cookie", "portal_hint=no-return").send().await;
        expired.expect_page(401, "Your session has ended");
        assert!(!expired.text.contains("href="), "there is nowhere to go");
        browse(&app, "?slug=no-such-portal").send().await.expect_page(401, "You are not signed in");
        // For nginx, which cannot show it, it stays a status with an address.
        let denied = browse(&app, "?slug=my-portal&deny=status").send().await;
        denied.expect(401, "authentication/portal_token_missing");
    }

    async fn a_person_reads_what_is_forbidden(app: TestApp) {
        let token = app.signed_in(json!({ "permissions": ["keys:read"] })).await;
        let lacking = browse(&app, "?permission=keys:write").cookie(&token).send().await;
        lacking.expect_page(403, "You have no access");
        assert!(lacking.text.contains("href=\"https://app.example.com/billing\""));
        app.reload(in_portal("my-portal", "enabled = false"));
        let disabled = browse(&app, "").cookie(&token).send().await;
        disabled.expect_page(403, "switched off");
        assert!(disabled.set_cookies().is_empty(), "the session may live again");
        // Who wrote the request has to mend this one.
        browse(&app, "?permission=a,b").cookie(&token).send().await.expect(400, "application/invalid_input");
    }

    async fn a_page_speaks_the_readers_language(app: TestApp) {
        for (accepted, lang, words) in [
            ("de-CH, en;q=0.5", "de", "Sie sind nicht angemeldet"),
            ("fr", "fr", "Vous n’êtes pas connecté"),
            ("es", "es", "No ha iniciado sesión"),
            ("pt-BR", "pt", "A sua sessão não está iniciada"),
            ("ja", "ja", "サインインしていません"),
            ("zh-CN", "zh-Hans", "您尚未登录"),
            ("tlh", "en", "You are not signed in"),
        ] {
            let reply = browse(&app, "?slug=no-return").header("accept-language", accepted).send().await;
            reply.expect_page(401, words);
            assert!(reply.text.contains(&format!("<html lang=\"{lang}\">")), "{accepted}");
            assert_eq!(reply.header("content-language"), lang);
        }
    }
}

#[tokio::test]
async fn an_outage_is_a_page_with_a_retry_and_no_logout() {
    let app = TestApp::start(Kind::Redis).await;
    let token = app.signed_in(json!({})).await;
    app.redis.as_ref().expect("the test has a Redis").kill();
    let reply = browse(&app, "?slug=my-portal").cookie(&token).send().await;
    reply.expect_page(503, "nothing is lost");
    assert!(reply.text.contains("<a class=\"button\" href=\"\">Try again</a>"), "{}", reply.text);
    assert_eq!((reply.header("retry-after"), reply.header("location")), ("2", ""));
    assert!(reply.set_cookies().is_empty());
}
