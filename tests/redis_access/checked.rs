//! `vestibule check --connect`: what an operator is told before anybody signs in.

use crate::support::app::config;
use crate::support::process::run;
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_server::{RedisServer, free_port};

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
fn a_store_in_good_order_passes_and_keeps_no_session() {
    let redis = RedisServer::start_with(&["--appendonly", "yes"]);
    let (code, text) = check(&redis.url(), "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("The store was tried") && !text.contains("Warning"), "{text}");
    let keys = redis.keys();
    assert!(keys.iter().all(|key| key.ends_with(":u")), "an index at most: {keys:?}");
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
    for (rule, url, lines, code, words) in [
        ("-wait", redis.url(), "", 0, &["Warning", "may undo a revocation", "+wait"][..]),
        ("-info", redis.url(), "", 0, &["Warning", "tells no replication ID", "+info"]),
        ("-time", redis.url(), "", 1, &["does not serve", "no session can be made without", "TIME"]),
        ("-@scripting", redis.url(), "", 1, &["does not serve", "no permissions to run the 'eval"]),
        ("-wait", redis.url(), "store.wait_replicas = 1", 1, &["does not serve", "'wait'"]),
        ("+@all", one_node, "", 1, &["does not serve", "redis+cluster://"]),
        ("+@all", nobody, "", 1, &["does not serve", "refused"]),
        ("+@all", tls_url, "", 1, &["does not serve", "certificate"]),
    ] {
        redis.command(&["ACL", "SETUSER", "default", "+@all", rule]);
        let (ended, text) = check(&url, lines);
        redis.command(&["ACL", "SETUSER", "default", "+@all"]);
        assert_eq!(ended, Some(code), "{rule} {url}: {text}");
        assert!(words.iter().all(|word| text.contains(word)), "{rule} {url}: {text}");
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
