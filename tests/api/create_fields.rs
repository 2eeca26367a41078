//! `portal.createSession`: each field just inside and just outside its bounds, and all faults told at once.

use serde_json::{Value, json};

use crate::support::app::{ACME_LIVE, Kind, TestApp};

pub async fn start() -> TestApp {
    // No store is asked before the fields are right.
    TestApp::start(Kind::Memory).await
}

fn chars(count: usize) -> Value {
    Value::String("a".repeat(count))
}

/// Each value of `field` is accepted.
pub async fn accepts(field: &str, values: Vec<Value>) {
    let app = start().await;
    for value in values {
        let reply = app.create_with(ACME_LIVE, json!({ field: value })).await;
        assert_eq!(reply.status, 200, "{field}: {value}: {}", reply.text);
    }
}

/// Each value of `field` is refused as its only fault, and no other type of JSON is accepted either.
pub async fn refuses(field: &str, json_type: &str, values: Vec<Value>) {
    let app = start().await;
    let other_types = [
        ("boolean", json!(true)),
        ("number", json!(100)),
        ("string", json!("100")),
        ("list", json!([])),
        ("object", json!({})),
    ];
    let other_types = other_types.into_iter().filter(|(name, _)| *name != json_type);
    for value in values.into_iter().chain(other_types.map(|(_, value)| value)) {
        let reply = app.create_with(ACME_LIVE, json!({ field: value })).await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), [format!("body.{field}")], "{field}: {value}");
    }
}

#[tokio::test]
async fn slugs_by_their_grammar() {
    let app = start().await;
    // Well-formed ones are looked up.
    for slug in ["abc", "a-b", "0-1-2", &"a".repeat(64)] {
        let reply = app.create_with(ACME_LIVE, json!({ "slug": slug })).await;
        reply.expect(404, "data/portal_config_not_found");
    }
    let long = "a".repeat(65);
    let bad = [
        "",
        "ab",
        &long,
        "-abc",
        "abc-",
        "a--b",
        "My-Portal",
        "a_b",
        "a b",
        "a.b",
        "a/b",
        "äbc",
        "my-portal\n",
    ];
    refuses("slug", "string", bad.map(Value::from).to_vec()).await;
}

#[tokio::test]
async fn external_ids_of_1_to_256_characters() {
    let good = [chars(1), chars(256), json!("é".repeat(256)), json!("😀".repeat(256)), json!(" a ")];
    accepts("externalId", good.to_vec()).await;
    let bad = [chars(0), chars(257), json!("é".repeat(257)), json!("😀".repeat(257))];
    refuses("externalId", "string", bad.to_vec()).await;
}

#[tokio::test]
async fn external_organization_ids_of_1_to_256_characters() {
    let good = [chars(1), chars(256), json!("é".repeat(256))];
    accepts("externalOrganizationId", good.to_vec()).await;
    let bad = [chars(0), chars(257), json!("é".repeat(257))];
    refuses("externalOrganizationId", "string", bad.to_vec()).await;
}

/// The rules themselves are tested where they are written; here, that every text that is shown has them.
#[tokio::test]
async fn texts_that_are_shown_can_be_seen_and_turn_nothing_around() {
    let bad = [
        "  ",
        "\u{3000}",
        "a\0",
        "a\nb",
        "\u{1b}[31m",
        "a\u{85}",
        "\u{202e}gnp.exe",
        "a\u{2066}",
        "\u{200b}",
    ];
    for field in ["externalId", "externalOrganizationId", "email"] {
        refuses(field, "string", bad.map(Value::from).to_vec()).await;
    }
    // What was granted before such texts were refused can still be found and revoked.
    let app = start().await;
    let user = json!({ "slug": "my-portal", "externalId": "a\u{85}" });
    for verb in ["listSessions", "revokeSession"] {
        assert_eq!(app.backend(ACME_LIVE, verb, user.clone()).await.status, 200, "{verb}");
    }
}

#[tokio::test]
async fn emails_are_addresses_or_empty() {
    let long = format!("{}@{}.example.com", "a".repeat(64), "b".repeat(60));
    accepts("email", ["", "jane@example.com", "jörg@bücher.example", &long].map(Value::from).to_vec()).await;
    let bad =
        ["jane", "jane@", "@example.com", "a@b@c.example", "Jane <jane@example.com>", "javascript:alert(1)"];
    refuses("email", "string", bad.map(Value::from).into_iter().chain([chars(321)]).collect()).await;
}

