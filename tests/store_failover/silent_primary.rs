//! A primary that falls silent while it is being connected to: the next connection is made all the same.

use std::time::{Duration, Instant};

use crate::support::faulty_proxy::FaultyProxy;
use crate::support::redis_server::RedisServer;
use crate::support::scripted_sentinel::ScriptedSentinel;
use crate::support::store::{new_session, store_with};

/// Far less than a TCP connection takes to notice that nobody is there.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_does_not_tell_its_role_is_connected_to_anew() {
    let primary = RedisServer::start();
    let proxy = FaultyProxy::start(primary.port(), b"ROLE").await;
    let sentinel = ScriptedSentinel::naming_port(proxy.port).await;
    let store = store_with(&sentinel.url(), "timeout_ms = 300");
    proxy.mute_next(1);
    let began_at = Instant::now();
    while store.create(&new_session("user")).await.is_err() {
        assert!(began_at.elapsed() < LIMIT, "every call waits for a connection that will never be there");
    }
    assert_eq!(proxy.muted(), 1);
}
