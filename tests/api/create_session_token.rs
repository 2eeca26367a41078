//! `portal.createSessionToken`: a direct session at once, its token in both formats, and who may not have one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::direct::{FORBIDDEN, formats, open, opening};
use crate::on_both_stores;
use crate::support::app::{
    ACME_LIMITED, ACME_LIVE, ACME_TEST, Kind, TestApp, UMBRELLA_LIVE, in_portal, text, without_signing_key,
};
use crate::support::forge::{claims_of, header_of};

const KEY: &str = "7b8e9c6e-1f0a-4d6c-9b1e-2f3a4b5c6d7e";

async fn sessions(app: &TestApp) -> usize {
    let user = json!({ "slug": "direct-portal", "externalId": "user_123" });
    let listed = app.backend(ACME_LIVE, "listSessions", user).await.data();
    listed.as_array().expect("a list").len()
}

on_both_stores! {
    async fn a_session_is_there_at_once(app: TestApp) {
        for format in formats() {
            let opened = open(&app, ACME_LIVE, format.clone()).await;
            let names: Vec<_> = opened.as_object().expect("an object").keys().map(String::as_str).collect();
            assert_eq!(names, ["token", "id", "expiresAt", "expiresIn", "environment", "warnings"]);
            assert_eq!((&opened["environment"], &opened["warnings"]), (&json!("live"), &json!([])));
            let session = app.get("/v2/portal.getSession").bearer(text(&opened["token"])).send().await.data();
            assert_eq!(session["id"], opened["id"]);
            assert_eq!(session["expiresAt"], opened["expiresAt"]);
            assert!(session.get("exchangedAt").is_none(), "nothing was exchanged: {session}");
            assert_eq!(session["returnUrl"], "https://app.example.com/direct");
        }
    }

    async fn an_hour_unless_it_says_otherwise(app: TestApp) {
        for (fields, seconds) in [(json!({}), 3_600), (json!({ "ttlSeconds": 60 }), 60), (json!({ "ttlSeconds": 86_400 }), 86_400)] {
            let opened = open(&app, ACME_LIVE, fields).await;
            let session = app.get("/v2/portal.getSession").bearer(text(&opened["token"])).send().await.data();
            let life_ms = |of: &Value| opened["expiresAt"].as_u64().zip(of.as_u64()).map(|(end, begin)| end - begin);
            assert_eq!(opened["expiresIn"], seconds);
            assert_eq!(life_ms(&session["createdAt"]), Some(seconds * 1_000));
        }
    }

    async fn the_tokens_form_follows_the_key_and_the_format(app: TestApp) {
        for (key, environment) in [(ACME_LIVE, "live"), (ACME_TEST, "test")] {
            let opaque = open(&app, key, json!({})).await;
            assert_eq!(opaque["environment"], environment);
            let token = text(&opaque["token"]);
            let random = token.strip_prefix(&format!("pt_{environment}_")).expect("its prefix");
            assert!(random.len() == 55 && random.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{token}");
            let jwt = open(&app, key, json!({ "format": "jwt" })).await;
            let claims = claims_of(text(&jwt["token"]));
            assert_eq!((&claims["environment"], &claims["jti"]), (&json!(environment), &jwt["id"]));
        }
    }

    async fn a_jwt_says_all_of_its_session(app: TestApp) {
        let fields = json!({
            "format": "jwt", "email": "jane@example.com", "externalOrganizationId": "org_7", "preview": true,
            "metadata": { "plan": "pro" }, "ttlSeconds": 600,
        });
        let opened = open(&app, ACME_LIVE, fields).await;
        let token = text(&opened["token"]);
        let header = header_of(token);
        assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("JWT")));
        let keys = app.get("/.well-known/jwks.json").send().await.json();
        assert_eq!(header["kid"], keys["keys"][0]["kid"]);
        assert_eq!(header.as_object().map(serde_json::Map::len), Some(3), "{header}");
        let mut claims = claims_of(token);
        let end = claims["exp"].as_u64().expect("seconds");
        assert_eq!(opened["expiresAt"].as_u64().map(|ms| ms / 1_000), Some(end));
        assert_eq!(claims["iat"].as_u64(), Some(end - 600));
        for time in ["iat", "exp"] {
            claims.as_object_mut().expect("an object").remove(time);
        }
        let expected = json!({
            "iss": "https://sessions.example.com", "aud": "direct-portal", "sub": "user_123", "jti": opened["id"],
            "environment": "live", "permissions": ["api.*.read_key", "api.*.read_analytics"], "org": "org_7",
            "email": "jane@example.com", "preview": true, "token_use": "session",
        });
        assert_eq!(claims, expected, "and nothing else, not even the metadata");
    }

    async fn fields_are_those_of_create_session(app: TestApp) {
        let fields = json!({
            "slug": "-", "externalId": "", "permissions": [], "preview": 1, "returnUrl": "/x", "ttlSeconds": 59,
            "email": "jane", "externalOrganizationId": "", "metadata": 1, "format": "JWT", "surplus": 1,
        });
        let reply = opening(&app, ACME_LIVE, fields).send().await;
        reply.expect(400, "application/invalid_input");
        let mut locations = reply.locations();
        locations.sort();
        let names = [
            "email", "externalId", "externalOrganizationId", "format", "metadata", "permissions", "preview", "returnUrl",
            "slug", "surplus", "ttlSeconds",
        ];
        assert_eq!(locations, names.map(|name| format!("body.{name}")));
        for format in [json!(""), json!("jws"), json!(7), json!(["jwt"])] {
            let reply = opening(&app, ACME_LIVE, json!({ "format": format })).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["body.format"]);
        }
        assert_eq!(opening(&app, ACME_LIVE, json!({ "format": null })).send().await.status, 200);
        assert_eq!(sessions(&app).await, 1);
    }

    async fn who_may_not_open_one(app: TestApp) {
        let table = [
            (ACME_LIVE, "my-portal", FORBIDDEN),
            (ACME_LIVE, "no-such-portal", (404, "data/portal_config_not_found")),
            (ACME_LIMITED, "direct-portal", (404, "data/portal_config_not_found")),
            (UMBRELLA_LIVE, "direct-portal", (404, "data/portal_config_not_found")),
            (ACME_LIVE, "disabled-portal", FORBIDDEN),
            ("rk_live_nobody00000000000000000000000000nobody", "direct-portal", (401, "authentication/key_not_found")),
        ];
        for (key, slug, code) in table {
            let reply = opening(&app, key, json!({ "slug": slug })).send().await;
            reply.expect(code.0, code.1);
        }
        let reply = opening(&app, ACME_LIVE, json!({ "slug": "my-portal" })).send().await;
        assert!(text(&reply.error()["detail"]).contains("direct = true"), "{}", reply.text);
        app.post("/v2/portal.createSessionToken", json!({})).send().await.expect(401, "authentication/missing");
        let above = opening(&app, ACME_LIMITED, json!({ "slug": "second-portal", "permissions": ["keys:write"] }));
        above.send().await.expect(403, "authorization/insufficient_permissions");
    }

    async fn it_ends_at_its_time(app: TestApp) {
        for format in formats() {
            let token = crate::direct::token(&app, format).await;
            app.forward(Duration::from_secs(3_590));
            assert!(app.accepts(&token).await);
            app.forward(Duration::from_secs(11));
            assert!(!app.accepts(&token).await);
        }
    }

    async fn a_user_can_end_it(app: TestApp) {
        for format in formats() {
            let token = crate::direct::token(&app, format).await;
            let ended = app.post("/v2/portal.endSession", json!({})).bearer(&token).send().await;
            assert_eq!((ended.status, ended.data()["returnUrl"].clone()), (200, json!("https://app.example.com/direct")));
            assert!(!app.accepts(&token).await);
        }
        assert_eq!(sessions(&app).await, 0);
    }

    async fn a_repeat_with_the_same_key_opens_no_second_session(app: TestApp) {
        for (index, format) in formats().into_iter().enumerate() {
            let call = |fields: Value| {
                let mut all = format.clone();
                for (name, value) in fields.as_object().expect("an object") {
                    all[name] = value.clone();
                }
                opening(&app, ACME_LIVE, all).header("idempotency-key", &format!("{KEY}{index}"))
            };
            let (first, second) = tokio::join!(call(json!({})).send(), call(json!({})).send());
            app.forward(Duration::from_secs(50));
            let late = call(json!({})).send().await;
            for reply in [&first, &second, &late] {
                assert_eq!(reply.status, 200, "{}", reply.text);
                assert_eq!(reply.data()["id"], first.data()["id"]);
                assert!(app.accepts(text(&reply.data()["token"])).await);
            }
            assert_eq!(sessions(&app).await, 1, "a lost reply leaves one session");

            // Another request under the same key is another request.
            let others = [
                json!({ "externalId": "user_7" }),
                json!({ "metadata": { "plan": "pro" } }),
                json!({ "email": "jane@example.com" }),
                json!({ "ttlSeconds": 7_200 }),
            ];
            for fields in others {
                let other = call(fields.clone()).send().await;
                assert_eq!(other.status, 200, "{fields}: {}", other.text);
                assert_ne!(other.data()["id"], first.data()["id"], "{fields}");
            }
            app.backend(ACME_LIVE, "revokeSession", json!({ "id": first.data()["id"] })).await;
            let repeat = call(json!({})).send().await;
            // A repeat never brings back what was revoked.
            repeat.expect(400, "application/invalid_input");
            assert_eq!(repeat.locations(), ["header.Idempotency-Key"]);
            app.backend(ACME_LIVE, "revokeSession", json!({ "externalId": "user_123" })).await;
        }
    }

    async fn an_idempotency_key_of_the_wrong_form_opens_nothing(app: TestApp) {
        for key in ["short", "0123456789 abcdef"] {
            let reply = opening(&app, ACME_LIVE, json!({})).header("idempotency-key", key).send().await;
            reply.expect(400, "application/invalid_input");
            assert_eq!(reply.locations(), ["header.Idempotency-Key"]);
        }
        assert_eq!(sessions(&app).await, 0);
    }
}

