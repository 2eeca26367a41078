//! What the gateway tells its operator of the store at the first contact. It starts in any case.

mod support;

use std::io::Write;
use std::process::Command;

use serde_json::json;
use support::app::{ACME_LIVE, TestApp, config};
use support::process::Process;
use support::redis_cluster::RedisCluster;
use support::redis_server::{RedisServer, wait_until};
use support::scripted_sentinel::ScriptedSentinel;
use support::store::tag_of;
use vestibule::domain::credential::BrowserToken;
use vestibule::domain::environment::Environment;

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

/// However many workers and revocations meet it, after the first contact has told it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_store_forbids_is_told_once_and_no_call_fails_for_it() {
    let redis = RedisServer::start_with(&["--appendonly", "yes", "--rename-command", "WAIT", ""]);
    let _replica = RedisServer::start_replica_of(&redis, &[]);
    let (mut gateway, _file) = gateway_on(&redis.url());
    gateway.wait_for_line(|line| line.contains("may undo a revocation"));
    for _ in 0..24 {
        // Each comes by a connection of its own, and so to one worker or another.
        let app = TestApp::of_process(gateway.url("/").trim_end_matches('/'));
        app.create(json!({})).await;
        let revoked = app.backend(ACME_LIVE, "revokeSession", json!({ "externalId": "user_123" })).await;
        assert_eq!(revoked.data(), json!({ "revoked": 1 }), "{}", revoked.text);
    }
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    let warnings: Vec<&String> = output.iter().filter(|line| line.contains("\"WARN\"")).collect();
    assert!(matches!(warnings[..], [line] if line.contains("may undo a revocation")), "{warnings:#?}");
}

/// However many workers follow it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_that_sentinels_tell_is_one_line() {
    let [old, new] = [(); 2].map(|()| RedisServer::start_with(&["--appendonly", "yes"]));
    let sentinel = ScriptedSentinel::naming(&old).await;
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let config = config(&sentinel.url()).replace("[server]", "[server]\nworkers = 4");
    file.write_all(config.as_bytes()).expect("a file is written");
    let gateway = Process::serve(file.path());
    // Each worker asks twice a second, so all of them have.
    sentinel.wait_until_asked(20).await;
    sentinel.name(&new);
    sentinel.wait_until_asked(20).await;
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    let lines: Vec<&String> = output.iter().filter(|line| line.contains("name another primary")).collect();
    let places = [("before", &old), ("primary", &new)]
        .map(|(name, server)| format!("\"{name}\":\"127.0.0.1:{}\"", server.port()));
    assert!(
        matches!(lines[..], [line] if places.iter().all(|place| line.contains(place))),
        "{places:?} once: {output:#?}"
    );
}

/// They were never made, so they tell nothing of the store. Those that wait tell how it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_find_no_place_are_no_failure_of_the_store() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let replica = RedisServer::start_replica_of(&redis, &[]);
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    let config = config(&redis.url()).replace("[server]", "[server]\nworkers = 1");
    file.write_all(format!("store.timeout_ms = 500\n{config}").as_bytes()).expect("a file is written");
    let gateway = Process::serve(file.path());
    wait_until_ready(&gateway);
    replica.pause();
    let app = TestApp::of_process(gateway.url("/").trim_end_matches('/'));
    let logouts = (0..8).map(|user| {
        let token = BrowserToken::mint(Environment::Live, tag_of(&format!("stranger {user}")));
        let cookie = format!("__Host-portal_session_my-portal={}", token.expose());
        let logout = app.post("/v2/portal.endSession", json!({})).header("cookie", &cookie);
        logout.header("origin", "https://portal.example.com").send()
    });
    for logout in futures_util::future::join_all(logouts).await {
        assert_eq!(logout.status, 503, "{}", logout.text);
    }
    replica.go_on();
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    assert!(!output.iter().any(|line| line.contains("too many calls wait")), "{output:#?}");
    assert!(output.iter().any(|line| line.contains("the store failed")), "{output:#?}");
}

