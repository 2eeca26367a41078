//! `portal.listSessions`: what it tells of a user's live sessions, page by page, and what it never tells.

use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIMITED, ACME_LIVE, ACME_TEST, Reply, TestApp, UMBRELLA_LIVE, text};

const A_MILLISECOND: Duration = Duration::from_millis(1);

async fn list(app: &TestApp, key: &str, fields: Value) -> Reply {
    let mut body = json!({ "slug": "my-portal", "externalId": "user_123" });
    for (name, value) in fields.as_object().expect("fields are an object") {
        body[name] = value.clone();
    }
    app.backend(key, "listSessions", body).await
}

/// The ids of a page.
fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let sessions = reply.data();
    let sessions = sessions.as_array().expect("data is a list");
    sessions.iter().map(|session| text(&session["id"]).to_owned()).collect()
}

/// The ids of all sessions of the standard example's user, page by page.
pub async fn walk(app: &TestApp, limit: usize) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let mut fields = json!({ "limit": limit });
        if let Some(cursor) = &cursor {
            fields["cursor"] = Value::clone(cursor);
        }
        let reply = list(app, ACME_LIVE, fields).await;
        let page = ids(&reply);
        let pagination = reply.json()["pagination"].clone();
        all.extend(page.clone());
        assert!(all.len() < 50, "the pages do not end");
        if pagination["hasMore"] == false {
            assert!(pagination["cursor"].is_null(), "no page follows: {pagination}");
            return all;
        }
        assert_eq!(pagination["hasMore"], true);
        assert_eq!(page.len(), limit, "only the last page may be shorter");
        assert!(pagination["cursor"].is_string(), "{pagination}");
        cursor = Some(pagination["cursor"].clone());
    }
}

/// Creates `count` sessions at different times: their ids, newest first.
async fn create(app: &TestApp, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.insert(0, text(&app.create(json!({})).await["id"]).to_owned());
        app.forward(A_MILLISECOND);
    }
    ids
}

