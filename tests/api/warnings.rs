//! `warnings`: what is legal in a call and yet doubtful, and that most calls have none.

use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::open;
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Reply, TestApp, text};

/// hosted-portal asks "Continue as …?", and is direct too.
fn asking(config: String) -> String {
    let landing = "landing = \"hosted\"\n";
    config.replace(landing, &format!("{landing}confirm = true\ndirect = true\n"))
}

const CALLS: [&str; 2] = ["createSession", "createSessionToken"];

fn warnings(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    let data = reply.data();
    let sentences = data["warnings"].as_array().expect("a list").iter();
    sentences.map(|sentence| text(sentence).to_owned()).collect()
}

fn body(slug: &str, fields: Value) -> Value {
    let mut body = json!({ "slug": slug, "externalId": "user_123", "permissions": ["keys:read"] });
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

/// Also in the index of Redis, where the end of a session is reckoned from when it was created.
fn an_hour_passes(app: &TestApp) {
    app.forward(Duration::from_secs(3_661));
    let Some(redis) = &app.redis else { return };
    let script = r"
        for _, index in ipairs(redis.call('KEYS', 'vst:*:u')) do
          for _, member in ipairs(redis.call('ZRANGE', index, 0, -1)) do
            redis.call('ZINCRBY', index, -3661000, member)
          end
        end";
    let mut connection = redis.connect().expect("redis answers");
    redis::Script::new(script).invoke::<()>(&mut connection).expect("the index can be changed");
}

on_both_stores! {
    with asking;

    async fn each_doubt_has_its_sentence(app: TestApp) {
        let table: [(&str, Value, &[&str]); 7] = [
            ("direct-portal", json!({}), &[]),
            ("direct-portal", json!({ "permissions": ["keys:*", "api.*.read"] }), &[]),
            ("direct-portal", json!({ "permissions": ["keys:read", "*"] }), &["\"*\""]),
            ("hosted-portal", json!({ "email": "jane@example.com" }), &[]),
            ("hosted-portal", json!({}), &["email"]),
            ("hosted-portal", json!({ "email": "" }), &["email"]),
            ("hosted-portal", json!({ "permissions": ["*"] }), &["email", "\"*\""]),
        ];
        for (slug, fields, expected) in table {
            for call in CALLS {
                let told = warnings(&app.backend(ACME_LIVE, call, body(slug, fields.clone())).await);
                assert_eq!(told.len(), expected.len(), "{call} {slug} {fields}: {told:?}");
                for (sentence, word) in told.iter().zip(expected) {
                    assert!(sentence.contains(word), "{sentence}");
                    assert!(!sentence.contains("user_123"), "nothing of the call is repeated: {sentence}");
                }
            }
        }
    }

    async fn more_than_fifty_live_sessions_of_one_user(app: TestApp) {
        for _ in 0..50 {
            assert_eq!(open(&app, ACME_LIVE, json!({})).await["warnings"], json!([]));
        }
        for call in CALLS {
            let told = warnings(&app.backend(ACME_LIVE, call, body("direct-portal", json!({}))).await);
            assert!(matches!(&told[..], [one] if one.contains("50 live sessions")), "{call}: {told:?}");
        }
        let other = body("direct-portal", json!({ "externalId": "user_7" }));
        assert!(warnings(&app.backend(ACME_LIVE, "createSessionToken", other).await).is_empty());
        // What is over does not count.
        an_hour_passes(&app);
        assert_eq!(open(&app, ACME_LIVE, json!({})).await["warnings"], json!([]));
    }
}
