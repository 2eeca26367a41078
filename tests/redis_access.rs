//! How the gateway reaches its Redis: TLS, and a user that may do no more than the documents say.

mod support;

use serde_json::json;
use support::app::{ACME_LIVE, TestApp, text};
use support::redis_server::RedisServer;

#[tokio::test]
async fn a_redis_with_a_certificate_of_the_given_authority_serves() {
    let (_redis, url, authority) = RedisServer::start_with_tls();
    let line = format!("store.ca_file = {:?}\n", authority.to_str().expect("a path"));
    let app = TestApp::start_at(&url, |config| line + &config).await;
    assert_eq!(app.get("/health/ready").send().await.status, 200);
    app.signed_in(json!({})).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_an_outage() {
    let (_redis, url, _) = RedisServer::start_with_tls();
    let app = TestApp::start_at(&url, |config| config).await;
    assert_eq!(app.get("/health/live").send().await.status, 200);
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
}

/// The line of `docs/security.md`, to the letter.
fn documented_acl() -> Vec<String> {
    let document = include_str!("../docs/security.md");
    let line = document
        .lines()
        .find_map(|line| line.strip_prefix("> ACL SETUSER vestibule "))
        .expect("the ACL line");
    line.split(' ').map(|rule| rule.replace("PASSWORD", "a-password")).collect()
}

#[tokio::test]
async fn the_documented_redis_user_may_do_all_that_the_gateway_needs() {
    let redis = RedisServer::start();
    let mut connection = redis.connect().expect("redis answers");
    let mut command = redis::cmd("ACL");
    command
        .arg("SETUSER")
        .arg("vestibule")
        .arg(documented_acl())
        .exec(&mut connection)
        .expect("the rules are valid");
    let url = redis.url().replace("redis://", "redis://vestibule:a-password@");
    let app = TestApp::start_at(&url, |config| config).await;

    assert_eq!(app.get("/health/ready").send().await.status, 200);
    let token = app.signed_in(json!({})).await;
    assert_eq!(app.get("/v2/portal.getSession").bearer(&token).send().await.status, 200);
    let user = json!({ "slug": "my-portal", "externalId": "user_123" });
    let listed = app.post("/v2/portal.listSessions", user.clone()).bearer(ACME_LIVE).send().await;
    assert_eq!(listed.data().as_array().map(Vec::len), Some(1), "{}", listed.text);
    let created = app.create(json!({})).await;
    let one = json!({ "id": text(&created["id"]) });
    let revoked = app.post("/v2/portal.revokeSession", one).bearer(ACME_LIVE).send().await;
    assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{}", revoked.text);
    assert_eq!(app.exchange(text(&created["sessionId"])).await.status, 401);
    assert_eq!(app.post("/v2/portal.endSession", json!({})).bearer(&token).send().await.status, 200);
    assert_eq!(app.get("/v2/portal.getSession").bearer(&token).send().await.status, 401);
    app.signed_in(json!({})).await;
    let all = app.post("/v2/portal.revokeSession", user).bearer(ACME_LIVE).send().await;
    assert_eq!(all.data(), json!({ "revoked": 1 }), "{}", all.text);

    let refused: Vec<redis::Value> =
        redis::cmd("ACL").arg("LOG").query(&mut connection).expect("redis tells");
    let by_us = format!("{refused:?}").replace("client|setinfo", "");
    assert!(!by_us.contains("username\"), bulk-string('\"vestibule"), "{by_us}");
}
