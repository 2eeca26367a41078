//! Gateways on one store have one secret, and know each other's, or one of them does not run.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::file;
use super::support::app::{ACME_LIVE, TestApp, config};
use super::support::gateway::{Gateway, eventually};
use super::support::process::{Process, run, vestibule};
use super::support::redis_server::RedisServer;

const OLD: &str = "a secret of the tests, long enough to be taken";
const NEW: &str = "another secret of the tests, long enough too";

fn with_secret(redis: &RedisServer, secret: &str, previous: &str) -> String {
    let line = format!("secret = \"{secret}\"\nprevious_secrets = [{previous}]");
    config(&redis.url()).replace(&format!("secret = \"{OLD}\""), &line)
}

/// What the gateways have left for each other: `used` marks, and those that are `here`.
fn left(redis: &RedisServer, kind: &str) -> Vec<String> {
    let all = redis.command(&["ZRANGE", "vst:secrets", "0", "-1"]);
    let all: Vec<String> = redis::from_redis_value(all).expect("texts");
    all.into_iter().filter(|member| member.starts_with(kind)).collect()
}

/// In an order that a renewal does not change.
fn all_left(redis: &RedisServer) -> BTreeSet<String> {
    left(redis, "").into_iter().collect()
}

/// A gateway that has found the others' secrets good, and has left its own.
fn serves(redis: &RedisServer, secret: &str, previous: &str) -> Process {
    let others = left(redis, "here");
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::serve(&file(&directory, &with_secret(redis, secret, previous)));
    redis.wait_until("the gateway has told that it is there", |_| {
        left(redis, "here").iter().any(|gateway| !others.contains(gateway))
    });
    process
}

/// In good order.
fn stop(gateway: Process) {
    gateway.signal("-TERM");
    assert_eq!(gateway.end().0, Some(0));
}

/// What a gateway with this secret says when it ends by itself; `check --connect` has said the same.
fn ends(redis: &RedisServer, secret: &str, previous: &str) -> String {
    let (directory, before) = (tempfile::tempdir().expect("a directory"), all_left(redis));
    let path = file(&directory, &with_secret(redis, secret, previous));
    let checked = run(&["check", "--connect", "--config", path.to_str().expect("a path")]);
    let checked = (checked.status.code(), String::from_utf8(checked.stderr).expect("text"));
    let (code, output) = Process::spawn(vestibule(&["serve", "--config"]).arg(path)).end();
    let output = output.join("\n");
    assert_eq!((code, checked.0), (Some(1), Some(1)), "{output} {}", checked.1);
    let reason =
        output.split("server.secret").nth(2).unwrap_or_default().split('"').next().unwrap_or_default();
    assert!(checked.1.contains(reason) && reason.len() > 40, "{reason:?} {}", checked.1);
    assert!(!output.contains(NEW) && !output.contains(OLD), "no secret is told");
    assert_eq!(all_left(redis), before, "it counts for nobody");
    output
}

/// As if no session had been made under these secrets for 25 hours.
fn forget_used(redis: &RedisServer) {
    for used in left(redis, "used") {
        redis.command(&["ZREM", "vst:secrets", &used]);
    }
    redis.command(&["DEL", "vst:secret"]);
}

#[test]
fn a_gateway_with_another_secret_than_the_others_does_not_run() {
    let redis = RedisServer::start();
    let _first = serves(&redis, OLD, "");
    for is_remembered in [true, false] {
        let said = ends(&redis, NEW, "");
        assert!(said.contains("server.secret is not the one") && said.contains("previous_secrets"), "{said}");
        if is_remembered {
            forget_used(&redis);
        }
    }
    assert!(!left(&redis, "").join(" ").contains(OLD));
}

/// As docs/security.md has it.
#[test]
fn a_secret_is_changed_in_three_steps_and_every_gateway_runs_meanwhile() {
    let redis = RedisServer::start();
    let [of_old, of_new] = [OLD, NEW].map(|secret| format!("\"{secret}\""));
    let mut gateways = [serves(&redis, OLD, ""), serves(&redis, OLD, "")];
    for (secret, previous) in [(OLD, &of_new), (NEW, &of_old)] {
        for gateway in &mut gateways {
            let before = std::mem::replace(gateway, serves(&redis, secret, previous));
            // The last one that is as it was may start again.
            stop(serves(&redis, OLD, if secret == OLD { "" } else { &of_new }));
            stop(before);
        }
    }
    let too_early = ends(&redis, NEW, "");
    assert!(too_early.contains("25 hours"), "{too_early}");
    forget_used(&redis);
    let _last = serves(&redis, NEW, "");
    ends(&redis, OLD, "");
}

