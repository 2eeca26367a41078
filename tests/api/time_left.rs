//! `expiresIn` beside every `expiresAt`: whole seconds that are left by the server's clock, also later on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::open;
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, TestApp, text};

/// A slow machine may take so many seconds for a test on Redis, whose clock goes on.
const SLOW_SECONDS: u64 = 5;

/// Every `expiresIn` of an answer, and that none is without its `expiresAt` and the other way round.
fn left(value: &Value, found: &mut Vec<u64>) {
    match value {
        Value::Object(fields) => {
            assert_eq!(fields.contains_key("expiresAt"), fields.contains_key("expiresIn"), "{value}");
            found.extend(fields.get("expiresIn").and_then(Value::as_u64));
            fields.values().for_each(|field| left(field, found));
        }
        Value::Array(entries) => entries.iter().for_each(|entry| left(entry, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

fn expect_left(what: &str, answer: &Value, expected: &[u64]) {
    let mut found = Vec::new();
    left(answer, &mut found);
    assert_eq!(found.len(), expected.len(), "{what}: {answer}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(expected.abs_diff(*found) <= SLOW_SECONDS, "{what}: {found}, not {expected}: {answer}");
    }
}

async fn ask(app: &TestApp, path: &str, token: &Value) -> Value {
    let reply = app.get(&format!("/v2/portal.{path}")).bearer(text(token)).send().await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

on_both_stores! {
    async fn what_is_left_is_told_with_every_end(app: TestApp) {
        let created = app.create(json!({ "ttlSeconds": 7_200 })).await;
        expect_left("createSession", &created, &[900]);
        let direct = open(&app, ACME_LIVE, json!({ "ttlSeconds": 1_800 })).await;
        expect_left("createSessionToken", &direct, &[1_800]);
        let user = |slug: &str| json!({ "slug": slug, "externalId": "user_123" });

        app.forward(Duration::from_secs(600));
        expect_left("pending", &app.backend(ACME_LIVE, "listSessions", user("my-portal")).await.json(), &[300]);
        let exchanged = app.exchange(text(&created["sessionId"])).await.data();
        // The life of a browser session begins now, by the store's clock.
        assert_eq!(exchanged["expiresAt"], exchanged["session"]["expiresAt"]);
        expect_left("getSession", &ask(&app, "getSession", &direct["token"]).await, &[1_200]);
        expect_left("getToken", &ask(&app, "getToken", &direct["token"]).await, &[300]);
        expect_left("active", &app.backend(ACME_LIVE, "listSessions", user("direct-portal")).await.json(), &[1_200]);

        app.forward(Duration::from_secs(1_100));
        expect_left("getSession", &ask(&app, "getSession", &direct["token"]).await, &[100]);
        expect_left("getToken never outlives it", &ask(&app, "getToken", &direct["token"]).await, &[100]);
    }

    async fn an_exchange_tells_it_twice(app: TestApp) {
        let created = app.create(json!({ "ttlSeconds": 7_200 })).await;
        let exchanged = app.exchange(text(&created["sessionId"])).await.data();
        expect_left("exchangeSession", &exchanged, &[7_200, 7_200]);
        let code = app.fresh_id(json!({ "ttlSeconds": 60 })).await;
        let newer = app.post("/v2/portal.exchangeCode", json!({ "code": code })).send().await.data();
        expect_left("exchangeCode", &newer, &[60]);
    }
}
