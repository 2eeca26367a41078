//! Failovers where every connection has TLS and a password.

use vestibule::domain::ports::SessionStore;

use super::cluster::answers_again;
use super::sentinels::recovers;
use crate::support::redis_cluster::RedisCluster;
use crate::support::redis_tls::Tls;
use crate::support::sentinel_set::SentinelSet;
use crate::support::store::{active, refusal_of, store_with, tag_of};

const ARGUMENTS: [&str; 4] = ["--requirepass", "a-word", "--masterauth", "a-word"];

/// Waits for the replica, so that what was answered is on the other side.
fn store(url: &str, lines: &str) -> std::sync::Arc<dyn SessionStore> {
    store_with(url, &format!("wait_replicas = 1\n{lines}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_by_tls_are_followed_to_another_primary() {
    let tls = Tls::for_names(&["localhost"]);
    let set = SentinelSet::start_by(2, &ARGUMENTS, &["--requirepass", "another-word"], Some(&tls));
    let lines = format!("{}sentinel_password = \"another-word\"", tls.lines());
    let store = store(&set.url_with(":a-word@"), &lines);
    let (session, token) = active(store.as_ref(), "before").await;
    let port = set.primary().port();
    set.primary().kill();
    tokio::task::block_in_place(|| set.wait_for_another_primary_than(port));
    recovers(store.as_ref()).await;
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
    active(store.as_ref(), "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_by_tls_is_followed_to_another_master() {
    let tls = Tls::for_names(&["localhost"]);
    let cluster = RedisCluster::start_by(3, 1, &ARGUMENTS, Some(&tls));
    let store = store(&cluster.url_with(":a-word@"), &tls.lines());
    let (session, token) = active(store.as_ref(), "user").await;
    let key = format!("vst:{{{}}}:u", tag_of("user").as_str());
    let port = cluster.master_of(&key).port();
    cluster.master_of(&key).kill();
    tokio::task::block_in_place(|| cluster.wait_for_another_master_of(&key, port));
    recovers(store.as_ref()).await;
    answers_again(store.as_ref(), session.handle.tag, &token).await;
    assert_eq!(refusal_of(store.as_ref(), session.handle.tag, &token).await, None);
}
