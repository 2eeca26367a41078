//! `vestibule check --connect`: what an operator is told before anybody signs in.

use crate::support::app::config;
use crate::support::faulty_proxy::FaultyProxy;
use crate::support::process::{Process, run, vestibule};
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::{RedisServer, free_port};
use crate::support::scripted_sentinel::ScriptedSentinel;

/// Its exit code, and all that it printed.
fn check(store_url: &str, lines: &str) -> (Option<i32>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, format!("{lines}\n{}", config(store_url))).expect("a file is written");
    let output = run(&["check", "--connect", "--config", path.to_str().expect("a path")]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("text"))
}

#[test]
fn a_store_in_good_order_passes_and_keeps_nothing() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    for lines in ["", "history.days = 0", "store.wait_replicas = 0"] {
        let (code, text) = check(&redis.url(), lines);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("The store was tried") && !text.contains("Warning"), "{text}");
        let keys = redis.keys();
        assert!(keys.is_empty(), "{lines}: {keys:?}");
    }
    let (code, text) = check("memory:", "");
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn what_a_store_lacks_is_named_with_what_it_costs() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let cluster = RedisCluster::start_with(2, 0, &[]);
    let nobody = format!("redis://127.0.0.1:{}", free_port());
    let one_node = format!("redis://127.0.0.1:{}", cluster.nodes[0].port());
    let (tls, tls_url, _) = RedisServer::start_with_tls();
    let locked = RedisServer::start_with(&["--requirepass", "secret"]);
    let replica = RedisServer::start_replica_of(&redis, &[]);
    let signed_in = |redis: &RedisServer, user: &str| {
        redis.url().replace("redis://", &format!("redis://{user}:canary-password@"))
    };
    for (rule, url, lines, code, words) in [
        ("-wait", redis.url(), "", 0, &["Warning", "may undo a revocation", "+wait"][..]),
        ("-info", redis.url(), "", 0, &["Warning", "tells no replication ID", "+info"]),
        ("-time", redis.url(), "", 1, &["does not serve", "no session can be made without", "TIME"]),
        ("-@scripting", redis.url(), "", 1, &["does not serve", "no permissions to run the 'eval"]),
        ("-wait", redis.url(), "store.wait_replicas = 1", 1, &["does not serve", "'wait'"]),
        ("resetkeys ~vst:{*", redis.url(), "", 1, &["does not serve", "vst:portals:*", "permissions"]),
        (
            "resetkeys ~vst:{* ~vst:portals:*",
            redis.url(),
            "",
            1,
            &["does not serve", "vst:secrets", "permissions"],
        ),
        (
            "resetkeys ~team-a:{* ~team-a:portals:*",
            redis.url(),
            "store.prefix = \"team-a\"",
            1,
            &["does not serve", "team-a:secrets", "permissions"],
        ),
        (
            "resetkeys ~vst:secrets ~vst:portals:* ~vst:{*}:[tbus]*",
            redis.url(),
            "",
            1,
            &["does not serve", "create", "permissions"],
        ),
        ("+@all", one_node, "", 1, &["does not serve", "redis+cluster://"]),
        ("+@all", nobody, "", 1, &["does not serve", "refused"]),
        ("+@all", tls_url, "", 1, &["does not serve", "certificate"]),
        ("+@all", locked.url(), "", 1, &["does not serve", "Authentication required"]),
        ("+@all", locked.url().replace("/0", "/1"), "", 1, &["does not serve", "Authentication required"]),
        ("+@all", signed_in(&redis, "nobody"), "", 1, &["does not serve", "refuses", "the user \"nobody\""]),
        ("+@all", signed_in(&locked, "default"), "", 1, &["does not serve", "the user \"default\""]),
        ("+@all", signed_in(&locked, ""), "", 1, &["does not serve", "refuses", "the default user"]),
        ("+@all", replica.url(), "", 1, &["does not serve", "leads to a replica"]),
    ] {
        let rules: Vec<&str> = rule.split(' ').collect();
        redis.command(&[&["ACL", "SETUSER", "default", "+@all"], &rules[..]].concat());
        let (ended, text) = check(&url, lines);
        redis.command(&["ACL", "SETUSER", "default", "+@all", "allkeys"]);
        assert_eq!(ended, Some(code), "{rule} {url}: {text}");
        assert!(words.iter().all(|word| text.contains(word)), "{rule} {url}: {text}");
        // What servers say has a full stop of its own, or has none. And each of their answers is one that we know.
        assert!(!text.contains("canary"), "a password is told: {text}");
        assert!(!text.contains("..") && !text.contains("does not know"), "{rule} {url}: {text}");
    }
    drop(tls);
}

#[test]
fn a_store_that_is_full_is_told() {
    let redis = RedisServer::start();
    redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let (code, text) = check(&redis.url(), "");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("takes no new sessions (OOM)"), "{text}");
}

/// Such a gateway would end at its start.
#[test]
fn a_store_of_gateways_with_another_secret_is_told_and_their_mark_stays() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    redis.command(&["ZADD", "vst:secrets", "inf", "used TheMarkOfAnother"]);
    let (code, text) = check(&redis.url(), "");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("server.secret") && text.contains("server.previous_secrets"), "{text}");
    let marks = redis.command(&["ZRANGE", "vst:secrets", "0", "-1"]);
    let marks: Vec<String> = redis::from_redis_value(marks).expect("texts");
    assert_eq!(marks, ["used TheMarkOfAnother"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_do_not_answer_are_named_where_most_of_them_do_not() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let (first, second) = (ScriptedSentinel::naming(&redis).await, ScriptedSentinel::naming(&redis).await);
    let dead = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let check = |alive: &[&ScriptedSentinel], dead: &[String]| {
        let others: String = dead.iter().map(|address| format!(",{address}")).collect();
        let url = ScriptedSentinel::url_of(alive).replacen("/vestibule/", &format!("{others}/vestibule/"), 1);
        tokio::task::block_in_place(|| check(&url, ""))
    };
    let (code, text) = check(&[&first], &dead);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Warning: too few sentinels") && text.contains("1 of 3 answer"), "{text}");
    assert!(dead.iter().all(|address| text.contains(address.as_str())), "{text}");
    let (code, text) = check(&[&first, &second], &dead[..1]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains("Warning"), "most of them are sure: {text}");
}

/// It was tried, and it serves: that is told in time, whatever the server does with a question about itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_never_tells_its_settings_is_no_reason_to_wait() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let proxy = FaultyProxy::start(redis.port(), b"\r\nINFO\r\n").await;
    proxy.mute_next(1);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    let url = format!("redis://127.0.0.1:{}", proxy.port);
    std::fs::write(&path, format!("store.timeout_ms = 500\n{}", config(&url))).expect("a file is written");
    let mut check = vestibule(&["check", "--connect", "--config", path.to_str().expect("a path")]);
    let (code, output) = Process::spawn(&mut check).end();
    assert_eq!((code, proxy.muted()), (Some(0), 1), "{output:#?}");
    let warning = output.iter().find(|line| line.contains("Warning"));
    assert!(warning.is_some_and(|line| line.contains("did not tell its settings in time")), "{output:#?}");
}
