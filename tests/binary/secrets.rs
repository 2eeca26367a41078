//! Gateways on one store have one secret, or one of them does not run.

use super::file;
use super::support::app::config;
use super::support::process::{Process, vestibule};
use super::support::redis_server::RedisServer;

const OLD: &str = "a secret of the tests, long enough to be taken";
const NEW: &str = "another secret of the tests, long enough too";

fn with_secret(redis: &RedisServer, secret: &str, previous: &str) -> String {
    let line = format!("secret = \"{secret}\"\nprevious_secrets = [{previous}]");
    config(&redis.url()).replace(&format!("secret = \"{OLD}\""), &line)
}

fn mark(redis: &RedisServer) -> Option<String> {
    redis::from_redis_value(redis.command(&["GET", "vst:secret"])).expect("a text")
}

/// A gateway that has found the others' secret good, and has left its own mark.
fn serves(redis: &RedisServer, secret: &str, previous: &str) -> (Process, String) {
    redis.command(&["PEXPIRE", "vst:secret", "3600000"]);
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::serve(&file(&directory, &with_secret(redis, secret, previous)));
    redis.wait_until("the gateway has renewed the mark", |redis| {
        redis::cmd("PTTL").arg("vst:secret").query::<i64>(redis).is_ok_and(|left_ms| left_ms > 86_400_000)
    });
    (process, mark(redis).expect("a mark"))
}

/// What a gateway with this secret says when it ends by itself.
fn ends(redis: &RedisServer, secret: &str, previous: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &with_secret(redis, secret, previous));
    let (code, output) = Process::spawn(vestibule(&["serve", "--config"]).arg(path)).end();
    assert_eq!(code, Some(1), "{output:#?}");
    output.join("\n")
}

#[test]
fn a_gateway_with_another_secret_than_the_others_does_not_run() {
    let redis = RedisServer::start();
    let (_first, old) = serves(&redis, OLD, "");
    let said = ends(&redis, NEW, "");
    assert!(said.contains("server.secret is not the one") && said.contains("previous_secrets"), "{said}");
    assert!(!said.contains(NEW) && !said.contains(OLD), "no secret is told");
    assert_eq!(mark(&redis).as_deref(), Some(&*old), "the others' stays");
    let kept = redis.keys().join(" ");
    assert!(!kept.contains(OLD) && !old.contains(OLD), "{kept}");
}

/// As docs/security.md has it.
#[test]
fn a_secret_is_changed_in_three_steps_and_every_gateway_runs_meanwhile() {
    let redis = RedisServer::start();
    let [of_old, of_new] = [OLD, NEW].map(|secret| format!("\"{secret}\""));
    let (_first, old) = serves(&redis, OLD, "");
    let (_both, same) = serves(&redis, OLD, &of_new);
    assert_eq!(same, old);
    let (_swapped, new) = serves(&redis, NEW, &of_old);
    assert_ne!(new, old);
    // The last one that is not swapped yet is started again.
    assert_eq!(serves(&redis, OLD, &of_new).1, old);
    assert_eq!(serves(&redis, NEW, &of_old).1, new);
    assert_eq!(serves(&redis, NEW, "").1, new);
    ends(&redis, OLD, "");
}