/// In memory the gateway makes a key of its own.
#[tokio::test]
async fn without_a_signing_key_redis_gives_opaque_tokens_alone() {
    let app = TestApp::start_with(Kind::Redis, without_signing_key).await;
    let reply = opening(&app, ACME_LIVE, json!({ "format": "jwt" })).send().await;
    reply.expect(FORBIDDEN.0, FORBIDDEN.1);
    assert!(text(&reply.error()["detail"]).contains("tokens.signing_key_files"), "{}", reply.text);
    assert_eq!(sessions(&app).await, 0, "refused before anything was stored");
    assert_eq!(app.get("/.well-known/jwks.json").send().await.json(), json!({ "keys": [] }));
    let opaque = open(&app, ACME_LIVE, json!({})).await;
    let token = text(&opaque["token"]);
    for path in ["/v2/portal.getToken", "/v2/portal.authorize?assertion=true"] {
        let reply = app.get(path).bearer(token).send().await;
        reply.expect(FORBIDDEN.0, FORBIDDEN.1);
        assert!(
            text(&reply.error()["detail"]).contains("tokens.signing_key_files"),
            "{path}: {}",
            reply.text
        );
    }

    let app = TestApp::start_with(Kind::Memory, without_signing_key).await;
    let jwt = open(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
    assert!(app.accepts(text(&jwt["token"])).await);
}

#[tokio::test]
async fn a_portal_can_name_another_audience() {
    let audience = in_portal("direct-portal", "tokens = { audience = \"https://api.example.com\" }");
    let app = TestApp::start_with(Kind::Memory, audience).await;
    let opened = open(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
    assert_eq!(claims_of(text(&opened["token"]))["aud"], "https://api.example.com");
    assert!(app.accepts(text(&opened["token"])).await);
}
