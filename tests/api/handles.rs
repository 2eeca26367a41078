//! A handle may be logged and passed around: it tells nothing of its session's credential.

use serde_json::{Value, json};

use crate::support::app::{ACME_LIVE, Kind, TestApp, in_portal, text};

/// The number that these digits stand for, modulo 256, which divides 62^8.
fn low_byte(digits: &str) -> usize {
    const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    digits.chars().fold(0, |total, digit| (total * 62 + BASE62.find(digit).expect("a digit")) % 256)
}

/// With an `Idempotency-Key` both are derived, from the same key and request.
async fn opened(app: &TestApp, user: usize) -> Value {
    let body = json!({
        "slug": "my-portal", "externalId": format!("user_{user}"), "permissions": ["keys:read"],
    });
    let call = app.post("/v2/portal.createSessionToken", body).bearer(ACME_LIVE);
    let reply = call.header("idempotency-key", "7b8e9c6e-1f0a-4d6c-9b1e-2f3a4b5c6d7e").send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data().clone()
}

#[tokio::test]
async fn a_handle_is_not_made_of_the_bytes_that_its_token_is_made_of() {
    let app = TestApp::start_with(Kind::Memory, in_portal("my-portal", "direct = true")).await;
    let mut alike = 0;
    for user in 0..16 {
        let opened = opened(&app, user).await;
        let (token, id) = (text(&opened["token"]), text(&opened["id"]));
        let random = &token[token.len() - 39..token.len() - 6];
        alike += usize::from(low_byte(random) == low_byte(&id[id.len() - 8..]));
        assert_eq!(self::opened(&app, user).await["id"], opened["id"], "a repeat finds the same session");
    }
    assert!(alike < 4, "{alike} of 16 handles show a byte of their token");
}