/// Nor does a worker that did not hear it in time tell that it is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sentinel_that_falls_silent_does_not_agree_again() {
    let (primary, empty) = (RedisServer::start(), RedisServer::start());
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(ScriptedSentinel::naming(&primary).await);
    }
    let (mut gateway, _file) = gateway_on(&ScriptedSentinel::url_of(&all.iter().collect::<Vec<_>>()));
    wait_until_ready(&gateway);
    all[2].name_at_the_same_epoch(&empty);
    let names = format!("names 127.0.0.1:{}", empty.port());
    gateway.wait_for_line(|line| line.contains("some sentinels name another") && line.contains(&names));
    all[2].fall_silent();
    // By every worker, and more than once.
    all[0].wait_until_asked(20).await;
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    assert!(!output.iter().any(|line| line.contains("agree on the primary again")), "{output:#?}");
}

/// Nothing else shows it while the primary stays, and the next failover would find the gateway at the old one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_do_not_answer_a_gateway_that_runs() {
    let primary = RedisServer::start_with(&["--appendonly", "yes"]);
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(ScriptedSentinel::naming(&primary).await);
    }
    let (mut gateway, _file) = gateway_on(&ScriptedSentinel::url_of(&all.iter().collect::<Vec<_>>()));
    wait_until_ready(&gateway);
    for (silent, counted) in [(&all[..2], "1 of 3 answer; not 127.0.0.1:"), (&all[..], "0 of 3 answer; not ")]
    {
        silent.iter().for_each(ScriptedSentinel::fall_silent);
        gateway.wait_for_line(|line| {
            line.contains("\"WARN\"") && line.contains("too few sentinels answer") && line.contains(counted)
        });
        wait_until_ready(&gateway);
        silent.iter().for_each(ScriptedSentinel::speak);
        gateway.wait_for_line(|line| line.contains("most sentinels answer again"));
    }
    gateway.signal("-TERM");
    let (_, output) = gateway.end();
    let lines = output.iter().filter(|line| line.contains("too few sentinels answer"));
    assert_eq!(lines.count(), 2, "once each: {output:#?}");
}

#[test]
fn a_store_on_which_no_session_can_be_made() {
    let redis = RedisServer::start();
    redis.command(&["ACL", "SETUSER", "default", "-time", "-zadd"]);
    warns(&redis, "no session can be made without", "TIME");
    let cluster = RedisCluster::start_with(2, 0, &[]);
    warns(&cluster.nodes[0], "one node of a cluster", "redis+cluster://");
}

/// Nobody has to start the gateway again.
#[test]
fn an_address_that_leads_to_one_node_of_a_cluster_no_more() {
    let cluster = RedisCluster::start_with(2, 0, &[]);
    let node = &cluster.nodes[0];
    let (mut gateway, _file) = gateway_on(&node.url());
    gateway.wait_for_line(|line| line.contains("one node of a cluster"));
    node.kill();
    let _alone = RedisServer::start_on_port(node.port(), &["--appendonly", "yes"]);
    wait_until_ready(&gateway);
}

/// However many calls fail.
#[test]
fn an_outage_when_it_begins_and_when_it_is_over() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let (mut gateway, _file) = gateway_on(&redis.url());
    wait_until_ready(&gateway);
    let ready = gateway.url("/health/ready");
    let ask = |count: u32| {
        let urls = format!("{ready}?[1-{count}]");
        Command::new("curl").args(["-s", "-o", "/dev/null", &urls]).status().expect("curl runs")
    };
    redis.stop();
    ask(300);
    redis.start_again();
    // A success ends it once it has been quiet for a while.
    wait_until("the gateway serves again", || {
        ask(1);
        gateway.poll_line(|line| line.contains("the store answers again"))
    });
    let of_it: Vec<&String> =
        gateway.output.iter().filter(|line| line.contains("the store ") && line.contains("WARN")).collect();
    let server = format!("\"server\":\"127.0.0.1:{}\"", redis.port());
    assert!(matches!(of_it[..], [line] if line.contains(&server)), "{of_it:#?}");
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

/// Behind one name, a failover is a server that is away and another one in its place.
#[test]
fn another_server_that_takes_the_place_of_one_in_good_order() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let (mut gateway, _file) = gateway_on(&redis.url());
    wait_until_ready(&gateway);
    redis.kill();
    let ready = gateway.url("/health/ready");
    wait_until("the gateway has noticed", || {
        Command::new("curl").args(["-sf", &ready]).output().is_ok_and(|output| !output.status.success())
    });
    let _other = RedisServer::start_on_port(redis.port(), &[]);
    wait_until_ready(&gateway);
    gateway.wait_for_line(|line| line.contains("\"WARN\"") && line.contains("no append-only file"));
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
