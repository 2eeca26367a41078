//! `max_sessions_per_user` and `when_full`: what the client of one session too many gets, and what the others get.

use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::{NOT_FOUND, open, opening, refused};
use crate::landing::click;
use crate::landing_form::{Shown, inside};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, PAGE, TestApp, in_portal, text};

/// my-portal ends the oldest of two, hosted-portal and direct-portal refuse a third.
fn limited(config: String) -> String {
    let refuse = "max_sessions_per_user = 2\nwhen_full = \"refuse\"";
    let config = in_portal("my-portal", "max_sessions_per_user = 2")(config);
    let config = in_portal("hosted-portal", refuse)(in_portal("direct-portal", refuse)(config));
    config.replace("[server]", "[server]\nmetrics_listen = \"127.0.0.1:0\"")
}

const FULL: (u16, &str) = (403, "authorization/too_many_sessions");

async fn hosted_id(app: &TestApp) -> String {
    app.fresh_id(json!({ "slug": "hosted-portal" })).await
}

async fn signed_in_at_hosted(app: &TestApp) -> String {
    app.signed_in(json!({ "slug": "hosted-portal" })).await
}

fn get(app: &TestApp, token: &str) -> Call {
    app.get("/v2/portal.getSession").bearer(token)
}

on_both_stores! {
    with limited;

    async fn the_oldest_session_ends(app: TestApp) {
        let first = app.signed_in(json!({})).await;
        app.forward(Duration::from_secs(1));
        let second = app.signed_in(json!({})).await;
        let other = app.signed_in(json!({ "externalId": "user_7" })).await;
        let third = app.signed_in(json!({})).await;
        refused(&app, get(&app, &first), NOT_FOUND, "displaced").await;
        for token in [&second, &third, &other] {
            assert!(app.accepts(token).await);
        }
        let user = json!({ "slug": "my-portal", "externalId": "user_123" });
        let listed = app.backend(ACME_LIVE, "listSessions", user.clone()).await.data();
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
        assert_eq!(app.backend(ACME_LIVE, "revokeSession", user).await.data(), json!({ "revoked": 2 }));
    }

    async fn a_refused_session_id_can_be_exchanged_once_there_is_room(app: TestApp) {
        let [first, _second] = [signed_in_at_hosted(&app).await, signed_in_at_hosted(&app).await];
        let id = hosted_id(&app).await;
        for _ in 0..2 {
            let reply = refused(&app, app.exchanging(&id), FULL, "too_many_sessions").await;
            assert!(reply.set_cookies().is_empty());
        }
        let code = app.post("/v2/portal.exchangeCode", json!({ "code": id })).send().await;
        code.expect(FULL.0, FULL.1);
        // A page of the portal can read it.
        let page = app.exchanging(&id).header("origin", "https://hosted.example.com").send().await;
        page.expect(FULL.0, FULL.1);
        assert_eq!(page.header("access-control-allow-origin"), "https://hosted.example.com");
        app.exchanging(&id).header("origin", PAGE).send().await.expect(403, "authorization/forbidden");
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&first).send().await.status, 200);
        assert_eq!(app.exchange(&id).await.status, 200);
    }

    async fn a_direct_token_is_refused_too_and_a_repeat_is_none_more(app: TestApp) {
        let key = "a-key-of-its-own-for-this";
        let call = || opening(&app, ACME_LIVE, json!({})).header("idempotency-key", key);
        let first = call().send().await.data();
        let second = open(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
        assert_eq!(call().send().await.data()["id"], first["id"], "a repeat counts once");
        refused(&app, opening(&app, ACME_LIVE, json!({})), FULL, "too_many_sessions").await;
        let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "token": second["token"] })).await;
        assert_eq!(revoked.data(), json!({ "revoked": 1 }));
        open(&app, ACME_LIVE, json!({})).await;
    }

    async fn a_browser_that_comes_with_a_new_link_is_not_in_its_own_way(app: TestApp) {
        let [first, second] = [signed_in_at_hosted(&app).await, signed_in_at_hosted(&app).await];
        let id = hosted_id(&app).await;
        let cookie = format!("__Host-portal_session_hosted-portal={first}");
        let reply = app.exchanging(&id).header("cookie", &cookie).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(!app.accepts(&first).await && app.accepts(&second).await);
        assert!(app.accepts(text(&reply.data()["token"])).await);
    }

    async fn a_person_is_told_in_words_and_can_try_again(app: TestApp) {
        let first = signed_in_at_hosted(&app).await;
        signed_in_at_hosted(&app).await;
        let id = hosted_id(&app).await;
        let shown = Shown::of(&click(&app, &id).send().await);
        let full = shown.post(&app).send().await;
        full.expect_page(403, "too many places");
        assert!(full.set_cookies().is_empty());
        assert!(full.text.contains(&shown.session_id) && full.text.contains(&shown.nonce), "it can be tried again");
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&first).send().await.status, 200);
        assert!(app.accepts(&inside(&shown.post(&app).send().await)).await);
    }
}

/// A ticket keeps what held when it was created.
#[tokio::test]
async fn a_reload_holds_for_session_ids_that_are_created_after_it() {
    let app = TestApp::start_with(Kind::Memory, limited).await;
    let ids: [String; 3] = [hosted_id(&app).await, hosted_id(&app).await, hosted_id(&app).await];
    app.reload(|config| config);
    let statuses: Vec<u16> = vec![
        app.exchange(&ids[0]).await.status,
        app.exchange(&ids[1]).await.status,
        app.exchange(&ids[2]).await.status,
        app.exchange(&hosted_id(&app).await).await.status,
    ];
    assert_eq!(statuses, [200, 200, 403, 200]);
    let session: Value = get(&app, &signed_in_at_hosted(&app).await).send().await.data();
    assert_eq!(session["slug"], "hosted-portal");
}
