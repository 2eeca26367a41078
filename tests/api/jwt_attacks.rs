//! The corpus of attacks on signed tokens: each is refused by the gateway, by a page's call and by a backend's, and the
//! operator learns why. Those that are accepted do no harm.

use serde_json::json;

use crate::direct::{NOT_FOUND, open, refused, with_reasons};
use crate::support::app::{ACME_LIVE, Kind, SIGNING_KEY_FILE, TestApp, text};
use crate::support::attacks::{Attack, Attacker, corpus};
use crate::support::forge::Key;

/// By Bearer where a header can hold it, and in a backend's call.
async fn does_nothing(app: &TestApp, attack: &Attack, token: &str) {
    let reason = attack.reason.as_deref().expect("a reason");
    if reqwest::header::HeaderValue::from_str(token).is_ok() {
        assert!(!app.accepts(token).await, "{}", attack.name);
        for path in ["/v2/portal.getSession", "/v2/portal.authorize"] {
            refused(app, app.get(path).bearer(token), NOT_FOUND, reason).await;
        }
    }
    // What the gateway has signed itself names its session, whatever else it says; the session's own backend may end it.
    if ["other_audience", "expired"].contains(&reason) {
        return;
    }
    let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "token": token })).await;
    // A 200 would say that the session is over.
    if revoked.status == 413 {
        revoked.expect(413, "bad_request/request_body_too_large");
    } else {
        assert_eq!(
            (revoked.status, revoked.locations()),
            (400, vec!["body.token".to_owned()]),
            "{}",
            attack.name
        );
    }
}

async fn no_attack_opens_a_session(kind: Kind) {
    let app = with_reasons(kind).await;
    let opened = open(&app, ACME_LIVE, json!({ "format": "jwt" })).await;
    let genuine = text(&opened["token"]);
    let attacker = Attacker::of(&app, Key::of_file(SIGNING_KEY_FILE), genuine).await;
    let mut harmless = Vec::new();
    for attack in corpus() {
        let token = attacker.token(&attack);
        assert_ne!(token, genuine, "{}", attack.name);
        match &attack.accepted {
            Some(why) => {
                assert!(app.accepts(&token).await, "{}: {why}", attack.name);
                harmless.push(token);
            }
            None => does_nothing(&app, &attack, &token).await,
        }
    }
    assert!(app.accepts(genuine).await);
    app.backend(ACME_LIVE, "revokeSession", json!({ "id": opened["id"] })).await;
    for token in harmless.iter().map(String::as_str).chain([genuine]) {
        assert!(!app.accepts(token).await, "what is accepted ends with its session");
    }
}

#[tokio::test]
async fn no_attack_opens_a_session_on_memory() {
    no_attack_opens_a_session(Kind::Memory).await;
}

#[tokio::test]
async fn no_attack_opens_a_session_on_redis() {
    no_attack_opens_a_session(Kind::Redis).await;
}
