//! `portal.getToken`, `authorize?assertion=true` and the key set: tokens that others check without asking the gateway.

use std::time::Duration;

use jsonwebtoken::{DecodingKey, Validation, decode, jwk::JwkSet};
use reqwest::Method;
use serde_json::{Value, json};

use crate::authorize::{authorize, told};
use crate::direct::{open, token};
use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Call, Kind, PAGE, Reply, SECOND_PAGE, TestApp, in_portal, text};
use crate::support::forge::claims_of;

const GET_TOKEN: &str = "/v2/portal.getToken";

/// What an API learns that knows only the key set.
async fn checked(app: &TestApp, token: &str, audience: &str) -> Value {
    let keys: JwkSet =
        serde_json::from_value(app.get("/.well-known/jwks.json").send().await.json()).expect("keys");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = keys.find(header.kid.as_deref().expect("a kid")).expect("the key is published");
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES256);
    validation.set_audience(&[audience]);
    validation.set_issuer(&["https://sessions.example.com"]);
    // The tests' clock is not this machine's.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).expect("a key");
    decode::<Value>(token, &key, &validation).expect("it is good").claims
}

fn issued(reply: &Reply) -> (String, Value) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.expect_common_headers();
    let data = reply.data();
    let names: Vec<_> = data.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["token", "expiresAt", "expiresIn"]);
    let token = text(&data["token"]).to_owned();
    let claims = claims_of(&token);
    assert_eq!(data["expiresAt"].as_u64(), claims["exp"].as_u64().map(|seconds| seconds * 1_000));
    (token, claims)
}

