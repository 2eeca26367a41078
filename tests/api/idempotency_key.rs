//! `Idempotency-Key` on the exchange: a lost reply, a double click or a double-mounted component locks nobody
//! out, and nobody else gets in.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, PAGE, Reply, TestApp, text};

const KEY: &str = "7b8e9c6e-1f0a-4d6c-9b1e-2f3a4b5c6d7e";
const OTHER_KEY: &str = "00000000-1f0a-4d6c-9b1e-2f3a4b5c6d7e";

fn with_key(app: &TestApp, session_id: &str, key: &str) -> Call {
    app.exchanging(session_id).header("idempotency-key", key)
}

/// The token that a page's cookie holds.
fn token_of(reply: &Reply) -> String {
    let cookies = reply.set_cookies();
    let pair = cookies.first().and_then(|line| line.split(';').next()).expect("a session cookie");
    pair.split_once('=').expect("a pair").1.to_owned()
}

async fn active_sessions(app: &TestApp) -> usize {
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", user).await.data();
    listed.as_array().expect("a list").iter().filter(|session| session["state"] == "active").count()
}

/// What is left of the time is less in a later answer.
fn without_time_left(mut data: Value) -> Value {
    for object in ["", "/session"] {
        let object = data.pointer_mut(object).and_then(Value::as_object_mut).expect("an object");
        object.remove("expiresIn").expect("the seconds left");
    }
    data
}

on_both_stores! {
    async fn a_repeat_with_the_same_key_gets_the_same_session(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        let (first, second) =
            tokio::join!(with_key(&app, &session_id, KEY).send(), with_key(&app, &session_id, KEY).send());
        app.forward(Duration::from_secs(50));
        let late = with_key(&app, &session_id, KEY).send().await;
        for reply in [&first, &second, &late] {
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert_eq!(without_time_left(reply.data()), without_time_left(first.data()));
            assert_eq!(reply.set_cookies(), first.set_cookies());
        }
        assert!(app.accepts(&token_of(&late)).await);
        assert_eq!(active_sessions(&app).await, 1);
    }

    async fn after_a_minute_a_repeat_is_refused_and_the_session_lives_on(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        let first = with_key(&app, &session_id, KEY).send().await;
        app.forward(Duration::from_secs(61));
        with_key(&app, &session_id, KEY).send().await.expect(401, "authentication/portal_session_not_found");
        assert!(app.accepts(&token_of(&first)).await);
    }

    async fn another_key_or_none_is_refused_as_used(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        assert_eq!(with_key(&app, &session_id, KEY).send().await.status, 200);
        let used = with_key(&app, &session_id, OTHER_KEY).send().await;
        used.expect(401, "authentication/portal_session_not_found");
        app.exchange(&session_id).await.expect(401, "authentication/portal_session_not_found");

        let without = app.fresh_id(json!({})).await;
        assert_eq!(app.exchange(&without).await.status, 200);
        let with = with_key(&app, &without, KEY).send().await;
        with.expect(401, "authentication/portal_session_not_found");
    }

    async fn of_racing_browsers_with_keys_of_their_own_one_wins(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        let racers: Vec<_> = (0..20)
            .map(|racer| with_key(&app, &session_id, &format!("{KEY}{}", racer / 2)))
            .map(|call| tokio::spawn(call.send()))
            .collect();
        let mut tokens = Vec::new();
        for racer in racers {
            let reply = racer.await.expect("no panic");
            match reply.status {
                200 => tokens.push(token_of(&reply)),
                _ => reply.expect(401, "authentication/portal_session_not_found"),
            }
        }
        assert_eq!(tokens.len(), 2, "the winner and its own repeat");
        assert_eq!(tokens[0], tokens[1]);
        assert_eq!(active_sessions(&app).await, 1);
    }

    async fn a_repeat_never_brings_back_what_was_revoked_or_ended(app: TestApp) {
        let revoked = app.create(json!({})).await;
        let session_id = text(&revoked["sessionId"]);
        assert_eq!(with_key(&app, session_id, KEY).send().await.status, 200);
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked["id"] })).await;
        let repeat = with_key(&app, session_id, KEY).send().await;
        repeat.expect(401, "authentication/portal_session_not_found");
        assert!(repeat.set_cookies().is_empty());

        let ended = app.fresh_id(json!({})).await;
        let token = token_of(&with_key(&app, &ended, KEY).send().await);
        assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&token).send().await.status, 200);
        with_key(&app, &ended, KEY).send().await.expect(401, "authentication/portal_session_not_found");
    }

    async fn a_browser_that_repeats_with_its_new_cookie_keeps_its_session(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        let first = with_key(&app, &session_id, KEY).header("origin", PAGE).send().await;
        let token = token_of(&first);
        let again = with_key(&app, &session_id, KEY).header("origin", PAGE).cookie(&token).send().await;
        assert_eq!((again.status, token_of(&again)), (200, token.clone()));
        assert!(app.accepts(&token).await, "a session does not replace itself");
    }

    async fn a_key_of_the_wrong_form_is_told_and_spends_nothing(app: TestApp) {
        let session_id = app.fresh_id(json!({})).await;
        let long = "a".repeat(129);
        for key in ["", "short", "0123456789abcde", "0123456789 abcdef", "0123456789abcd\u{e9}f", &long] {
            let reply = with_key(&app, &session_id, key).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["header.Idempotency-Key"], "{key:?}");
        }
        let two = with_key(&app, &session_id, KEY).header("idempotency-key", OTHER_KEY).send().await;
        two.expect(400, "application/invalid_input");
        assert_eq!(with_key(&app, &session_id, &"a".repeat(128)).send().await.status, 200);
    }
}

/// The token follows from `server.secret`: a repeat may meet another replica.
#[tokio::test]
async fn a_repeat_at_another_replica_gets_the_same_session() {
    let app = TestApp::start(crate::support::app::Kind::Redis).await;
    let replica = app.replica().await;
    let session_id = app.fresh_id(json!({})).await;
    let first = with_key(&app, &session_id, KEY).send().await;
    let second = with_key(&replica, &session_id, KEY).send().await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_eq!(without_time_left(second.data()), without_time_left(first.data()));
}
