//! Credentials that come through the wrong door, or are of somebody else: each is refused, and the operator learns the
//! true reason.

use serde_json::{Value, json};

use crate::direct::{NOT_FOUND, formats, open, refused, token, with_reasons};
use crate::support::app::{
    ACME_LIVE, ACME_TEST, DIRECT_PAGE, Kind, SIGNING_KEY_FILE, TestApp, mistyped, text,
};
use crate::support::forge::{Key, claims_of, header_of};

/// The same check on both stores, on a gateway that counts reasons.
macro_rules! told_to_the_operator {
    ($(async fn $name:ident($app:ident: TestApp) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn check($app: TestApp) $body

            #[tokio::test]
            async fn memory() {
                check(with_reasons(Kind::Memory).await).await;
            }

            #[tokio::test]
            async fn redis() {
                check(with_reasons(Kind::Redis).await).await;
            }
        }
    )*};
}

const ASKING: [&str; 3] = ["/v2/portal.getSession", "/v2/portal.getToken", "/v2/portal.authorize"];

fn cookie_of_direct_portal(token: &str) -> String {
    format!("__Host-portal_session_direct-portal={token}")
}

/// A genuine token's claims with some of them replaced, signed by the gateway's own key.
fn resigned(token: &str, changes: &Value) -> String {
    let mut claims = claims_of(token);
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    Key::of_file(SIGNING_KEY_FILE).token(&header_of(token).to_string(), &claims.to_string())
}

