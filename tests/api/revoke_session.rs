//! `portal.revokeSession`: what it ends, what it must leave alone, and that its effect is there with its answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::list_sessions::walk;
use crate::on_both_stores;
use crate::support::app::{ACME_LIMITED, ACME_LIVE, ACME_TEST, Kind, Reply, TestApp, UMBRELLA_LIVE, text};

async fn revoke(app: &TestApp, key: &str, body: Value) -> Reply {
    app.backend(key, "revokeSession", body).await
}

/// How many sessions a valid call revokes.
async fn revoked(app: &TestApp, key: &str, body: Value) -> Value {
    let reply = revoke(app, key, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let data = reply.data();
    assert_eq!(data.as_object().expect("an object").len(), 1, "{data}");
    data["revoked"].clone()
}

fn user(external_id: &str) -> Value {
    json!({ "externalId": external_id })
}

fn all_of(slug: &str, external_id: &str) -> Value {
    json!({ "slug": slug, "externalId": external_id })
}

on_both_stores! {
    async fn an_active_session_ends_by_its_id_and_only_once(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let (_, other) = app.sign_in(ACME_LIVE, json!({})).await;
        assert!(app.accepts(&token).await);
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": id })).await, 1);
        assert!(!app.accepts(&token).await);
        assert!(app.accepts(&other).await, "another session of the same user stays");
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": id })).await, 0);
    }

    async fn a_pending_session_ends_by_its_id_and_cannot_be_exchanged(app: TestApp) {
        let created = app.create(json!({})).await;
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": created["id"] })).await, 1);
        app.exchange(text(&created["sessionId"])).await.expect(401, "authentication/portal_session_not_found");
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": created["id"] })).await, 0);
    }

    async fn all_of_a_users_sessions_end_and_nobody_elses(app: TestApp) {
        let pending = app.create(user("jane")).await;
        let (_, first) = app.sign_in(ACME_LIVE, user("jane")).await;
        let (_, second) = app.sign_in(ACME_LIVE, user("jane")).await;
        let others = [
            app.sign_in(ACME_LIVE, user("john")).await.1,
            app.sign_in(ACME_LIVE, user("JANE")).await.1,
            app.sign_in(ACME_LIVE, json!({ "externalId": "jane", "slug": "second-portal" })).await.1,
            app.sign_in(ACME_TEST, user("jane")).await.1,
            app.sign_in(UMBRELLA_LIVE, json!({ "externalId": "jane", "slug": "umbrella-portal" })).await.1,
        ];
        assert_eq!(revoked(&app, ACME_LIVE, all_of("my-portal", "jane")).await, 3);
        for token in [first, second] {
            assert!(!app.accepts(&token).await);
        }
        app.exchange(text(&pending["sessionId"])).await.expect(401, "authentication/portal_session_not_found");
        for (index, token) in others.iter().enumerate() {
            assert!(app.accepts(token).await, "session {index} was not meant");
        }
        assert_eq!(revoked(&app, ACME_LIVE, all_of("my-portal", "jane")).await, 0);
    }

    async fn what_a_key_may_not_see_counts_as_nothing_and_stays_alive(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, user("jane")).await;
        let (test_id, test_token) = app.sign_in(ACME_TEST, user("jane")).await;
        let table = [
            (UMBRELLA_LIVE, json!({ "id": id }), "a foreign workspace"),
            (ACME_LIMITED, json!({ "id": id }), "a portal that the key does not list"),
            (ACME_TEST, json!({ "id": id }), "the other environment"),
            (ACME_LIVE, json!({ "id": test_id }), "the other environment, the other way round"),
            (UMBRELLA_LIVE, all_of("my-portal", "jane"), "all of a foreign workspace"),
            (ACME_LIMITED, all_of("my-portal", "jane"), "all of a portal that the key does not list"),
            (ACME_LIVE, all_of("second-portal", "jane"), "all of another portal"),
            (ACME_LIVE, all_of("no-such-portal", "jane"), "a portal that does not exist"),
            (ACME_LIVE, all_of("my-portal", "nobody"), "a user without sessions"),
        ];
        for (key, body, what) in table {
            assert_eq!(revoked(&app, key, body).await, 0, "{what}");
            assert!(app.accepts(&token).await, "{what}");
            assert!(app.accepts(&test_token).await, "{what}");
        }
    }

    async fn a_limited_key_revokes_in_the_portals_it_lists(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({ "slug": "second-portal" })).await;
        assert_eq!(revoked(&app, ACME_LIMITED, json!({ "id": id })).await, 1);
        assert!(!app.accepts(&token).await);
    }

    async fn an_id_that_names_nothing_is_no_error(app: TestApp) {
        let created = app.create(json!({})).await;
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let session_id = text(&created["sessionId"]);
        let made_up = format!("sess_{}", "0".repeat(32));
        let longer = format!("{id}0");
        let last_but_one = &id[..id.len() - 1];
        let in_capitals = id.to_uppercase();
        for garbage in
            ["", "x", "sess_", "sess_*", "{}", "日本", &made_up, &longer, last_but_one, &in_capitals, session_id, &token]
        {
            assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": garbage })).await, 0, "{garbage:?}");
        }
        assert!(app.accepts(&token).await, "a credential is no id");
        assert_eq!(app.exchange(session_id).await.status, 200, "a credential is no id");
    }

    async fn what_is_over_is_not_counted(app: TestApp) {
        let (id, _) = app.sign_in(ACME_LIVE, json!({ "ttlSeconds": 60 })).await;
        let pending = app.create(json!({})).await;
        app.forward(Duration::from_secs(901));
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": id })).await, 0);
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": pending["id"] })).await, 0);
        assert_eq!(revoked(&app, ACME_LIVE, all_of("my-portal", "user_123")).await, 0);
    }

    async fn a_body_that_names_nothing_or_too_much_is_told_every_fault(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let table: &[(Value, &[&str])] = &[
            (json!({}), &["body.externalId"]),
            (json!({ "slug": "my-portal" }), &["body.externalId"]),
            (json!({ "id": id, "slug": "my-portal" }), &["body.slug"]),
            (json!({ "id": id, "externalId": "user_123" }), &["body.externalId"]),
            (json!({ "id": id, "slug": "my-portal", "externalId": "user_123" }), &["body.externalId", "body.slug"]),
            (json!({ "id": 5 }), &["body.id"]),
            (json!({ "id": null }), &["body.externalId"]),
            (json!({ "id": [id] }), &["body.id"]),
            // A mistyped one would end the very session that is to go on.
            (json!({ "externalId": "user_123", "except": "sess_x" }), &["body.except"]),
            (json!({ "id": id, "except": id }), &["body.except"]),
            (json!({ "id": id, "all": true }), &["body.all"]),
            (json!({ "slug": "No Slug", "externalId": "", "force": 1 }), &["body.externalId", "body.force", "body.slug"]),
            (json!({ "slug": "my-portal", "externalId": "x".repeat(257) }), &["body.externalId"]),
            (json!({ "slug": ["my-portal"], "externalId": 7 }), &["body.externalId", "body.slug"]),
            (json!({ "externalId": "user_123", "except": token }), &["body.except"]),
        ];
        for (body, expected) in table {
            let reply = revoke(&app, ACME_LIVE, body.clone()).await;
            reply.expect(400, "application/invalid_input");
            let mut locations = reply.locations();
            locations.sort();
            assert_eq!(locations, *expected, "{body}");
        }
        assert!(app.accepts(&token).await, "nothing was revoked");
    }

    async fn sessions_of_a_disabled_portal_can_be_revoked(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        app.reload(|config| config.replacen("slug = \"my-portal\"", "slug = \"my-portal\"\nenabled = false", 1));
        app.get("/v2/portal.getSession").bearer(&token).send().await.expect(403, "authorization/forbidden");
        assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": id })).await, 1);
        app.reload(|config| config);
        assert!(!app.accepts(&token).await);
    }
}

