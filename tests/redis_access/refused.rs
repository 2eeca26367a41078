//! Servers and users that do not let the gateway do all it would like to: hosted services, proxies, narrow rules.

use serde_json::json;

use crate::support::app::{ACME_LIVE, Kind, TestApp, text};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::RedisServer;

/// A Redis with a replica, started with these arguments and then changed by a rule for its user.
fn with_replica(arguments: &[&str], rule: &str) -> (RedisServer, RedisServer) {
    let primary = RedisServer::start_with(arguments);
    let replica = RedisServer::start_replica_of(&primary, &[]);
    if !rule.is_empty() {
        primary.command(&["ACL", "SETUSER", "default", rule]);
    }
    (primary, replica)
}

/// All that a session can end by.
async fn sessions_can_end(app: &TestApp) {
    let (id, revoked) = app.sign_in(ACME_LIVE, json!({})).await;
    let reply = app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
    assert_eq!(reply.data(), json!({ "revoked": 1 }), "{}", reply.text);
    let ended = app.signed_in(json!({})).await;
    let reply = app.post("/v2/portal.endSession", json!({})).bearer(&ended).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    app.create(json!({})).await;
    let reply = app.backend(ACME_LIVE, "revokeSession", json!({ "externalId": "user_123" })).await;
    assert_eq!(reply.data(), json!({ "revoked": 1 }), "{}", reply.text);
    let nothing = app.backend(ACME_LIVE, "revokeSession", json!({ "id": id })).await;
    assert_eq!(nothing.data(), json!({ "revoked": 0 }), "{}", nothing.text);
    for token in [revoked, ended] {
        assert!(!app.accepts(&token).await);
    }
}

#[tokio::test]
async fn where_nobody_may_wait_for_replicas_sessions_still_end() {
    for (arguments, rule) in [(&["--rename-command", "WAIT", ""][..], ""), (&[], "-wait")] {
        let (primary, _replica) = with_replica(arguments, rule);
        let app = TestApp::start_at(&primary.url(), |config| config).await;
        sessions_can_end(&app).await;
    }
}

/// Who asks for replicas gets them or an error.
#[tokio::test]
async fn where_waiting_was_asked_for_and_is_forbidden_nothing_is_answered() {
    let (primary, _replica) = with_replica(&[], "-wait");
    let app = TestApp::start_at(&primary.url(), |config| format!("store.wait_replicas = 1\n{config}")).await;
    let created = app.create(json!({})).await;
    let exchanged = app.exchange(text(&created["sessionId"])).await;
    exchanged.expect(503, "application/service_unavailable");
    is_not_ready(&app).await;
}

/// The orchestrator does not send anybody, and does not kill the process either.
async fn is_not_ready(app: &TestApp) {
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
    assert_eq!(app.get("/health/live").send().await.status, 200);
}

#[tokio::test]
async fn a_store_on_which_no_session_can_be_made_is_not_ready() {
    let redis = RedisServer::start();
    for rules in [&["-@scripting"][..], &["-time"], &["-zadd"], &["-evalsha", "-eval"]] {
        redis.command(&[&["ACL", "SETUSER", "default", "+@all"], rules].concat());
        let app = TestApp::start_at(&redis.url(), |config| config).await;
        app.create_with(ACME_LIVE, json!({})).await.expect(503, "application/service_unavailable");
        is_not_ready(&app).await;
        redis.command(&["ACL", "SETUSER", "default", "+@all"]);
        assert_eq!(app.get("/health/ready").send().await.status, 200, "it is found out by itself");
    }
}

#[tokio::test]
async fn one_node_of_a_cluster_is_no_store() {
    let cluster = RedisCluster::start_with(2, 0, &[]);
    let url = format!("redis://127.0.0.1:{}", cluster.nodes[0].port());
    let app = TestApp::start_at(&url, |config| config).await;
    for _ in 0..8 {
        is_not_ready(&app).await;
    }
}

/// Every replica would be taken away, and people who are signed in with them.
#[tokio::test]
async fn a_store_that_is_full_is_ready_for_those_who_are_signed_in() {
    let app = TestApp::start(Kind::Redis).await;
    let redis = app.redis.clone().expect("this gateway has a Redis");
    let token = app.signed_in(json!({})).await;
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    // A gateway that starts now is as good as the others.
    for app in [&app, &app.replica().await] {
        app.create_with(ACME_LIVE, json!({})).await.expect(503, "application/service_unavailable");
        let ready = app.get("/health/ready").send().await;
        assert_eq!(
            (ready.status, ready.json()),
            (200, json!({ "status": "ready", "newSessions": "refused" }))
        );
        assert!(app.accepts(&token).await);
    }
    redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(app.get("/health/ready").send().await.json(), json!({ "status": "ready" }));
}

#[tokio::test]
async fn scripts_are_sent_as_text_where_their_hashes_are_refused() {
    for (arguments, rule) in [(&["--rename-command", "EVALSHA", ""][..], ""), (&[], "-evalsha")] {
        let (primary, _replica) = with_replica(arguments, rule);
        let app = TestApp::start_at(&primary.url(), |config| config).await;
        sessions_can_end(&app).await;
    }
}
