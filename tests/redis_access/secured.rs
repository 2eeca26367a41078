//! Sentinels and clusters by TLS, and sentinels with users of their own: who is believed, and who is let in.

use std::sync::Arc;
use std::time::Duration;

use vestibule::domain::ports::{Readiness, SessionStore};
use vestibule::store::redis::{
    FailureKind, Place, Probe, Promises, RedisStore, Servers, StoreObserver, Topology,
};

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

/// Counts nothing.
struct Nobody;

impl StoreObserver for Nobody {
    fn call_began(&self) {}
    fn call_ended(&self) {}
    fn call_done(&self, _: &'static str, _: Duration, _: Option<FailureKind>) {}
    fn connected(&self) {}
    fn disconnected(&self) {}
    fn connect_failed(&self) {}
}

/// What is told of a cluster that this seed leads to. `own_authority`: whether its authority counts as the operator's,
/// or as one of the public ones, of which none would vouch for a test.
async fn warnings(cluster: &RedisCluster, tls: &Tls, seed: &str, own_authority: bool) -> Vec<String> {
    let node = tls.client("rediss://nodes:1").expect("a client").get_connection_info().clone();
    let nodes = vec![(seed.to_owned(), cluster.nodes[0].port())];
    let topology = Topology::Cluster { nodes, node: Box::new(node) };
    let servers = Servers { topology, password: None, own_authority };
    let place = Place { servers, prefix: "vst".into() };
    let timeout = Duration::from_secs(5);
    let promises = Promises { timeout, fence_failover: true, wait_replicas: 0, history: Duration::ZERO };
    let probe = Probe::new(true);
    let ready =
        RedisStore::new(&place, promises, probe.clone(), Arc::default(), Arc::new(Nobody)).ready().await;
    assert!(matches!(ready, Ok(Readiness::Serves)), "{ready:?}");
    probe.weaknesses().await
}

/// Whoever can make a sentinel or a node tell another name would get the password otherwise, and nobody would know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_a_public_authority_vouches_for_is_told() {
    let tls = Tls::for_names(&["127.0.0.1", "localhost"]);
    let by_name =
        ["--cluster-preferred-endpoint-type", "hostname", "--cluster-announce-hostname", "localhost"];
    let arguments = [&by_name[..], &["--appendonly", "yes"]].concat();
    let cluster = RedisCluster::start_by(1, 0, &arguments, Some(&tls));
    for (seed, own_authority, expected) in
        [("127.0.0.1", false, true), ("localhost", false, false), ("127.0.0.1", true, false)]
    {
        let told = warnings(&cluster, &tls, seed, own_authority).await;
        let server = format!("localhost:{}: ", cluster.nodes[0].port());
        let is_told = told.iter().any(|line| line.starts_with(&server) && line.contains("store.ca_file"));
        assert_eq!((is_told, told.len()), (expected, usize::from(expected)), "{seed}: {told:#?}");
    }
}

/// They may all have one name, and even one port.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_server_is_examined_by_its_address_whatever_name_its_certificate_has() {
    let tls = Tls::for_names(&["localhost"]);
    let cluster = RedisCluster::start_by(2, 0, &[], Some(&tls));
    let told = warnings(&cluster, &tls, "localhost", true).await;
    for node in &cluster.nodes {
        let server = format!("127.0.0.1:{}: ", node.port());
        let is_told = |line: &&String| line.starts_with(&server) && line.contains("append-only");
        assert!(told.iter().any(|line| is_told(&line)), "{server}: {told:#?}");
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_password_of_sentinels_is_read_from_its_file_for_each_connection() {
    let set = SentinelSet::start_by(0, &[], &["--requirepass", "a word"], None);
    let file = set.primary().directory().join("sentinels");
    let rotate = |password: &str| {
        std::fs::write(&file, format!("{password}\n")).expect("a file is written");
        let rules = super::documented_acl("reset on >SENTINELS").join(" ").replace("SENTINELS", password);
        let rules: Vec<String> = rules.split(' ').map(str::to_owned).collect();
        set.sentinels.iter().for_each(|sentinel| super::allow(sentinel, &rules));
    };
    rotate("first");
    let lines = format!("sentinel_username = \"vestibule\"\nsentinel_password_file = {file:?}");
    let store = store_with(&set.url(), &lines);
    active(store.as_ref(), "before").await;
    rotate("second");
    // Whoever rotates a password closes what the former one has opened.
    for sentinel in &set.sentinels {
        sentinel.command(&["CLIENT", "KILL", "USER", "vestibule"]);
    }
    tokio::task::block_in_place(|| {
        for sentinel in &set.sentinels {
            sentinel.wait_until("it is asked with the new password", |redis| {
                let clients = redis::cmd("CLIENT").arg("LIST").query::<String>(redis).unwrap_or_default();
                clients.contains(" user=vestibule ")
            });
        }
    });
    active(store.as_ref(), "after").await;
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