#[tokio::test]
async fn from_the_answer_on_no_replica_accepts_what_was_revoked() {
    let app = TestApp::start(Kind::Redis).await;
    let replica = app.replica().await;
    for by_id in [true, false] {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        let pending = app.create(json!({})).await;
        assert!(replica.accepts(&token).await, "the replica has seen it alive");
        if by_id {
            assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": id })).await, 1);
            assert_eq!(revoked(&app, ACME_LIVE, json!({ "id": pending["id"] })).await, 1);
        } else {
            assert_eq!(revoked(&app, ACME_LIVE, all_of("my-portal", "user_123")).await, 2);
        }
        assert!(!replica.accepts(&token).await);
        let call = replica.get("/v2/portal.authorize").bearer(&token).send().await;
        call.expect(401, "authentication/portal_session_not_found");
        let exchange = replica.exchange(text(&pending["sessionId"])).await;
        exchange.expect(401, "authentication/portal_session_not_found");
    }
}

const SECRET: &str = "secret = \"a secret of the tests, long enough to be taken\"";
const NEW_SECRET: &str = "secret = \"another secret of the tests, as long as it\"";

#[tokio::test]
async fn sessions_of_a_previous_secret_are_listed_and_revoked_too() {
    let old = TestApp::start(Kind::Redis).await;
    let (first_id, first) = old.sign_in(ACME_LIVE, json!({})).await;
    let (second_id, second) = old.sign_in(ACME_LIVE, json!({})).await;

    let changed = |previous: &str| {
        let secrets = format!("{NEW_SECRET}\n{previous}");
        move |config: String| config.replace(SECRET, &secrets)
    };
    // Where anybody remembers the old one, such a gateway does not begin anything.
    for key in ["vst:secrets", "vst:secret"] {
        old.redis.as_ref().expect("on Redis").command(&["DEL", key]);
    }
    let forgetful = TestApp::start_on(old.redis.clone(), changed("")).await;
    let previous = format!("previous_{}]", SECRET.replace("secret = ", "secrets = ["));
    let new = TestApp::start_on(old.redis.clone(), changed(&previous)).await;
    let (third_id, third) = new.sign_in(ACME_LIVE, json!({})).await;
    assert!(new.accepts(&first).await, "a changed secret logs nobody out by itself");

    assert_eq!(
        walk(&forgetful, 1).await,
        std::slice::from_ref(&third_id),
        "without previous_secrets they are lost"
    );
    let (mut listed, mut all) = (walk(&new, 1).await, [first_id.clone(), second_id, third_id]);
    listed.sort();
    all.sort();
    assert_eq!(listed, all);

    assert_eq!(revoked(&new, ACME_LIVE, json!({ "id": first_id })).await, 1);
    assert!(!old.accepts(&first).await);
    assert_eq!(revoked(&new, ACME_LIVE, all_of("my-portal", "user_123")).await, 2);
    for token in [second, third] {
        assert!(!new.accepts(&token).await);
    }
}
