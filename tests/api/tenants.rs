//! A page and the portals that do not list its origin: nothing that it is told depends on what its visitor is to them.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{PAGE, Reply, SECOND_PAGE, TestApp, text};

const GET: &str = "/v2/portal.getSession";
const END: &str = "/v2/portal.endSession";
const OWN_HOME: &str = "https://app.example.com/second";

/// What a browser may hold of my-portal: nothing, a dead session, a live one with its hint, the hint alone.
async fn jars(app: &TestApp) -> [String; 4] {
    let own = json!({ "returnUrl": "https://app.example.com/secret/of/my-portal" });
    let jar = app.exchange(&app.fresh_id(own).await).await.jar();
    let hint = jar.split("; ").nth(1).expect("a hint").to_owned();
    ["theme=dark".to_owned(), "__Host-portal_session_my-portal=garbage".to_owned(), jar, hint]
}

async fn asked_by(app: &TestApp, origin: &str, path: &str, jar: &str) -> Reply {
    app.post(path, json!({})).header("origin", origin).header("cookie", jar).send().await
}

on_both_stores! {
    async fn a_page_is_answered_about_its_own_portal_whoever_its_visitor_is(app: TestApp) {
        for path in [GET, END] {
            let mut answers = Vec::new();
            for jar in jars(&app).await {
                let reply = asked_by(&app, SECOND_PAGE, path, &jar).await;
                reply.expect(401, "authentication/portal_token_missing");
                assert_eq!(reply.header("access-control-allow-origin"), SECOND_PAGE);
                assert_eq!(reply.error()["redirectUrl"], format!("{OWN_HOME}?reason=session_missing"));
                answers.push(reply.but_its_id());
            }
            assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{path}: {answers:#?}");
        }
    }

    async fn another_portal_named_is_nothing_to_read(app: TestApp) {
        for path in [GET, END] {
            for slug in ["my-portal", "no-such-portal", "disabled-portal", "umbrella-portal"] {
                for jar in jars(&app).await {
                    let reply = asked_by(&app, SECOND_PAGE, &format!("{path}?slug={slug}"), &jar).await;
                    assert!(matches!(reply.status, 401 | 403), "{}", reply.text);
                    assert!(reply.cors_headers().is_empty(), "{slug}: {:?}", reply.headers);
                    assert!(reply.error().get("redirectUrl").is_none(), "{slug}: {}", reply.text);
                }
            }
            let reply = app.post(&format!("{path}?slug=my-portal"), json!({})).bearer("garbage");
            let reply = reply.header("origin", SECOND_PAGE).header("cookie", &jars(&app).await[3]).send().await;
            assert!(reply.error().get("redirectUrl").is_none(), "{}", reply.text);
        }
    }

    /// The gateway's own origin is listed by several portals: no-return, second-portal and others, but not my-portal.
    async fn what_several_portals_share_tells_of_no_other(app: TestApp) {
        let shared = "https://sessions.example.com";
        for jar in jars(&app).await {
            let reply = asked_by(&app, shared, GET, &jar).await;
            reply.expect(401, "authentication/portal_token_missing");
            assert!(!reply.text.contains("my-portal") && reply.error().get("redirectUrl").is_none(), "{}", reply.text);
        }
        let mut all = Vec::new();
        for slug in ["my-portal", "second-portal", "no-return"] {
            all.push(format!("__Host-portal_session_{slug}={}", app.signed_in(json!({ "slug": slug })).await));
        }
        let unclear = asked_by(&app, shared, GET, &all.join("; ")).await;
        unclear.expect(400, "application/invalid_input");
        let fix = text(&unclear.error()["errors"][0]["fix"]).to_owned();
        assert!(fix.contains("second-portal") && fix.contains("no-return") && !fix.contains("my-portal"), "{fix}");
    }

    /// A Bearer token is sent on purpose and no origin is asked for it. But the answer is about its session's portal.
    async fn a_bearer_tokens_answer_is_read_by_pages_of_its_portal_only(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        for path in [GET, "/v2/portal.getToken"] {
            for (origin, reads) in [(PAGE, true), (SECOND_PAGE, false)] {
                let reply = app.get(path).bearer(&token).header("origin", origin).send().await;
                assert_eq!(reply.header("access-control-allow-origin") == origin, reads, "{path} {origin}");
            }
        }
    }

    async fn an_origin_that_nobody_lists_is_told_nothing(app: TestApp) {
        let mut all = jars(&app).await.to_vec();
        let second = app.signed_in(json!({ "slug": "second-portal" })).await;
        all.push(format!("{}; __Host-portal_session_second-portal={second}", all[2]));
        for origin in ["https://evil.example", "null"] {
            for jar in &all {
                for path in [GET, END] {
                    let reply = asked_by(&app, origin, path, jar).await;
                    assert!(reply.cors_headers().is_empty(), "{:?}", reply.headers);
                    assert!(!reply.text.contains("my-portal") && !reply.text.contains("app.example.com"), "{}", reply.text);
                }
            }
        }
        // Without a page there is nobody to keep it from.
        let server = app.get(GET).header("cookie", &all[4]).send().await;
        assert!(text(&server.error()["errors"][0]["fix"]).contains("my-portal, second-portal"), "{}", server.text);
        let own = asked_by(&app, PAGE, GET, &all[4]).await;
        assert_eq!(own.data()["slug"], "my-portal");
    }
}