#[tokio::test]
async fn one_to_a_hundred_permissions() {
    accepts("permissions", vec![json!(["a"]), json!(vec!["a"; 100])]).await;
    refuses("permissions", "list", vec![json!([]), json!(vec!["a"; 101])]).await;
}

#[tokio::test]
async fn permissions_by_their_grammar() {
    let app = start().await;
    let (longest, too_long) = ("a".repeat(256), "a".repeat(257));
    let good = ["keys:read", "api.*.read_key", "*", "-", "A-Z.0_9:*", &longest];
    assert_eq!(app.create_with(ACME_LIVE, json!({ "permissions": good })).await.status, 200);
    let bad = json!([
        "",
        too_long,
        "a b",
        "a,b",
        "a/b",
        "käse",
        "a\n",
        "a\u{0}",
        7,
        null,
        ["a"],
        {},
        true,
        "api..read",
        ":a",
        "a.",
        ".",
    ]);
    let expected: Vec<_> = (0..17).map(|index| format!("body.permissions[{index}]")).collect();
    let reply = app.create_with(ACME_LIVE, json!({ "permissions": bad })).await;
    reply.expect(400, "application/invalid_input");
    assert_eq!(reply.locations(), expected);
}

#[tokio::test]
async fn preview_is_true_or_false() {
    accepts("preview", vec![json!(true), json!(false)]).await;
    refuses("preview", "boolean", vec![json!("true"), json!(0)]).await;
}

#[tokio::test]
async fn ttl_seconds_of_60_to_86400() {
    accepts("ttlSeconds", vec![json!(60), json!(61), json!(86_400)]).await;
    let bad = [
        json!(59),
        json!(86_401),
        json!(0),
        json!(-60),
        json!(60.5),
        json!(1.5),
        json!("60"),
        json!(u64::MAX),
        json!(1e300),
    ];
    refuses("ttlSeconds", "number", bad.to_vec()).await;
}

#[tokio::test]
async fn metadata_of_at_most_4_kib_of_json() {
    // {"k":"…"} has eight bytes around its text.
    let of = |text: &str, bytes: usize| json!({ "k": text.repeat((bytes - 8) / text.len()) });
    accepts("metadata", vec![json!({}), of("a", 4_096), of("é", 4_096)]).await;
    refuses("metadata", "object", vec![of("a", 4_097), of("é", 4_098)]).await;
}

#[tokio::test]
async fn unknown_fields_are_named() {
    let app = start().await;
    for name in ["externalID", "Slug", "portal", "ttl_seconds", "__proto__", "workspace"] {
        let reply = app.create_with(ACME_LIVE, json!({ name: 1 })).await;
        reply.expect(400, "application/invalid_input");
        assert_eq!(reply.locations(), [format!("body.{name}")]);
    }
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let app = start().await;
    let body = json!({
        "slug": "-", "externalId": 7, "permissions": ["fine", "not fine", 5], "preview": "yes", "returnUrl": "/x",
        "ttlSeconds": "60", "email": chars(321), "externalOrganizationId": "", "metadata": [], "surplus": null,
    });
    let reply = app.create_with(ACME_LIVE, body).await;
    reply.expect(400, "application/invalid_input");
    let mut locations = reply.locations();
    locations.sort();
    let expected = [
        "email",
        "externalId",
        "externalOrganizationId",
        "metadata",
        "permissions[1]",
        "permissions[2]",
        "preview",
        "returnUrl",
        "slug",
        "surplus",
        "ttlSeconds",
    ];
    assert_eq!(locations, expected.map(|name| format!("body.{name}")));
}

#[tokio::test]
async fn missing_fields_are_told_at_once() {
    let app = start().await;
    for call in [
        app.post("/v2/portal.createSession", json!({})),
        app.call(reqwest::Method::POST, "/v2/portal.createSession")
            .header("content-type", "application/json"),
    ] {
        let reply = call.bearer(ACME_LIVE).send().await;
        reply.expect(400, "application/invalid_input");
        let mut locations = reply.locations();
        locations.sort();
        assert_eq!(locations, ["body.externalId", "body.permissions", "body.slug"]);
    }
}
