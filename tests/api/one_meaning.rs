//! A body has one meaning: another reader on the way sees what the gateway sees, or the gateway refuses it. And what
//! it says about a bad one stays small.

use serde_json::{Value, json};

use crate::support::app::{ACME_LIVE, Call, Kind, TestApp, text};

const INVALID: &str = "application/invalid_input";
const UNSUPPORTED: &str = "bad_request/unsupported_media_type";

/// A call of `portal.createSession` with these bytes.
fn creating(app: &TestApp, body: impl Into<reqwest::Body>) -> Call {
    let call = app.call(reqwest::Method::POST, "/v2/portal.createSession").bearer(ACME_LIVE);
    call.header("content-type", "application/json").body(body)
}

/// The standard example with further fields, as text.
fn with(fields: &str) -> String {
    format!(r#"{{"slug":"my-portal","externalId":"user_123","permissions":["a"]{fields}}}"#)
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_named_at_any_depth() {
    let app = TestApp::start(Kind::Memory).await;
    for (fields, location) in [
        (r#","externalId":"user_456""#, "body.externalId"),
        (r#","externalId":"user_123""#, "body.externalId"),
        (r#","\u0073lug":"second-portal""#, "body.slug"),
        (r#","metadata":{"plan":"a","plan":"b"}"#, "body.metadata.plan"),
        (r#","metadata":{"a":[{"b":{"c":1,"c":2}}]}"#, "body.metadata.a[0].b.c"),
    ] {
        let reply = creating(&app, with(fields)).send().await;
        reply.expect(400, INVALID);
        assert_eq!(reply.locations(), [location], "{fields}");
    }
    // With every other fault beside it.
    let reply = creating(&app, with(r#","slug":"x","preview":7"#)).send().await;
    assert_eq!(reply.locations(), ["body.slug", "body.preview"]);
    let body = r#"{"sessionId":"a","sessionId":"b"}"#;
    let exchange = app.call(reqwest::Method::POST, "/v2/portal.exchangeSession");
    let reply = exchange.header("content-type", "application/json").body(body).send().await;
    assert_eq!((reply.status, reply.locations()), (400, vec!["body.sessionId".to_owned()]));
}

#[tokio::test]
async fn a_form_field_that_is_there_twice_is_named() {
    let app = TestApp::start(Kind::Memory).await;
    let form = app.call(reqwest::Method::POST, "/portal/hosted-portal");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let reply = form.body("session=a&nonce=b&session=c").send().await;
    assert_eq!((reply.status, reply.locations()), (400, vec!["body.session".to_owned()]));
}

#[tokio::test]
async fn no_name_in_a_body_is_an_instruction() {
    let app = TestApp::start(Kind::Memory).await;
    for name in ["$serde_json::private::Number", "$serde_json::private::RawValue", "$__toml_private_datetime"]
    {
        // What an object may not stand for, it does not stand for.
        let object = json!({ name: "100" });
        for field in ["slug", "externalId", "permissions", "preview", "ttlSeconds", "email"] {
            let reply = app.create_with(ACME_LIVE, json!({ field: object })).await;
            reply.expect(400, INVALID);
            assert_eq!(reply.locations(), [format!("body.{field}")], "{name}");
        }
        // As data it is data.
        let metadata = format!(r#""metadata":{{"deep":[{{"{name}":"[1]"}}],"{name}":"1"}}"#);
        let created = creating(&app, with(&format!(",{metadata}"))).send().await;
        assert_eq!(created.status, 200, "{name}: {}", created.text);
        // (Looked for in the text: a client that reads it with serde_json sees something else.)
        let exchanged = app.exchange(text(&created.data()["sessionId"])).await;
        assert!(exchanged.text.contains(&metadata), "{}", exchanged.text);
    }
}

#[tokio::test]
async fn metadata_is_handed_on_to_the_letter() {
    let app = TestApp::start(Kind::Memory).await;
    let metadata = r#"{ "n" : 1.50, "big": 123456789012345678901234567890 , "text":"a \" b" }"#;
    let created = creating(&app, with(&format!(r#","metadata":{metadata}"#))).send().await;
    let exchanged = app.exchange(text(&created.data()["sessionId"])).await;
    let compact = r#""metadata":{"n":1.50,"big":123456789012345678901234567890,"text":"a \" b"}"#;
    assert!(exchanged.text.contains(compact), "{}", exchanged.text);
}

#[tokio::test]
async fn a_null_is_as_if_left_out() {
    let app = TestApp::start(Kind::Memory).await;
    let nulls = json!({
        "preview": null, "returnUrl": null, "ttlSeconds": null, "email": null, "externalOrganizationId": null,
        "metadata": null, "portal": null, "scopes": null,
    });
    let created = app.create(nulls).await;
    let list = json!({ "slug": "my-portal", "externalId": "user_123", "limit": null, "cursor": null });
    assert_eq!(app.backend(ACME_LIVE, "listSessions", list).await.status, 200);
    let revoke = json!({ "id": created["id"], "slug": null, "externalId": null });
    assert_eq!(app.backend(ACME_LIVE, "revokeSession", revoke).await.data()["revoked"], 1);
    let all = json!({ "id": null, "slug": "my-portal", "externalId": "user_123" });
    assert_eq!(app.backend(ACME_LIVE, "revokeSession", all).await.status, 200);
    let reply = app.create_with(ACME_LIVE, json!({ "externalId": null, "surplus": null })).await;
    assert_eq!(reply.locations(), ["body.externalId", "body.surplus"]);
}

#[tokio::test]
async fn another_coding_or_charset_is_named() {
    let app = TestApp::start(Kind::Memory).await;
    let body = r#"{"sessionId":"x"}"#;
    let exchange = |headers: &[(&str, &str)]| {
        let call = app.call(reqwest::Method::POST, "/v2/portal.exchangeSession");
        call.headers(headers).body(body)
    };
    const JSON: (&str, &str) = ("content-type", "application/json");
    for good in [
        vec![JSON],
        vec![JSON, ("content-encoding", "identity")],
        vec![JSON, ("content-encoding", "Identity, identity")],
        vec![("content-type", "application/json; charset=UTF-8")],
        vec![("content-type", "application/json;charset=\"utf-8\"")],
        vec![("content-type", "application/json;charset=utf8;v=1")],
    ] {
        let reply = exchange(&good).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
    }
    for (bad, header) in [
        (vec![JSON, ("content-encoding", "gzip")], "Content-Encoding"),
        (vec![JSON, ("content-encoding", "br")], "Content-Encoding"),
        (vec![JSON, ("content-encoding", "identity, deflate")], "Content-Encoding"),
        (vec![JSON, ("content-encoding", "identity"), ("content-encoding", "zstd")], "Content-Encoding"),
        (vec![("content-type", "application/json; charset=utf-16")], "Content-Type"),
        (vec![("content-type", "application/json; charset=iso-8859-1")], "Content-Type"),
        (vec![("content-type", "application/json;v=1;charset=\"UTF-16LE\"")], "Content-Type"),
        (vec![JSON, ("content-type", "text/plain")], "Content-Type"),
    ] {
        let reply = exchange(&bad).send().await;
        reply.expect(415, UNSUPPORTED);
        let detail = reply.error()["detail"].clone();
        assert!(text(&detail).contains(header), "{bad:?}: {detail}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_skipped() {
    let app = TestApp::start(Kind::Memory).await;
    assert_eq!(creating(&app, format!("\u{feff}{}", with(""))).send().await.status, 200);
    let token = app.signed_in(json!({})).await;
    let empty = app.call(reqwest::Method::POST, "/v2/portal.getSession").bearer(&token).body("\u{feff}");
    assert_eq!(empty.send().await.status, 200);
    // Twice, it is no mark.
    let reply = creating(&app, format!("\u{feff}\u{feff}{}", with(""))).send().await;
    reply.expect(400, "bad_request/request_body_unreadable");
}

#[tokio::test]
async fn a_body_of_faults_gets_a_small_answer() {
    let app = TestApp::start(Kind::Memory).await;
    let unknown: Value =
        (0..1_400).map(|at| (format!("k{at}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let repeated = format!("{{{}\"z\":0}}", r#""a":1,"#.repeat(2_000));
    let long = format!(r#"{{"{0}":1,"{0}":1,"ttlSeconds":{1}}}"#, "n".repeat(6_000), "9".repeat(300));
    for body in [unknown.to_string(), repeated, long] {
        assert!(body.len() < 16 * 1024, "{}", body.len());
        for path in ["/v2/portal.createSession", "/v2/portal.exchangeSession"] {
            let call = app.call(reqwest::Method::POST, path).bearer(ACME_LIVE);
            let reply = call.header("content-type", "application/json").body(body.clone()).send().await;
            reply.expect(400, INVALID);
            assert!(reply.text.len() < 24 * 1024, "{} bytes of answer", reply.text.len());
        }
    }
    let reply = creating(&app, unknown.to_string()).send().await;
    let errors = reply.error()["errors"].clone();
    let errors = errors.as_array().expect("a list");
    assert_eq!(errors.len(), 51);
    // Beside the unknown fields, three are missing.
    assert_eq!(errors[50]["message"], "and 1353 more");
    let query: String = (0..400).map(|_| "&permission=%20").collect();
    let reply = app.get(&format!("/v2/portal.authorize?{query}")).send().await;
    assert_eq!((reply.status, reply.locations().len()), (400, 51));
}

#[tokio::test]
async fn without_a_session_no_body_is_read() {
    let app = TestApp::start(Kind::Memory).await;
    let token = app.signed_in(json!({})).await;
    for path in ["/v2/portal.getSession", "/v2/portal.endSession"] {
        let bad = || app.post(path, json!({ "nonsense": 1 }));
        bad().send().await.expect(401, "authentication/portal_token_missing");
        bad().bearer("ps_live_x").send().await.expect(401, "authentication/portal_session_not_found");
        bad().bearer(&token).send().await.expect(400, INVALID);
        // A body that is refused ends nothing.
        assert!(app.accepts(&token).await);
    }
}
