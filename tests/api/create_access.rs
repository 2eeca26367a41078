//! `portal.createSession`: who may create a session for which portal, and how little the others learn.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{
    ACME_LIMITED, ACME_LIVE, ACME_TEST, Kind, TestApp, UMBRELLA_LIVE, in_portal, text,
};

#[tokio::test]
async fn authentication_is_told_by_code() {
    let app = TestApp::start(Kind::Memory).await;
    let bearer = format!("Bearer {ACME_LIVE}");
    let other_case = format!("Bearer {}", ACME_LIVE.to_uppercase());
    let longer = format!("Bearer {ACME_LIVE}x");
    let table: &[(&str, &[&str])] = &[
        ("authentication/missing", &[]),
        ("authentication/malformed", &[""]),
        ("authentication/malformed", &["Bearer"]),
        ("authentication/malformed", &["Bearer "]),
        ("authentication/malformed", &["Basic dXNlcjpwYXNzd29yZA=="]),
        ("authentication/malformed", &["Bearer dXNlcjpwYXNzd29yZA=="]),
        ("authentication/malformed", &["Bearer ps_live_0000"]),
        ("authentication/malformed", &["Bearer pst_live_0000"]),
        ("authentication/malformed", &[&other_case]),
        ("authentication/malformed", &[ACME_LIVE]),
        ("authentication/malformed", &[&format!("Token {ACME_LIVE}")]),
        ("authentication/malformed", &[&format!("{bearer}, {bearer}")]),
        ("authentication/malformed", &[&bearer, &bearer]),
        ("authentication/malformed", &["Basic dXNlcjpwYXNzd29yZA==", &bearer]),
        ("authentication/key_not_found", &["Bearer rk_live_0000000000000000000000000000"]),
        ("authentication/key_not_found", &[&longer]),
        ("authentication/key_not_found", &[&bearer.replace("rk_live", "rk_test")]),
    ];
    for (code, values) in table {
        let mut call = app.post("/v2/portal.createSession", json!({ "nonsense": true }));
        for value in *values {
            call = call.header("authorization", value);
        }
        let reply = call.send().await;
        reply.expect(401, code);
        assert_eq!(reply.header_values("www-authenticate"), ["Bearer"], "{values:?}");
        reply.expect_common_headers();
        for value in values.iter().filter(|value| value.len() > 10) {
            assert!(!reply.text.contains(value), "{value} is echoed");
        }
    }
}

#[tokio::test]
async fn a_root_key_counts_in_its_header_only() {
    let app = TestApp::start(Kind::Memory).await;
    let path = format!("/v2/portal.createSession?key={ACME_LIVE}&access_token={ACME_LIVE}");
    let call = app.post(&path, json!({})).header("cookie", &format!("rootKey={ACME_LIVE}"));
    let reply = call.header("x-api-key", ACME_LIVE).send().await;
    reply.expect(401, "authentication/missing");
}

on_both_stores! {
    async fn what_a_key_may_not_see_is_not_there(app: TestApp) {
        let table = [
            (ACME_LIVE, "no-such-portal"),
            (ACME_LIVE, "umbrella-portal"),
            (ACME_TEST, "umbrella-portal"),
            (ACME_LIMITED, "my-portal"),
            (ACME_LIMITED, "disabled-portal"),
            (UMBRELLA_LIVE, "my-portal"),
            (UMBRELLA_LIVE, "disabled-portal"),
        ];
        let first = app.create_with(ACME_LIVE, json!({ "slug": "nothing-here" })).await;
        first.expect(404, "data/portal_config_not_found");
        let mischief = json!({ "permissions": ["*"], "returnUrl": "https://app.example.com/" });
        for (key, slug) in table {
            for mut fields in [json!({}), mischief.clone()] {
                fields["slug"] = json!(slug);
                let reply = app.create_with(key, fields).await;
                assert_eq!(reply.but_its_id(), first.but_its_id(), "{slug}");
            }
        }
    }

    async fn a_disabled_portal_creates_no_sessions(app: TestApp) {
        for key in [ACME_LIVE, ACME_TEST] {
            let reply = app.create_with(key, json!({ "slug": "disabled-portal" })).await;
            reply.expect(403, "authorization/forbidden");
        }
        app.create(json!({})).await;
        app.reload(in_portal("my-portal", "enabled = false"));
        app.create_with(ACME_LIVE, json!({})).await.expect(403, "authorization/forbidden");
    }

    async fn a_key_gone_by_reload_is_not_found(app: TestApp) {
        let digest = vestibule::domain::credential::Digest::of(ACME_LIVE).to_hex();
        app.reload(|config| config.replace(&digest, &"0".repeat(64)));
        app.create_with(ACME_LIVE, json!({})).await.expect(401, "authentication/key_not_found");
        assert_eq!(app.create_with(ACME_TEST, json!({})).await.status, 200, "the other keys stay");
    }
}

#[tokio::test]
async fn a_key_grants_no_more_than_its_ceiling() {
    let app = TestApp::start(Kind::Memory).await;
    // The ceiling: api.*.read_key and keys:read. A wildcard that is asked for is no part of another.
    let table = [
        (json!(["keys:read"]), 200),
        (json!(["api.prod.read_key"]), 200),
        (json!(["api.*.read_key"]), 200),
        (json!(["api.*.read_key", "api.prod.read_key", "keys:read"]), 200),
        (json!(["*"]), 403),
        (json!(["*.*"]), 403),
        (json!(["keys:*"]), 403),
        (json!(["*:read"]), 403),
        (json!(["api.*.*"]), 403),
        (json!(["*.*.read_key"]), 403),
        (json!(["keys:write"]), 403),
        (json!(["keys"]), 403),
        (json!(["keys:read:all"]), 403),
        (json!(["api.prod.eu.read_key"]), 403),
        (json!(["KEYS:READ"]), 403),
        (json!(["keys:read", "keys:write"]), 403),
    ];
    for (permissions, status) in table {
        let fields = json!({ "slug": "second-portal", "permissions": permissions });
        let reply = app.create_with(ACME_LIMITED, fields.clone()).await;
        assert_eq!(reply.status, status, "{permissions}: {}", reply.text);
        if status == 403 {
            reply.expect(403, "authorization/insufficient_permissions");
            assert_eq!(reply.json()["data"], Value::Null);
        }
        assert_eq!(app.create_with(ACME_LIVE, fields).await.status, 200, "this key has no ceiling");
    }
}

#[tokio::test]
async fn a_session_carries_what_was_asked_for_not_the_ceiling() {
    let app = TestApp::start(Kind::Memory).await;
    let fields = json!({ "slug": "second-portal", "permissions": ["api.prod.read_key"] });
    let created = app.create_with(ACME_LIMITED, fields).await.data();
    let exchanged = app.exchange(text(&created["sessionId"])).await.data();
    assert_eq!(exchanged["session"]["permissions"], json!(["api.prod.read_key"]));
}
