//! Direct sessions as the tests open and use them, and a way to see the true reason of a refusal.

use serde_json::{Value, json};

use crate::operations::metrics;
use crate::support::app::{ACME_LIVE, Call, Kind, Reply, TestApp, text};

/// The example's direct session, with further fields.
pub fn opening(app: &TestApp, key: &str, fields: Value) -> Call {
    let mut body = json!({
        "slug": "direct-portal",
        "externalId": "user_123",
        "permissions": ["api.*.read_key", "api.*.read_analytics"],
    });
    for (name, value) in fields.as_object().expect("fields are an object") {
        body[name] = value.clone();
    }
    app.post("/v2/portal.createSessionToken", body).bearer(key)
}

/// The data of an opened session.
pub async fn open(app: &TestApp, key: &str, fields: Value) -> Value {
    let reply = opening(app, key, fields).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.data()
}

/// The token of a fresh session.
pub async fn token(app: &TestApp, fields: Value) -> String {
    text(&open(app, ACME_LIVE, fields).await["token"]).to_owned()
}

/// Both formats, for what must hold for each.
pub fn formats() -> [Value; 2] {
    [json!({ "format": "opaque" }), json!({ "format": "jwt" })]
}

/// A gateway that counts refusals by their true reason. What is counted is also what the audit line says.
pub async fn with_reasons(kind: Kind) -> TestApp {
    crate::operations::with_metrics(kind).await
}

/// The refusals so far: `reason=count` for each portal, in the order of the metrics.
async fn refusals(app: &TestApp) -> Vec<String> {
    let metrics = metrics(app).await;
    let lines = metrics.lines().filter(|line| line.starts_with("vestibule_refusals_total{"));
    let reasons = lines.filter_map(|line| Some((line, line.split_once("reason=\"")?.1)));
    reasons.map(|(line, reason)| format!("{} of {line}", reason.replace("\"} ", "="))).collect()
}

/// Sends a call that is refused, and checks the reason that only the operator sees.
pub async fn refused(app: &TestApp, call: Call, code: (u16, &str), reason: &str) -> Reply {
    let before = refusals(app).await;
    let reply = call.send().await;
    reply.expect(code.0, code.1);
    let after = refusals(app).await;
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    let [new] = new[..] else { panic!("{reason}: {new:?}") };
    assert_eq!(new.split('=').next(), Some(reason), "{}", reply.text);
    reply
}

/// The answer to a credential that opens nothing.
pub const NOT_FOUND: (u16, &str) = (401, "authentication/portal_session_not_found");
/// The answer to what is known and not allowed.
pub const FORBIDDEN: (u16, &str) = (403, "authorization/forbidden");