told_to_the_operator! {
    async fn a_direct_token_in_a_cookie(app: TestApp) {
        let opaque = token(&app, json!({})).await;
        let jwt = token(&app, json!({ "format": "jwt" })).await;
        for path in ASKING {
            for (token, reason) in [(&opaque, "direct_token_in_cookie"), (&jwt, "direct_token_in_cookie")] {
                let call = app.get(path).header("cookie", &cookie_of_direct_portal(token));
                refused(&app, call, NOT_FOUND, reason).await;
            }
        }
        let end = app.post("/v2/portal.endSession", json!({})).header("sec-fetch-site", "same-origin");
        let end = end.header("cookie", &cookie_of_direct_portal(&opaque));
        refused(&app, end, NOT_FOUND, "direct_token_in_cookie").await;
        assert!(app.accepts(&opaque).await);
    }

    async fn a_browser_token_from_a_page_of_a_direct_portal(app: TestApp) {
        let (_, browser) = app.sign_in(ACME_LIVE, json!({ "slug": "direct-portal" })).await;
        for path in ASKING {
            for (name, value) in [("origin", DIRECT_PAGE), ("sec-fetch-site", "same-origin")] {
                let call = app.get(path).bearer(&browser).header(name, value);
                refused(&app, call, NOT_FOUND, "browser_token_from_page").await;
            }
            // In its cookie, or of a program, it is where it belongs.
            let in_cookie = app.get(path).header("cookie", &cookie_of_direct_portal(&browser));
            assert_eq!(in_cookie.header("origin", DIRECT_PAGE).send().await.status, 200, "{path}");
            assert_eq!(app.get(path).bearer(&browser).send().await.status, 200, "{path}");
        }
    }

    async fn a_ticket_where_a_token_belongs(app: TestApp) {
        let created = app.create(json!({ "slug": "direct-portal" })).await;
        let ticket = text(&created["sessionId"]);
        for path in ASKING {
            refused(&app, app.get(path).bearer(ticket), NOT_FOUND, "ticket_as_token").await;
            let call = app.get(path).header("cookie", &cookie_of_direct_portal(ticket));
            refused(&app, call, NOT_FOUND, "ticket_as_token").await;
        }
        assert_eq!(app.exchange(ticket).await.status, 200, "none of them spent it");
    }

    async fn a_root_key_where_a_token_belongs(app: TestApp) {
        for path in ASKING {
            let reply = refused(&app, app.get(path).bearer(ACME_LIVE), NOT_FOUND, "root_key_as_token").await;
            assert!(text(&reply.error()["detail"]).contains("at the gateway's own address"), "{path}");
        }
    }

    async fn a_token_where_a_ticket_belongs(app: TestApp) {
        for format in formats() {
            let token = token(&app, format).await;
            refused(&app, app.exchanging(&token), NOT_FOUND, "malformed").await;
            assert!(app.accepts(&token).await);
        }
    }

    async fn a_token_that_was_altered(app: TestApp) {
        let opaque = token(&app, json!({})).await;
        refused(&app, app.get(ASKING[0]).bearer(&mistyped(&opaque)), NOT_FOUND, "malformed").await;
        let jwt = token(&app, json!({ "format": "jwt" })).await;
        let parts: Vec<_> = jwt.split('.').collect();
        let claims = claims_of(&jwt).to_string().replace("user_123", "user_124");
        let other_user = format!("{}.{}.{}", parts[0], crate::support::forge::encoded(claims.as_bytes()), parts[2]);
        refused(&app, app.get(ASKING[0]).bearer(&other_user), NOT_FOUND, "signature_invalid").await;
    }

    async fn a_jwt_that_says_something_else_than_its_session(app: TestApp) {
        let jwt = token(&app, json!({ "format": "jwt" })).await;
        let of_test = claims_of(text(&open(&app, ACME_TEST, json!({ "format": "jwt" })).await["token"]));
        let end = claims_of(&jwt)["exp"].as_u64().expect("seconds");
        let unknown = format!("sess_{}", "0".repeat(32));
        let table = [
            (json!({ "iss": "https://evil.example" }), "other_issuer"),
            (json!({ "iss": "https://sessions.example.com/" }), "other_issuer"),
            (json!({ "aud": "my-portal" }), "other_audience"),
            (json!({ "aud": ["direct-portal"] }), "malformed"),
            (json!({ "environment": "test" }), "other_environment"),
            (json!({ "environment": "prod" }), "malformed"),
            (json!({ "jti": of_test["jti"], "exp": of_test["exp"] }), "other_environment"),
            (json!({ "sub": "user_124" }), "unknown"),
            (json!({ "jti": unknown }), "unknown"),
            (json!({ "jti": "x" }), "malformed"),
            (json!({ "token_use": "call" }), "other_purpose"),
            (json!({ "token_use": "assertion" }), "other_purpose"),
            (json!({ "token_use": "admin" }), "malformed"),
            (json!({ "exp": end + 1 }), "expired"),
            (json!({ "exp": end - 1 }), "expired"),
            (json!({ "exp": u64::MAX }), "expired"),
            (json!({ "exp": end.to_string() }), "malformed"),
        ];
        for (changes, reason) in table {
            let call = app.get(ASKING[0]).bearer(&resigned(&jwt, &changes));
            refused(&app, call, NOT_FOUND, reason).await;
        }
        let stranger = Key::of_a_stranger().token(&header_of(&jwt).to_string(), &claims_of(&jwt).to_string());
        refused(&app, app.get(ASKING[0]).bearer(&stranger), NOT_FOUND, "signature_invalid").await;
        assert!(app.accepts(&resigned(&jwt, &json!({}))).await, "the table's tokens are good but for the change");
    }

    async fn a_session_of_another_portal(app: TestApp) {
        for format in formats() {
            let token = token(&app, format).await;
            for path in ASKING {
                let call = app.get(&format!("{path}?slug=my-portal")).bearer(&token);
                refused(&app, call, NOT_FOUND, "other_portal").await;
                assert_eq!(app.get(&format!("{path}?slug=direct-portal")).bearer(&token).send().await.status, 200);
            }
        }
    }

    async fn a_token_for_others_to_check(app: TestApp) {
        let jwt = token(&app, json!({ "format": "jwt" })).await;
        let call = app.get("/v2/portal.getToken").bearer(&jwt).send().await.data();
        let assertion = app.get("/v2/portal.authorize?assertion=true").bearer(&jwt).send().await;
        for issued in [text(&call["token"]), assertion.header("portal-assertion")] {
            for path in ASKING {
                refused(&app, app.get(path).bearer(issued), NOT_FOUND, "other_purpose").await;
            }
        }
    }

    async fn what_is_over(app: TestApp) {
        for format in formats() {
            let opened = open(&app, ACME_LIVE, format.clone()).await;
            app.backend(ACME_LIVE, "revokeSession", json!({ "id": opened["id"] })).await;
            refused(&app, app.get(ASKING[0]).bearer(text(&opened["token"])), NOT_FOUND, "revoked").await;
            let ended = token(&app, format.clone()).await;
            assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await.status, 200);
            refused(&app, app.get(ASKING[0]).bearer(&ended), NOT_FOUND, "ended").await;
        }
    }

    async fn direct_switched_off(app: TestApp) {
        for format in formats() {
            let token = token(&app, format).await;
            app.reload(|config| config.replace("direct = true", "direct = false"));
            for path in ASKING {
                refused(&app, app.get(path).bearer(&token), NOT_FOUND, "not_direct").await;
            }
            app.reload(|config| config);
            assert!(app.accepts(&token).await, "nothing was lost by it");
        }
    }
}
