//! What the gateway tells its operator of the store at the first contact. It starts in any case.

mod support;

use std::io::Write;
use std::process::Command;

use support::app::config;
use support::process::Process;
use support::redis_server::{RedisServer, wait_until};

/// A gateway on this store that has told what it has to tell.
fn gateway_on(url: &str) -> (Process, tempfile::NamedTempFile) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(config(url).as_bytes()).expect("a file is written");
    (Process::serve(file.path()), file)
}

fn warns(redis: &RedisServer, of: &str, and_says: &str) {
    let (mut gateway, _file) = gateway_on(&redis.url());
    gateway.wait_for_line(|line| line.contains("\"WARN\"") && line.contains(of) && line.contains(and_says));
}

fn wait_until_ready(gateway: &Process) {
    let ready = gateway.url("/health/ready");
    wait_until("the gateway is ready", || {
        Command::new("curl").args(["-sf", &ready]).output().is_ok_and(|output| output.status.success())
    });
}

#[test]
fn a_store_that_tells_no_replication_id() {
    let redis = RedisServer::start_with(&["--rename-command", "INFO", ""]);
    warns(&redis, "tells no replication ID", "set store.wait_replicas");
    let redis = RedisServer::start();
    redis.command(&["ACL", "SETUSER", "default", "-info"]);
    warns(&redis, "tells no replication ID", "+info");
}

#[test]
fn a_store_that_lets_nobody_wait_for_its_replicas() {
    let redis = RedisServer::start_with(&["--rename-command", "WAIT", ""]);
    warns(&redis, "may undo a revocation", "+wait");
    let redis = RedisServer::start();
    redis.command(&["ACL", "SETUSER", "default", "-wait"]);
    warns(&redis, "may undo a revocation", "+wait");
}

#[test]
fn a_store_that_drops_keys_when_it_is_full() {
    let redis = RedisServer::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    warns(&redis, "maxmemory-policy is allkeys-lru", "noeviction");
}

#[test]
fn a_store_without_an_append_only_file_even_when_it_comes_late() {
    let redis = RedisServer::start();
    warns(&redis, "no append-only file", "appendonly yes");
    redis.stop();
    let (mut gateway, _file) = gateway_on(&redis.url());
    redis.start_again();
    wait_until_ready(&gateway);
    gateway.wait_for_line(|line| line.contains("no append-only file"));
}

#[test]
fn a_store_in_good_order_is_passed_over_in_silence() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let (gateway, _file) = gateway_on(&redis.url());
    wait_until_ready(&gateway);
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    assert!(!output.iter().any(|line| line.contains("\"WARN\"")), "{output:#?}");
}
