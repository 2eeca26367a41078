//! Sentinels and clusters by TLS, and sentinels with users of their own: who is believed, and who is let in.

use vestibule::domain::ports::Readiness;

use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_tls::Tls;
use crate::support::sentinel_set::SentinelSet;
use crate::support::store::{active, store_with};

async fn is_ready(url: &str, lines: &str) -> bool {
    matches!(store_with(url, lines).ready().await, Ok(Readiness::Serves))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_must_prove_its_name_and_sees_the_gateways_certificate() {
    let tls = Tls::for_names(&["localhost"]);
    let cluster = RedisCluster::start_by(1, 0, &[], Some(&tls));
    let port = cluster.nodes[0].port();
    let lines = tls.lines();
    let without = |key: &str| -> String {
        lines.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect()
    };
    for (host, lines, expected) in [
        ("localhost", lines.clone(), true),
        // It has no certificate for its address, and no other name was given.
        ("127.0.0.1", lines.clone(), false),
        ("localhost", without("ca_file"), false),
        ("localhost", without("client_"), false),
    ] {
        let url = format!("rediss+cluster://{host}:{port}");
        assert_eq!(is_ready(&url, &lines).await, expected, "{url}\n{lines}");
    }
    assert!(!is_ready(&format!("redis+cluster://localhost:{port}"), "").await, "it speaks TLS only");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_are_asked_with_the_user_and_password_of_their_own() {
    let set = SentinelSet::start_by(0, &[], &["--requirepass", "a word"], None);
    let rules = super::documented_acl("reset on >SENTINELS");
    set.sentinels.iter().for_each(|sentinel| super::allow(sentinel, &rules));
    for (lines, expected) in [
        ("", false),
        ("sentinel_password = \"a word\"", true),
        ("sentinel_password = \"another word\"", false),
        ("sentinel_username = \"vestibule\"\nsentinel_password = \"SENTINELS\"", true),
        ("sentinel_username = \"stranger\"\nsentinel_password = \"SENTINELS\"", false),
    ] {
        assert_eq!(is_ready(&set.url(), lines).await, expected, "{lines}");
    }
    set.sentinels.iter().for_each(super::assert_nothing_was_refused);
}

/// As most hosts of clusters set them up; and a node that is to tell names and has none tells `?`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_a_cluster_may_be_told_by_their_host_names() {
    let by_name = ["--cluster-preferred-endpoint-type", "hostname"];
    for announced in [&["--cluster-announce-hostname", "localhost"][..], &[]] {
        let cluster = RedisCluster::start_with(2, 0, &[&by_name, announced].concat());
        let told = format!("{:?}", cluster.nodes[0].command(&["CLUSTER", "SLOTS"]));
        assert!(told.contains(if announced.is_empty() { "'\"?\"'" } else { "localhost" }), "{told}");
        // One seed, so that users of the other node are met by what is told.
        let store = store_with(&format!("redis+cluster://127.0.0.1:{}", cluster.nodes[0].port()), "");
        for user in ["a", "b", "c", "d", "e", "f"] {
            active(store.as_ref(), user).await;
        }
        assert!(cluster.nodes.iter().all(|node| !node.keys().is_empty()), "both have users");
    }
}
