//! Passwords that change while the gateway runs, connections that say whose they are, and a Redis that is shared.

use std::path::Path;
use std::sync::Arc;

use redis::Value;
use serde_json::json;
use vestibule::telemetry::Metrics;

use super::{allow, assert_nothing_was_refused, documented_acl, does_everything_with};
use crate::support::app::TestApp;
use crate::support::redis_server::RedisServer;
use crate::support::store::{active, refusal_of, store_observed, store_with, tag_of};

fn set_password(redis: &RedisServer, file: &Path, password: &str) {
    // As `echo` leaves it.
    std::fs::write(file, format!("{password}\n")).expect("a file is written");
    let rules = documented_acl("reset on").join(" ").replace("a-password", password);
    allow(redis, &rules.split(' ').map(str::to_owned).collect::<Vec<_>>());
}

/// As after a rotation, or when the server closes what a short-lived token has opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_read_from_its_file_for_each_connection() {
    let redis = RedisServer::start();
    let file = redis.directory().join("password");
    set_password(&redis, &file, "p@ss/w:rd#%?é");
    let url = format!("redis://vestibule@127.0.0.1:{}/0", redis.port());
    let store = store_with(&url, &format!("password_file = {file:?}"));
    let (session, token) = active(store.as_ref(), "before").await;
    for password in ["another", "a-third"] {
        set_password(&redis, &file, password);
        redis.command(&["CLIENT", "KILL", "USER", "vestibule"]);
        assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
        active(store.as_ref(), password).await;
    }
    std::fs::remove_file(&file).expect("the file is removed");
    redis.command(&["CLIENT", "KILL", "USER", "vestibule"]);
    let error = store.list(tag_of("before"), None, 1).await.expect_err("no password");
    assert!(error.to_string().contains("password"), "{error}");
}

/// Whoever is woken by it looks at the user in Redis, not at replicas or at data.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_missing_or_wrong_is_counted_as_refused() {
    let redis = RedisServer::start_with(&["--requirepass", "the-right-one"]);
    let file = redis.directory().join("password");
    let url = format!("redis://127.0.0.1:{}/0", redis.port());
    for password in [None, Some(""), Some("a-wrong-one")] {
        let _ = std::fs::remove_file(&file);
        // It has to be there at the start.
        std::fs::write(&file, "a-password").expect("a file is written");
        let metrics = Arc::new(Metrics::new().expect("metrics"));
        let store = store_observed(&url, &format!("password_file = {file:?}"), &metrics);
        match password {
            Some(password) => std::fs::write(&file, password).expect("a file is written"),
            None => std::fs::remove_file(&file).expect("the file is removed"),
        }
        store.list(tag_of("user"), None, 1).await.expect_err("no password");
        let told = metrics.render().expect("metrics");
        let refused = r#"vestibule_store_errors_total{kind="refused",operation="list"} 1"#;
        assert!(told.contains(refused), "{password:?}: {told}");
    }
}

#[tokio::test]
async fn every_connection_has_the_gateways_name() {
    let redis = RedisServer::start();
    let store = store_with(&redis.url(), "");
    active(store.as_ref(), "user").await;
    redis.wait_until("it has a name", |redis| {
        let clients = redis::cmd("CLIENT").arg("LIST").query::<String>(redis).unwrap_or_default();
        clients.lines().any(|line| line.contains(" name=vestibule "))
    });
}

#[tokio::test]
async fn a_redis_on_the_same_machine_is_reached_by_its_socket() {
    let directory = tempfile::tempdir().expect("a directory");
    let socket = directory.path().join("redis.sock");
    let path = socket.to_str().expect("a path");
    let redis = RedisServer::start_with(&["--unixsocket", path, "--requirepass", "p@ss/w:rd"]);
    let url = format!("redis+unix://{path}?db=3&pass=p%40ss%2Fw%3Ard");
    let app = TestApp::start_at(&url, |config| config).await;
    app.signed_in(json!({})).await;
    assert_eq!(app.get("/health/ready").send().await.status, 200);
    let kept = redis.command(&["INFO", "keyspace"]);
    assert!(
        matches!(&kept, Value::BulkString(text) if text.windows(4).any(|word| word == b"db3:")),
        "{kept:?}"
    );
}

/// Two gateways of two teams: with secrets of their own, and users who see no others' keys.
#[tokio::test]
async fn under_a_prefix_of_its_own_a_gateway_shares_a_redis_with_another() {
    let redis = RedisServer::start();
    let _replica = RedisServer::start_replica_of(&redis, &[]);
    let other = TestApp::start_at(&redis.url(), |config| config).await;
    other.signed_in(json!({})).await;
    let before = redis.keys().len();
    let rules = documented_acl("reset on").join(" ").replace("~vst:*", "~team-a:*");
    allow(&redis, &rules.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let url = redis.url().replace("redis://", "redis://vestibule:a-password@");
    let of_team_a = |config: String| {
        let changed = config.replace("secret = \"", "secret = \"of team a, ");
        assert_ne!(changed, config);
        format!("store.prefix = \"team-a\"\n{changed}")
    };
    does_everything_with(&url, of_team_a).await;
    assert_nothing_was_refused(&redis);
    let keys = redis.keys();
    assert_eq!(keys.iter().filter(|key| key.starts_with("vst:")).count(), before);
    assert!(keys.iter().any(|key| key == "team-a:secrets"), "{keys:?}");
    assert!(keys.iter().all(|key| key.starts_with("vst:") || key.starts_with("team-a:")), "{keys:?}");
}
