//! A deposed primary that still runs: whatever the gateway's connections led to, all lead to the new one at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use vestibule::domain::credential::Digest;
use vestibule::domain::error::Refusal;
use vestibule::domain::ports::{Removal, SessionStore};
use vestibule::domain::session::PortalSession;

use crate::support::redis_server::RedisServer;
use crate::support::scripted_sentinel::ScriptedSentinel;
use crate::support::store::{active, new_session, redis_store, refusal_of};

/// What docs/internals/reliability.md promises, from when the sentinels have agreed.
const PROMISED: Duration = Duration::from_secs(1);

struct Stage {
    deposed: RedisServer,
    promoted: RedisServer,
    store: Arc<dyn SessionStore>,
    session: PortalSession,
    token: Digest,
    sentinel: ScriptedSentinel,
}

/// Two servers that both say they are primaries. The session is on both, as after a replication.
async fn stage(waiting_lane_is_connected: bool) -> Stage {
    let deposed = RedisServer::start();
    let promoted = RedisServer::start_replica_of(&deposed, &[]);
    let sentinel = ScriptedSentinel::naming(&deposed).await;
    let store = redis_store(&sentinel.url(), true);
    let (session, token) = active(store.as_ref(), "user").await;
    if waiting_lane_is_connected {
        let (other, _) = active(store.as_ref(), "other").await;
        store.revoke_all(other.handle.tag, None).await.expect("an answer");
    }
    promoted.wait_until("it has the session", |redis| {
        redis::cmd("DBSIZE").query::<u64>(redis).is_ok_and(|size| size >= 2)
    });
    promoted.promote();
    Stage { deposed, promoted, store, session, token, sentinel }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_call_that_reaches_the_new_primary_takes_all_others_along() {
    let stage = stage(false).await;
    stage.sentinel.name(&stage.promoted);
    // The first that waits for replicas: it needs a connection, and hears of the new primary.
    let removed = stage.store.remove(&stage.session.handle, None, Removal::Revoked).await;
    assert!(removed.expect("an answer"));
    assert_eq!(
        refusal_of(stage.store.as_ref(), stage.session.handle.tag, &stage.token).await,
        Some(Refusal::Revoked)
    );
    for _ in 0..20 {
        assert!(creates_on_the_promoted_one(&stage).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_never_broke_lead_to_the_new_primary_within_the_promised_second() {
    let stage = stage(true).await;
    stage.sentinel.name(&stage.promoted);
    let named_at = Instant::now();
    while !creates_on_the_promoted_one(&stage).await {
        assert!(named_at.elapsed() < PROMISED, "new sessions are made where nobody will find them");
    }
    let removed = stage.store.remove(&stage.session.handle, None, Removal::Revoked).await;
    assert!(removed.expect("an answer"));
    assert_eq!(
        refusal_of(stage.store.as_ref(), stage.session.handle.tag, &stage.token).await,
        Some(Refusal::Revoked)
    );
}

async fn creates_on_the_promoted_one(stage: &Stage) -> bool {
    let before = stage.deposed.keys().len();
    stage.store.create(&new_session("new")).await.expect("the store creates");
    stage.deposed.keys().len() == before
}
