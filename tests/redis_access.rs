//! How the gateway reaches its Redis: TLS, and a user that may do no more than the documents say.

#[path = "redis_access/checked.rs"]
mod checked;
#[path = "redis_access/passwords.rs"]
mod passwords;
#[path = "redis_access/refused.rs"]
mod refused;
#[path = "redis_access/secured.rs"]
mod secured;
mod support;

use serde_json::json;
use support::app::{ACME_LIVE, TestApp, in_portal, text};
use support::redis_cluster::RedisCluster;
use support::redis_server::RedisServer;
use support::sentinel_set::SentinelSet;

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

#[tokio::test]
async fn a_redis_that_asks_for_a_certificate_gets_the_configured_one() {
    let (redis, url, authority) = RedisServer::start_with_tls();
    redis.command(&["CONFIG", "SET", "tls-ca-cert-file", authority.to_str().expect("a path")]);
    redis.command(&["CONFIG", "SET", "tls-auth-clients", "yes"]);
    let ca = format!("store.ca_file = {authority:?}\n");
    let app = TestApp::start_at(&url, |config| ca.clone() + &config).await;
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
    // The server's own certificate will do: the authority has signed it.
    let key = authority.with_file_name("key.pem");
    let client = format!("store.client_cert_file = {authority:?}\nstore.client_key_file = {key:?}\n");
    let app = TestApp::start_at(&url, |config| ca + &client + &config).await;
    assert_eq!(app.get("/health/ready").send().await.status, 200);
    app.signed_in(json!({})).await;
}

/// The lines of `docs/security.md`, to the letter: the one for every store, and what a topology adds to it.
fn documented_acl(beginning: &str) -> Vec<String> {
    let document = include_str!("../docs/security.md");
    let line = document
        .lines()
        .find_map(|line| line.strip_prefix(&format!("> ACL SETUSER vestibule {beginning}")))
        .unwrap_or_else(|| panic!("the line that begins with {beginning}"));
    let rules = format!("{beginning}{line}").replace("PASSWORD", "a-password");
    rules.split(' ').map(str::to_owned).collect()
}

fn allow(node: &RedisServer, rules: &[String]) {
    let words: Vec<&str> =
        ["ACL", "SETUSER", "vestibule"].into_iter().chain(rules.iter().map(String::as_str)).collect();
    node.command(&words);
}

/// Whatever was refused, other than telling the library's name.
fn assert_nothing_was_refused(node: &RedisServer) {
    let by_us = format!("{:?}", node.command(&["ACL", "LOG"])).replace("client|setinfo", "");
    assert!(!by_us.contains("username\"), bulk-string('\"vestibule"), "{by_us}");
}

#[tokio::test]
async fn the_documented_redis_user_may_do_all_that_the_gateway_needs() {
    let redis = RedisServer::start();
    let _replica = RedisServer::start_replica_of(&redis, &[]);
    allow(&redis, &documented_acl("reset on"));
    let url = redis.url().replace("redis://", "redis://vestibule:a-password@");
    does_everything(&url).await;
    assert_nothing_was_refused(&redis);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_sentinels_it_needs_the_documented_command_more() {
    let set = SentinelSet::start();
    for node in &set.nodes {
        allow(node, &documented_acl("reset on"));
        allow(node, &documented_acl("+role"));
    }
    does_everything(&set.url_with("vestibule:a-password@")).await;
    assert_nothing_was_refused(set.primary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_cluster_it_needs_the_documented_commands_more() {
    let cluster = RedisCluster::start();
    for node in &cluster.nodes {
        allow(node, &documented_acl("reset on"));
        allow(node, &documented_acl("+cluster|slots"));
    }
    does_everything(&cluster.url_with("vestibule:a-password@")).await;
    cluster.nodes.iter().for_each(assert_nothing_was_refused);
}

/// All endpoints, with a store that waits for its replica.
async fn does_everything(url: &str) {
    does_everything_with(url, |config| config).await;
}

async fn does_everything_with(url: &str, change: impl Fn(String) -> String) {
    let direct = in_portal("my-portal", "direct = true");
    let change = |config| format!("store.wait_replicas = 1\n{}", change(direct(config)));
    let app = TestApp::start_at(url, change).await;

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
    opens_direct_sessions(&app).await;
}

/// So many that they are counted and long dead ones dropped; an attempt that is repeated; revoking all but one.
async fn opens_direct_sessions(app: &TestApp) {
    let user = json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["keys:read"] });
    let open = async |key: &str| {
        let call = app.post("/v2/portal.createSessionToken", user.clone()).bearer(ACME_LIVE);
        let reply = call.header("idempotency-key", key).send().await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.data()
    };
    for number in 0..70 {
        open(&format!("a-key-of-its-own-{number:03}")).await;
    }
    let kept = open("the-key-of-the-last-one").await;
    assert_eq!(open("the-key-of-the-last-one").await["id"], kept["id"]);
    assert!(app.accepts(text(&kept["token"])).await);
    let created = app.create(json!({})).await;
    assert!(created["warnings"].to_string().contains("sessions"), "{created}");
    let others = json!({ "externalId": "user_123", "except": kept["id"] });
    let revoked = app.backend(ACME_LIVE, "revokeSession", others).await;
    assert_eq!(revoked.data(), json!({ "revoked": 71 }), "{}", revoked.text);
    let last = json!({ "token": kept["token"] });
    let revoked = app.backend(ACME_LIVE, "revokeSession", last).await;
    assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{}", revoked.text);
    assert!(!app.accepts(text(&kept["token"])).await);
}