on_both_stores! {
    async fn by_cookie_and_by_bearer(app: TestApp) {
        let (id, browser) = app.sign_in(ACME_LIVE, json!({ "email": "jane@example.com" })).await;
        let page = |method: Method| app.call(method, GET_TOKEN).cookie(&browser).header("origin", PAGE);
        let calls = [
            app.get(GET_TOKEN).cookie(&browser),
            page(Method::GET),
            Call(page(Method::POST).0.json(&json!({}))),
            app.get(GET_TOKEN).bearer(&browser),
            app.get(&format!("{GET_TOKEN}?slug=my-portal")).bearer(&browser),
        ];
        for call in calls {
            let (token, claims) = issued(&call.send().await);
            assert_eq!(checked(&app, &token, "my-portal").await, claims);
            assert_eq!((&claims["jti"], &claims["sub"]), (&json!(id), &json!("user_123")));
            assert_eq!((&claims["token_use"], &claims["email"]), (&json!("call"), &json!("jane@example.com")));
            let life = claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(end, begin)| end - begin);
            assert_eq!(life, Some(300));
        }
        for format in crate::direct::formats() {
            let direct = token(&app, format).await;
            let (token, claims) = issued(&app.get(GET_TOKEN).bearer(&direct).send().await);
            assert_eq!(checked(&app, &token, "direct-portal").await["token_use"], "call", "{claims}");
        }
    }

    async fn who_gets_none(app: TestApp) {
        let browser = app.signed_in(json!({})).await;
        app.get(GET_TOKEN).send().await.expect(401, "authentication/portal_token_missing");
        app.get(GET_TOKEN).bearer("x").send().await.expect(401, "authentication/portal_session_not_found");
        for origin in ["null", "https://evil.example", "https://portal.example.com:8443"] {
            let reply = app.get(&format!("{GET_TOKEN}?slug=my-portal")).cookie(&browser).header("origin", origin).send().await;
            reply.expect(403, "authorization/forbidden");
            assert!(reply.cors_headers().is_empty(), "{origin}");
        }
        let body = app.post(GET_TOKEN, json!({ "audience": "x" })).bearer(&browser).send().await;
        body.expect(400, "application/invalid_input");
        assert_eq!(body.locations(), ["body.audience"]);
        app.backend(ACME_LIVE, "revokeSession", json!({ "externalId": "user_123" })).await;
        app.get(GET_TOKEN).cookie(&browser).send().await.expect(401, "authentication/portal_session_not_found");
    }

    async fn a_page_of_another_portal_cannot_read_it(app: TestApp) {
        let browser = app.signed_in(json!({})).await;
        let reply = app.get(GET_TOKEN).bearer(&browser).header("origin", SECOND_PAGE).send().await;
        assert!(reply.cors_headers().is_empty(), "{:?}", reply.headers);
        let reply = app.get(GET_TOKEN).bearer(&browser).header("origin", PAGE).send().await;
        assert_eq!(reply.header_values("access-control-allow-origin"), [PAGE]);
    }

    async fn it_is_no_credential_at_the_gateway(app: TestApp) {
        let browser = app.signed_in(json!({})).await;
        let (issued, _) = issued(&app.get(GET_TOKEN).bearer(&browser).send().await);
        let assertion = authorize(&app, "?assertion=true").bearer(&browser).send().await;
        for token in [&*issued, assertion.header("portal-assertion")] {
            assert!(!app.accepts(token).await);
            let not_found = "authentication/portal_session_not_found";
            for call in [
                app.get(GET_TOKEN).bearer(token),
                app.get(GET_TOKEN).cookie(token),
                app.post("/v2/portal.endSession", json!({})).bearer(token),
                authorize(&app, "?slug=my-portal").bearer(token),
                app.exchanging(token),
            ] {
                call.send().await.expect(401, not_found);
            }
            let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "token": token })).await;
            // Who has only this token cannot end the session with it, and is told so.
            assert_eq!((revoked.status, revoked.locations()), (400, vec!["body.token".to_owned()]));
            let as_key = app.backend(token, "listSessions", json!({})).await;
            as_key.expect(401, "authentication/malformed");
        }
        assert!(app.accepts(&browser).await);
    }

    async fn an_assertion_goes_with_the_headers(app: TestApp) {
        let direct = open(&app, ACME_LIVE, json!({})).await;
        let (id, browser) = app.sign_in(ACME_LIVE, json!({})).await;
        let calls = [
            ("my-portal", &json!(id), authorize(&app, "?slug=my-portal&assertion=true").cookie(&browser)),
            ("direct-portal", &direct["id"], authorize(&app, "?assertion=true").bearer(text(&direct["token"]))),
        ];
        for (audience, id, call) in calls {
            // What a client sends is not passed on.
            let reply = call.header("portal-assertion", "forged").send().await;
            told(&reply);
            assert_eq!(reply.header_values("portal-assertion").len(), 1);
            let claims = checked(&app, reply.header("portal-assertion"), audience).await;
            assert_eq!((&claims["jti"], &claims["token_use"]), (id, &json!("assertion")));
            let life = claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(end, begin)| end - begin);
            assert_eq!(life, Some(60));
        }
        for query in ["", "?assertion=false", "?assertion=", "?assertion=1"] {
            let reply = authorize(&app, query).bearer(&browser).send().await;
            told(&reply);
            assert!(!reply.headers.contains_key("portal-assertion"), "{query}");
        }
        let refused = authorize(&app, "?slug=my-portal&assertion=true&permission=keys:write").bearer(&browser).send().await;
        refused.expect(403, "authorization/insufficient_permissions");
        assert!(!refused.headers.contains_key("portal-assertion"));
        let preflight = app.call(Method::OPTIONS, "/v2/portal.authorize?slug=my-portal&assertion=true&preflight=allow");
        let preflight = preflight.header("origin", PAGE).header("access-control-request-method", "PUT").send().await;
        assert_eq!((preflight.status, preflight.header_values("portal-assertion")), (200, vec![""]));
    }

    async fn a_signature_is_kept_for_half_its_life(app: TestApp) {
        // Each worker keeps its own; one connection stays at one worker.
        let browser = app.signed_in(json!({})).await;
        let (first, claims) = issued(&app.get(GET_TOKEN).bearer(&browser).send().await);
        app.forward(Duration::from_secs(149));
        let (later, _) = issued(&app.get(GET_TOKEN).bearer(&browser).send().await);
        app.forward(Duration::from_secs(1));
        let (fresh, later_claims) = issued(&app.get(GET_TOKEN).bearer(&browser).send().await);
        assert_eq!(first, later);
        assert_ne!(first, fresh);
        assert_eq!(later_claims["exp"].as_u64(), claims["exp"].as_u64().map(|end| end + 150));
    }

    async fn the_key_set_may_be_cached_and_holds_no_private_key(app: TestApp) {
        let reply = app.get("/.well-known/jwks.json").send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header_values("cache-control"), ["public, max-age=300"]);
        assert_eq!(reply.header_values("content-type"), ["application/jwk-set+json"]);
        assert_eq!(reply.header_values("x-content-type-options"), ["nosniff"]);
        assert!(!reply.headers.contains_key("pragma") && !reply.headers.contains_key("set-cookie"));
        let keys = reply.json();
        let [key] = &keys["keys"].as_array().expect("a list")[..] else { panic!("{keys}") };
        let mut names: Vec<_> = key.as_object().expect("an object").keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        assert_eq!((&key["kty"], &key["crv"], &key["alg"], &key["use"]), (&json!("EC"), &json!("P-256"), &json!("ES256"), &json!("sig")));
        app.post("/.well-known/jwks.json", json!({})).send().await.expect(405, "bad_request/method_not_allowed");
    }
}

#[tokio::test]
async fn a_portal_sets_the_life_and_the_audience() {
    let tokens =
        in_portal("my-portal", "tokens = { ttl_seconds = 30, audience = \"https://api.example.com\" }");
    let app = TestApp::start_with(Kind::Memory, tokens).await;
    let browser = app.signed_in(json!({})).await;
    let reply = app.get(GET_TOKEN).bearer(&browser).send().await;
    let (token, claims) = issued(&reply);
    assert_eq!(reply.data()["expiresIn"], 30);
    assert_eq!(checked(&app, &token, "https://api.example.com").await, claims);
    let reply = authorize(&app, "?assertion=true").bearer(&browser).send().await;
    let claims = claims_of(reply.header("portal-assertion"));
    assert_eq!(claims["exp"].as_u64().zip(claims["iat"].as_u64()).map(|(end, begin)| end - begin), Some(30));
}
