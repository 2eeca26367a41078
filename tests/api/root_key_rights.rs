//! `rights` of a root key: keys for support and for minting can be two.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, ACME_TEST, Kind, TestApp, text};

/// What each endpoint for backends needs.
const NEEDED: [(&str, &str); 5] = [
    ("createSession", "create"),
    ("createSessionToken", "create"),
    ("listSessions", "list"),
    ("revokeSession", "revoke"),
    ("explainSession", "explain"),
];

/// acme-live has these rights, every other key has all.
fn limited_to(rights: &[&str]) -> impl FnOnce(String) -> String {
    let line = format!("rights = {}\n", json!(rights));
    move |config| config.replace("id = \"acme-live\"\n", &format!("id = \"acme-live\"\n{line}"))
}

fn body(verb: &str) -> Value {
    let user = json!({ "slug": "direct-portal", "externalId": "user_123" });
    match verb {
        "createSession" | "createSessionToken" => {
            json!({ "slug": "direct-portal", "externalId": "user_123", "permissions": ["keys:read"] })
        }
        _ => user,
    }
}

on_both_stores! {
    async fn a_key_does_what_it_has_the_right_to_and_nothing_else(app: TestApp) {
        for right in ["create", "list", "revoke", "explain"] {
            app.reload(limited_to(&[right]));
            for (verb, needed) in NEEDED {
                let reply = app.backend(ACME_LIVE, verb, body(verb)).await;
                if needed == right {
                    assert_eq!(reply.status, 200, "{verb} with {right}: {}", reply.text);
                    continue;
                }
                reply.expect(403, "authorization/insufficient_permissions");
                reply.expect_common_headers();
                let detail = format!("This root key does not have the right: {needed}.");
                assert_eq!(text(&reply.error()["detail"]), detail, "{verb} with {right}");
                assert_eq!(app.backend(ACME_TEST, verb, body(verb)).await.status, 200, "another key has all");
            }
        }
    }

    async fn a_key_for_support_ends_sessions_and_makes_none(app: TestApp) {
        let (id, token) = app.sign_in(ACME_LIVE, json!({})).await;
        app.reload(limited_to(&["list", "revoke", "explain"]));
        app.create_with(ACME_LIVE, json!({})).await.expect(403, "authorization/insufficient_permissions");
        let user = json!({ "slug": "my-portal", "externalId": "user_123" });
        let listed = app.backend(ACME_LIVE, "listSessions", user).await.data();
        assert_eq!(listed.as_array().map(Vec::len), Some(1), "nothing was created: {listed}");
        let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
        assert_eq!(revoked.data(), json!({ "revoked": 1 }));
        assert!(!app.accepts(&token).await);
    }
}

/// A key is told what it lacks before its request is read, and a stranger learns nothing of rights.
#[tokio::test]
async fn the_right_is_checked_before_the_body() {
    let app = TestApp::start(Kind::Memory).await;
    for (verb, needed) in NEEDED {
        app.reload(limited_to(&[if needed == "list" { "create" } else { "list" }]));
        let reply = app.backend(ACME_LIVE, verb, json!({ "nonsense": true })).await;
        reply.expect(403, "authorization/insufficient_permissions");
        let stranger = app.backend("rk_live_nobody", verb, json!({ "nonsense": true })).await;
        stranger.expect(401, "authentication/key_not_found");
    }
}