/// The others would not find by user the sessions that it makes, and would answer that there are none.
#[test]
fn a_secret_that_was_not_announced_is_not_used() {
    let redis = RedisServer::start();
    let of_old = format!("\"{OLD}\"");
    let first = serves(&redis, OLD, "");
    let knows_both = serves(&redis, OLD, &format!("\"{NEW}\""));
    let said = ends(&redis, NEW, &of_old);
    assert!(said.contains("does not know this one's server.secret"), "{said}");
    // The right one may start again, and who is told to stop does not count any more.
    let again = serves(&redis, OLD, "");
    for gateway in [first, again] {
        stop(gateway);
    }
    let _new = serves(&redis, NEW, &of_old);
    drop(knows_both);
}

/// As 0.2.0 has left it, which knows no other.
#[test]
fn the_secret_of_a_gateway_of_the_former_release_counts_too() {
    let redis = RedisServer::start();
    stop(serves(&redis, OLD, ""));
    redis.command(&["DEL", "vst:secrets"]);
    let said = ends(&redis, NEW, "");
    assert!(said.contains("vst:secret "), "which keys to delete: {said}");
    let _both = serves(&redis, NEW, &format!("\"{OLD}\""));
    let new = left(&redis, "used").join(" ");
    redis.wait_until("it has told the others", |redis| {
        redis::cmd("GET").arg("vst:secret").query::<String>(redis).is_ok_and(|mark| new.contains(&mark))
    });
}

/// Before the comparison nobody knows whether the others would find what it makes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_could_not_compare_begins_no_session_and_is_not_ready() {
    let redis = RedisServer::start();
    redis.command(&["SET", "vst:secrets", "of another program"]);
    let gateway = tokio::task::block_in_place(|| Gateway::start_by(&with_secret(&redis, OLD, ""), None));
    let app = TestApp::of_process(&gateway.url);
    let by_user = json!({ "slug": "my-portal", "externalId": "user_123" });
    for _ in 0..2 {
        app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
        app.create_with(ACME_LIVE, json!({})).await.expect(503, "application/service_unavailable");
        for call in ["revokeSession", "listSessions"] {
            let reply = app.backend(ACME_LIVE, call, by_user.clone()).await;
            reply.expect(503, "application/service_unavailable");
        }
    }
    redis.command(&["DEL", "vst:secrets"]);
    let is_ready = async || app.get("/health/ready").send().await.status == 200;
    eventually("it is ready", Duration::from_secs(30), is_ready).await;
    assert_eq!(app.create_with(ACME_LIVE, json!({})).await.status, 200);
}

/// Two gateways that do not know each other can meet where the store has lost what they had left there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_of_an_unknown_secret_tells_nobody_that_there_are_no_sessions() {
    let redis = RedisServer::start();
    let start = |secret: &str, previous: &str| {
        tokio::task::block_in_place(|| Gateway::start_by(&with_secret(&redis, secret, previous), None))
    };
    let old = start(OLD, "");
    redis.wait_until("it is there", |_| left(&redis, "here").len() == 1);
    redis.command(&["FLUSHALL"]);
    let new = start(NEW, &format!("\"{OLD}\""));
    let [of_old, of_new] = [&old, &new].map(|gateway| TestApp::of_process(&gateway.url));
    let token = of_new.signed_in(json!({})).await;
    let by_user = json!({ "slug": "my-portal", "externalId": "user_123" });
    eventually("the old one knows", Duration::from_secs(30), async || {
        of_old.backend(ACME_LIVE, "revokeSession", by_user.clone()).await.status == 503
    })
    .await;
    assert_eq!(of_old.get("/health/ready").send().await.status, 200, "it serves all others");
    assert!(of_old.accepts(&token).await);
    assert_eq!(of_new.backend(ACME_LIVE, "revokeSession", by_user).await.data(), json!({ "revoked": 1 }));
    assert!(!of_old.accepts(&token).await);
}

/// Killed, it cannot say so.
#[test]
fn a_gateway_that_was_killed_is_soon_forgotten() {
    let redis = RedisServer::start();
    drop(serves(&redis, OLD, ""));
    let here = left(&redis, "here");
    let until: f64 =
        redis::from_redis_value(redis.command(&["ZSCORE", "vst:secrets", &here[0]])).expect("a number");
    let time: [u64; 2] = redis::from_redis_value(redis.command(&["TIME"])).expect("a time");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let left_ms = until - (time[0] * 1_000) as f64;
    assert!((20_000.0..40_000.0).contains(&left_ms), "{left_ms}");
    ends(&redis, NEW, &format!("\"{OLD}\""));
    redis.command(&["ZADD", "vst:secrets", "1", &here[0]]);
    let _new = serves(&redis, NEW, &format!("\"{OLD}\""));
    assert!(!left(&redis, "here").contains(&here[0]));
}
