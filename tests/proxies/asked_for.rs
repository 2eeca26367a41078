//! What the gateway tells a portal only where it is asked: email, metadata, and an assertion. All of it comes from the
//! gateway, never from a client.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::passing::ON_REQUEST;
use super::proxy::Kind;
use super::stage::Stage;
use crate::support::app::text;
use crate::support::echo::Seen;

pub async fn email_metadata_and_assertion_come_from_the_gateway_alone(kind: Kind) {
    let stage = Stage::asking_for_more(kind).await;
    let fields =
        json!({ "email": "jane@example.com", "metadata": { "plan": "pro" }, "permissions": ["admin:read"] });
    let (told, untold) = (
        stage.gateway.signed_in(fields).await,
        stage.gateway.signed_in(json!({ "permissions": ["admin:read"] })).await,
    );
    for path in ["/", "/admin/users"] {
        for (token, expected) in [(&told, ["jane@example.com", "{\"plan\":\"pro\"}"]), (&untold, ["", ""])] {
            for forged in ON_REQUEST {
                let reply = stage.get(path).cookie(token).header(forged, "forged").send();
                assert_eq!(reply.status, 200, "{}", reply.text);
                let seen = stage.portal.take_one();
                assert_eq!(["portal-email", "portal-metadata"].map(|name| seen.header(name)), expected);
                let claims = asserted(&seen);
                assert_eq!(claims["jti"], seen.header("portal-session-id"));
                assert_eq!([&claims["aud"], &claims["token_use"]], ["my-portal", "assertion"]);
                assert_eq!(claims["permissions"], json!(["admin:read"]));
                let seconds = |name: &str| claims[name].as_u64().expect("seconds");
                assert!(seconds("exp") - seconds("iat") <= 60, "{claims}");
            }
        }
    }
}

/// The claims of the one assertion that came through. That its signature is good is not the proxy's doing.
fn asserted(seen: &Seen) -> Value {
    let [token] = seen.all("portal-assertion")[..] else { panic!("not one assertion: {seen:#?}") };
    let claims = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON")
}

/// A preflight, of which nothing is known.
pub async fn nobody_has_an_assertion(kind: Kind) {
    let stage = Stage::asking_for_more(kind).await;
    for forged in ON_REQUEST {
        let preflight = stage.call("OPTIONS", "/").header("Origin", "https://app.example.com");
        let preflight = preflight.header("Access-Control-Request-Method", "PUT");
        assert_eq!(preflight.header(forged, "forged").fetch().send().status, 200);
        let seen = stage.portal.take_one();
        assert!(ON_REQUEST.iter().all(|name| seen.header(name).is_empty()), "{seen:#?}");
    }
}

/// As large as fits into a body of 16 KiB: 40 KiB of headers for the portal.
pub async fn the_largest_session_passes_with_its_assertion(kind: Kind) {
    let stage = Stage::asking_for_more(kind).await;
    let longest = "\u{1F600}".repeat(256);
    let permissions: Vec<String> = (100..140).map(|number| "p".repeat(253) + &number.to_string()).collect();
    let fields = json!({
        "externalId": longest,
        "externalOrganizationId": longest,
        "email": format!("jane@{}.example.com", ["e"; 100].join(".")),
        "permissions": permissions,
        "metadata": { "text": "\u{e9}".repeat(1_000) },
    });
    let created = stage.gateway.create(fields).await;
    let token = stage.gateway.exchange(text(&created["sessionId"])).await.data()["token"].clone();
    let seen = stage.passes("/", text(&token));
    assert_eq!(asserted(&seen)["permissions"], json!(permissions));
}
