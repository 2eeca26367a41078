//! `default_portal`, `default_permissions` and `default_format` of a root key: what a call may leave out.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, Reply, TestApp, text};

/// acme-live has them all, acme-test has none.
fn defaults(config: String) -> String {
    let key = "id = \"acme-live\"\n";
    let lines = "default_portal = \"direct-portal\"\ndefault_permissions = [\"keys:read\"]\n\
                 default_format = \"jwt\"\n";
    config.replace(key, &format!("{key}{lines}"))
}

const CALLS: [&str; 2] = ["createSession", "createSessionToken"];

async fn create(app: &TestApp, call: &str, body: Value) -> Reply {
    app.backend(ACME_LIVE, call, body).await
}

/// What the only session of a user is: its portal and its permissions.
async fn session_of(app: &TestApp, call: &str, created: &Value) -> (Value, Value) {
    let token = match call {
        "createSession" => app.exchange(text(&created["sessionId"])).await.data()["token"].clone(),
        _ => created["token"].clone(),
    };
    let session = app.get("/v2/portal.getSession").bearer(text(&token)).send().await.data();
    (session["slug"].clone(), session["permissions"].clone())
}

on_both_stores! {
    with defaults;

    async fn a_user_is_enough(app: TestApp) {
        for call in CALLS {
            let reply = create(&app, call, json!({ "externalId": "user_123" })).await;
            assert_eq!(reply.status, 200, "{call}: {}", reply.text);
            let session = session_of(&app, call, &reply.data()).await;
            assert_eq!(session, (json!("direct-portal"), json!(["keys:read"])), "{call}");
        }
    }

    async fn the_format_of_a_token_follows_the_key_unless_the_call_says_it(app: TestApp) {
        let user = json!({ "externalId": "user_123" });
        let signed = create(&app, "createSessionToken", user).await.data();
        assert_eq!(text(&signed["token"]).split('.').count(), 3);
        assert!(app.accepts(text(&signed["token"])).await);
        let opaque = json!({ "externalId": "user_123", "format": "opaque" });
        let opaque = create(&app, "createSessionToken", opaque).await.data();
        assert!(text(&opaque["token"]).starts_with("pt_live_"));
    }

    async fn what_is_sent_counts(app: TestApp) {
        let sent = json!({ "externalId": "user_123", "slug": "my-portal", "permissions": ["keys:write"] });
        let created = create(&app, "createSession", sent).await.data();
        let session = session_of(&app, "createSession", &created).await;
        assert_eq!(session, (json!("my-portal"), json!(["keys:write"])));
        let newer = json!({ "externalId": "user_123", "portal": "my-portal", "scopes": ["keys:write"] });
        let created = create(&app, "createSession", newer).await.data();
        let session = session_of(&app, "createSession", &created).await;
        assert_eq!(session, (json!("my-portal"), json!(["keys:write"])), "by their newer names too");
        for (field, value) in [("slug", json!("")), ("permissions", json!([])), ("slug", json!(7))] {
            let reply = create(&app, "createSession", json!({ "externalId": "user_123", field: value })).await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), [format!("body.{field}")], "a wrong value is not replaced");
        }
    }

    async fn without_a_default_the_fault_names_the_key_to_set(app: TestApp) {
        for call in CALLS {
            let reply = app.backend(ACME_TEST, call, json!({ "externalId": "user_123" })).await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["body.slug", "body.permissions"]);
            let error = reply.error();
            for (index, key) in ["default_portal", "default_permissions"].into_iter().enumerate() {
                assert!(text(&error["errors"][index]["fix"]).contains(key), "{call}: {error}");
            }
        }
    }
}
