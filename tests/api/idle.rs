//! `idle_timeout_seconds`: what counts as a use, what a client sees of it, and what the operator sees.

use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::{NOT_FOUND, open, refused};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, TestApp, in_portal, text};
use crate::support::forge::claims_of;

/// my-portal and direct-portal have a time-out of a minute; the others have none.
fn idling(config: String) -> String {
    let lines = "idle_timeout_seconds = 60";
    let config = in_portal("direct-portal", lines)(in_portal("my-portal", lines)(config));
    config.replace("[server]", "[server]\nmetrics_listen = \"127.0.0.1:0\"")
}

const NEARLY: Duration = Duration::from_secs(56);
const OVER: Duration = Duration::from_secs(61);

async fn session_of(call: Call) -> Value {
    let reply = call.send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()
}

/// Every way to use a session.
fn uses(app: &TestApp, token: &str) -> [Call; 4] {
    let get = |path: &str| app.get(&format!("/v2/portal.{path}"));
    [
        get("getSession").bearer(token),
        get("getSession?slug=my-portal").cookie(token),
        get("getToken").bearer(token),
        get("authorize?slug=my-portal").cookie(token),
    ]
}

on_both_stores! {
    with idling;

    async fn every_use_keeps_a_session_alive(app: TestApp) {
        for at in 0..4 {
            let token = app.signed_in(json!({})).await;
            for _ in 0..3 {
                app.forward(NEARLY);
                let used = uses(&app, &token).into_iter().nth(at).expect("one of four");
                let reply = used.send().await;
                assert_eq!(reply.status, 200, "use {at}: {}", reply.text);
            }
            app.forward(OVER);
            for call in uses(&app, &token) {
                call.send().await.expect(NOT_FOUND.0, NOT_FOUND.1);
            }
        }
    }

    async fn direct_tokens_of_either_format_end_too(app: TestApp) {
        // Where the test lets time pass in Redis, it moves a session's end too, and that stands in a JWT.
        let formats = crate::direct::formats().into_iter().take(if app.redis.is_some() { 1 } else { 2 });
        for format in formats {
            let opened = open(&app, ACME_LIVE, format).await;
            let token = text(&opened["token"]);
            for _ in 0..2 {
                app.forward(NEARLY);
                assert!(app.accepts(token).await);
            }
            app.forward(OVER);
            refused(&app, app.get("/v2/portal.getSession").bearer(token), NOT_FOUND, "idle").await;
        }
    }

    async fn a_session_tells_when_it_will_be_idle(app: TestApp) {
        let exchanged = app.exchange(&app.fresh_id(json!({})).await).await.data();
        let token = text(&exchanged["token"]);
        let begun = exchanged["session"]["exchangedAt"].as_u64().expect("a time");
        assert_eq!(exchanged["session"]["idleExpiresAt"], json!(begun + 60_000));
        let session = session_of(app.get("/v2/portal.getSession").bearer(token)).await;
        assert_eq!(session["idleExpiresAt"], json!(begun + 60_000), "nothing is written for a use so soon");
        let short = app.signed_in(json!({ "ttlSeconds": 60 })).await;
        let short = session_of(app.get("/v2/portal.getSession").bearer(&short)).await;
        assert_eq!(short["idleExpiresAt"], short["expiresAt"], "never after the session's own end");
        let other = app.signed_in(json!({ "slug": "second-portal" })).await;
        let other = session_of(app.get("/v2/portal.getSession").bearer(&other)).await;
        assert!(other.get("idleExpiresAt").is_none(), "{other}");
    }

    async fn an_idle_session_is_nobodys_and_counts_nowhere(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let user = json!({ "slug": "my-portal", "externalId": "user_123" });
        app.forward(NEARLY);
        // Whoever only looks does not use it.
        let listed = app.backend(ACME_LIVE, "listSessions", user.clone()).await;
        assert_eq!(listed.data()[0]["id"], id.as_str());
        app.forward(OVER - NEARLY);
        assert_eq!(app.backend(ACME_LIVE, "listSessions", user.clone()).await.data(), json!([]));
        for body in [json!({ "id": id }), user] {
            let revoked = app.backend(ACME_LIVE, "revokeSession", body).await;
            assert_eq!(revoked.data(), json!({ "revoked": 0 }));
        }
        assert!(!app.accepts(&token).await);
        let navigation = app.get("/v2/portal.authorize?slug=my-portal").cookie(&token).header("sec-fetch-mode", "navigate");
        let reply = navigation.send().await;
        assert_eq!((reply.status, reply.header("location")), (302, "https://app.example.com/billing?reason=session_expired"));
    }

    async fn the_operator_learns_why(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        app.forward(OVER);
        refused(&app, app.get("/v2/portal.getSession").bearer(&token), NOT_FOUND, "idle").await;
        refused(&app, app.get("/v2/portal.authorize").bearer(&token), NOT_FOUND, "idle").await;
    }

    /// An API that checks it without asking takes it until its own end, as the documents say, and no longer.
    async fn a_token_for_others_outlives_an_idle_session_by_no_more_than_its_own_life(app: TestApp) {
        let token = app.signed_in(json!({})).await;
        let get_token = || app.get("/v2/portal.getToken").bearer(&token);
        let first = session_of(get_token()).await;
        app.forward(NEARLY);
        let kept = session_of(get_token()).await;
        assert_eq!(kept["token"], first["token"], "one is kept, and asking for it is a use");
        let claims = claims_of(text(&kept["token"]));
        assert_eq!(claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(end, begin)| end - begin), Some(300));
        app.forward(OVER);
        get_token().send().await.expect(NOT_FOUND.0, NOT_FOUND.1);
        assert!(!app.accepts(text(&kept["token"])).await);
    }
}

/// What was created before a reload keeps what held then.
#[tokio::test]
async fn a_reload_holds_for_sessions_that_are_created_after_it() {
    let app = TestApp::start_with(crate::support::app::Kind::Memory, idling).await;
    let (idles, ticket) = (app.signed_in(json!({})).await, app.fresh_id(json!({})).await);
    app.reload(|config| config);
    let never = app.signed_in(json!({})).await;
    let ticket = app.exchange(&ticket).await.data();
    app.forward(OVER);
    assert!(!app.accepts(&idles).await && !app.accepts(text(&ticket["token"])).await);
    assert!(app.accepts(&never).await);
    app.reload(idling);
    app.forward(OVER);
    assert!(app.accepts(&never).await);
}
