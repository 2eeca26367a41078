//! Sentinels that name different primaries: one that was made anew leads nobody to its empty server.

use std::sync::Arc;
use std::time::Duration;

use vestibule::domain::credential::Digest;
use vestibule::domain::ports::{Readiness, SessionStore};
use vestibule::domain::session::PortalSession;

use crate::support::gateway::eventually;
use crate::support::redis_server::RedisServer;
use crate::support::scripted_sentinel::ScriptedSentinel;
use crate::support::store::{active, new_session, redis_store, refusal_of};

/// Far longer than it takes.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Stage {
    pub primary: RedisServer,
    /// A primary too, which nobody has ever written to.
    pub empty: RedisServer,
    pub sentinels: Vec<ScriptedSentinel>,
    pub store: Arc<dyn SessionStore>,
    pub session: PortalSession,
    pub token: Digest,
}

impl Stage {
    pub async fn with(sentinels: usize) -> Self {
        let (primary, empty) = (RedisServer::start(), RedisServer::start());
        let mut all = Vec::new();
        for _ in 0..sentinels {
            all.push(ScriptedSentinel::naming(&primary).await);
        }
        let store = store_of(&all);
        let (session, token) = active(store.as_ref(), "user").await;
        Stage { primary, empty, sentinels: all, store, session, token }
    }

    pub async fn is_signed_in_by(&self, store: &dyn SessionStore) -> bool {
        refusal_of(store, self.session.handle.tag, &self.token).await.is_none()
    }

    /// Whether a new session lies on the empty server, which it then leaves empty again.
    pub async fn creates_on_the_empty_one(&self) -> bool {
        self.store.create(&new_session("new")).await.expect("the store creates");
        let is_there = !self.empty.keys().is_empty();
        self.empty.command(&["FLUSHALL"]);
        is_there
    }
}

pub fn store_of(sentinels: &[ScriptedSentinel]) -> Arc<dyn SessionStore> {
    redis_store(&ScriptedSentinel::url_of(&sentinels.iter().collect::<Vec<_>>()), true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_leads_nobody_away_wherever_it_is_listed() {
    let stage = Stage::with(3).await;
    for anew in &stage.sentinels {
        anew.name_at_the_same_epoch(&stage.empty);
        anew.wait_until_heard().await;
        assert!(stage.is_signed_in_by(stage.store.as_ref()).await, "by a gateway that runs");
        let late = store_of(&stage.sentinels);
        assert!(stage.is_signed_in_by(late.as_ref()).await, "by one that starts");
        // Not even by what it takes for a later failover, of which nobody else has heard.
        anew.name(&stage.empty);
        anew.wait_until_heard().await;
        assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
        anew.name_at_the_same_epoch(&stage.primary);
    }
    assert!(stage.empty.keys().is_empty(), "nothing was written there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_is_followed_as_soon_as_most_of_three_know_it() {
    let stage = Stage::with(3).await;
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    last.name(&stage.empty);
    last.wait_until_heard().await;
    assert!(!stage.creates_on_the_empty_one().await, "it may be the only one that says so");
    first.name(&stage.empty);
    first.wait_until_heard().await;
    assert!(stage.creates_on_the_empty_one().await);
    // The one that has not heard of it yet says what it did before.
    second.wait_until_heard().await;
    assert!(stage.creates_on_the_empty_one().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_the_later_configuration_counts_and_at_the_same_one_nobody_moves() {
    let stage = Stage::with(2).await;
    let [_, last] = &stage.sentinels[..] else { panic!("two") };
    last.name_at_the_same_epoch(&stage.empty);
    last.wait_until_heard().await;
    assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
    let late = store_of(&stage.sentinels).ready().await;
    let error = late.expect_err("a gateway that starts cannot know who is right").to_string();
    for server in [&stage.primary, &stage.empty] {
        assert!(error.contains(&format!("names 127.0.0.1:{}", server.port())), "{error}");
    }
    last.name(&stage.empty);
    let follows = async || stage.creates_on_the_empty_one().await;
    eventually("it follows a failover, of which one has heard", LIMIT, follows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_was_made_anew_and_monitors_nothing_has_no_say() {
    let stage = Stage::with(3).await;
    let [first, second, last] = &stage.sentinels[..] else { panic!("three") };
    first.name_nobody();
    first.wait_until_heard().await;
    assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
    let late = store_of(&stage.sentinels);
    assert!(stage.is_signed_in_by(late.as_ref()).await);
    // Of three that are listed one alone is left, and it was made anew too.
    second.name_nobody();
    last.name_at_the_same_epoch(&stage.empty);
    last.wait_until_heard().await;
    assert!(stage.is_signed_in_by(stage.store.as_ref()).await);
    last.name_nobody();
    last.wait_until_heard().await;
    assert!(matches!(stage.store.ready().await, Ok(Readiness::Serves)), "as long as the primary stays");
    let error = store_of(&stage.sentinels).ready().await.expect_err("nobody knows it").to_string();
    assert!(error.contains("No such master"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_only_one_that_is_listed_is_followed() {
    let stage = Stage::with(1).await;
    stage.sentinels[0].name_at_the_same_epoch(&stage.empty);
    stage.sentinels[0].wait_until_heard().await;
    assert!(stage.creates_on_the_empty_one().await);
}