on_both_stores! {
    async fn every_field_of_a_pending_and_of_an_active_session(app: TestApp) {
        let active = app.create(json!({ "preview": true, "email": "jane@example.com", "ttlSeconds": 600 })).await;
        let exchanged = app
            .post("/v2/portal.exchangeSession", json!({ "sessionId": active["sessionId"] }))
            .header("user-agent", "Mozilla/5.0 (a browser)")
            .send()
            .await
            .data();
        app.forward(A_MILLISECOND);
        let pending = app.create(json!({})).await;

        let reply = list(&app, ACME_LIVE, json!({})).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let body = reply.json();
        assert_eq!(body["meta"]["requestId"], reply.header("x-request-id"));
        assert_eq!(body["pagination"]["hasMore"], false);
        let [first, second] = body["data"].as_array().expect("a list").as_slice() else {
            panic!("two sessions: {body}")
        };
        assert!(first["createdAt"].is_u64());
        assert_eq!(*first, json!({
            "id": pending["id"],
            "state": "pending",
            "kind": "browser",
            "createdAt": first["createdAt"],
            "expiresAt": pending["expiresAt"],
            "expiresIn": pending["expiresIn"],
            "preview": false,
        }));
        let session = &exchanged["session"];
        assert_eq!(*second, json!({
            "id": active["id"],
            "state": "active",
            "kind": "browser",
            "createdAt": session["createdAt"],
            "exchangedAt": session["exchangedAt"],
            "expiresAt": exchanged["expiresAt"],
            "expiresIn": second["expiresIn"],
            "userAgent": "Mozilla/5.0 (a browser)",
            "preview": true,
        }));
        let time = |value: &Value| value.as_u64().expect("Unix milliseconds");
        assert!(time(&first["createdAt"]) > time(&second["createdAt"]), "newest first");
        assert_eq!(time(&second["expiresAt"]) - time(&second["exchangedAt"]), 600_000);
    }

    async fn no_credential_is_in_the_answer(app: TestApp) {
        let created = app.create(json!({})).await;
        let token = app.signed_in(json!({})).await;
        let answer = list(&app, ACME_LIVE, json!({})).await.text;
        let of_session_id = &text(&created["sessionId"])["pst_live_".len() + 16..];
        let of_token = &token["ps_live_".len() + 16..];
        for secret in ["pst_live", "ps_live", "rk_live", of_session_id, of_token] {
            assert!(!answer.contains(secret), "{secret} in {answer}");
        }
    }

    async fn newest_first_whatever_their_state(app: TestApp) {
        let mut expected = create(&app, 2).await;
        expected.insert(0, app.sign_in(ACME_LIVE, json!({})).await.0);
        app.forward(A_MILLISECOND);
        expected.insert(0, text(&app.create(json!({})).await["id"]).to_owned());
        assert_eq!(ids(&list(&app, ACME_LIVE, json!({})).await), expected);
    }

    async fn pages_of_any_size_have_no_repeats_and_no_gaps(app: TestApp) {
        assert!(walk(&app, 1).await.is_empty());
        let expected = create(&app, 7).await;
        for limit in [1, 2, 3, 6, 7, 8, 100] {
            assert_eq!(walk(&app, limit).await, expected, "pages of {limit}");
        }
    }

    async fn sessions_of_one_millisecond_are_paged_like_others(app: TestApp) {
        // The memory store's clock stands still; on Redis they are merely close.
        let mut expected = Vec::new();
        for _ in 0..7 {
            expected.push(text(&app.create(json!({})).await["id"]).to_owned());
        }
        expected.sort();
        for limit in [1, 2, 7] {
            let mut found = walk(&app, limit).await;
            found.sort();
            assert_eq!(found, expected, "pages of {limit}");
        }
    }

    async fn a_cursor_outlives_the_session_it_stands_at(app: TestApp) {
        let created = create(&app, 4).await;
        let first = list(&app, ACME_LIVE, json!({ "limit": 2 })).await;
        assert_eq!(ids(&first), created[..2]);
        for id in &created[..2] {
            app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
        }
        let cursor = first.json()["pagination"]["cursor"].clone();
        let rest = list(&app, ACME_LIVE, json!({ "limit": 2, "cursor": cursor })).await;
        assert_eq!(ids(&rest), created[2..]);
        assert_eq!(rest.json()["pagination"]["hasMore"], false);
    }

    async fn what_is_over_is_not_listed(app: TestApp) {
        let revoked = text(&app.create(json!({})).await["id"]).to_owned();
        app.backend(ACME_LIVE, "revokeSession", json!({ "id": revoked })).await;
        let ended = app.signed_in(json!({})).await;
        let reply = app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        app.create(json!({})).await;
        app.sign_in(ACME_LIVE, json!({ "ttlSeconds": 899 })).await;
        let (living, _) = app.sign_in(ACME_LIVE, json!({ "ttlSeconds": 86_400 })).await;
        app.forward(Duration::from_secs(800));
        assert_eq!(ids(&list(&app, ACME_LIVE, json!({})).await).len(), 3, "not yet");
        app.forward(Duration::from_secs(101));
        assert_eq!(ids(&list(&app, ACME_LIVE, json!({})).await), [living]);
        app.forward(Duration::from_secs(86_400));
        assert!(walk(&app, 100).await.is_empty());
    }

    async fn nobody_elses_session_is_listed(app: TestApp) {
        let (own, _) = app.sign_in(ACME_LIVE, json!({})).await;
        app.sign_in(ACME_LIVE, json!({ "externalId": "user_1234" })).await;
        app.sign_in(ACME_LIVE, json!({ "externalId": "USER_123" })).await;
        app.sign_in(ACME_LIVE, json!({ "slug": "second-portal" })).await;
        let (of_test, _) = app.sign_in(ACME_TEST, json!({})).await;
        app.sign_in(UMBRELLA_LIVE, json!({ "slug": "umbrella-portal" })).await;
        assert_eq!(ids(&list(&app, ACME_LIVE, json!({})).await), [own]);
        assert_eq!(ids(&list(&app, ACME_TEST, json!({})).await), [of_test]);
        assert!(ids(&list(&app, ACME_LIVE, json!({ "externalId": "nobody" })).await).is_empty());
    }

    async fn a_portal_that_the_key_does_not_see_is_not_found(app: TestApp) {
        app.create(json!({})).await;
        let table = [(ACME_LIVE, "no-such-portal"), (UMBRELLA_LIVE, "my-portal"), (ACME_LIMITED, "my-portal")];
        let mut answers = Vec::new();
        for (key, slug) in table {
            let reply = list(&app, key, json!({ "slug": slug })).await;
            reply.expect(404, "data/portal_config_not_found");
            answers.push(reply.error());
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "the answers tell the cases apart: {answers:?}");
    }

    async fn faults_are_told_all_at_once(app: TestApp) {
        let table: &[(Value, &[&str])] = &[
            (json!({ "limit": 0 }), &["body.limit"]),
            (json!({ "limit": 101 }), &["body.limit"]),
            (json!({ "limit": -1 }), &["body.limit"]),
            (json!({ "limit": 1.5 }), &["body.limit"]),
            (json!({ "limit": "5" }), &["body.limit"]),
            (json!({ "cursor": "" }), &["body.cursor"]),
            (json!({ "cursor": "next" }), &["body.cursor"]),
            (json!({ "cursor": "sess_short" }), &["body.cursor"]),
            (json!({ "cursor": 7 }), &["body.cursor"]),
            (json!({ "slug": "-", "externalId": "" }), &["body.externalId", "body.slug"]),
            (json!({ "limit": 0, "cursor": "?", "offset": 3 }), &["body.cursor", "body.limit", "body.offset"]),
        ];
        for (fields, expected) in table {
            let reply = list(&app, ACME_LIVE, fields.clone()).await;
            reply.expect(400, "application/invalid_input");
            let mut locations = reply.locations();
            locations.sort();
            assert_eq!(locations, *expected, "{fields}");
        }
        let nothing = app.backend(ACME_LIVE, "listSessions", json!({})).await;
        nothing.expect(400, "application/invalid_input");
        assert_eq!(nothing.locations(), ["body.slug", "body.externalId"]);
    }

    async fn a_user_of_any_name_is_found(app: TestApp) {
        for name in ["a b,c", "käse/日本", "{tag}*?[x]", &"x".repeat(256)] {
            let (id, _) = app.sign_in(ACME_LIVE, json!({ "externalId": name })).await;
            assert_eq!(ids(&list(&app, ACME_LIVE, json!({ "externalId": name })).await), [id], "{name:?}");
        }
    }
}
