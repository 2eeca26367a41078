//! Which portals may have sessions on the store, as the gateways tell each other: a gateway revokes a user's sessions of
//! portals, too, that it does not have itself, or not yet, or not any more.
//!
//! Owns: how long a portal counts, and how often it is told. A gateway tells it before it begins a session there, and again
//! as long as one may live.
//! Must not know: sessions, users.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::LONGER_THAN_SESSIONS_MS;
use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::scripts::PORTALS;
use crate::domain::ports::StoreError;

const LONGER_THAN_SESSIONS: Duration = Duration::from_millis(LONGER_THAN_SESSIONS_MS);

/// Where this process has begun sessions, by workspace and slug, and when it did last. All workers share it.
#[derive(Debug, Default)]
pub struct BegunPortals(Mutex<BTreeMap<String, BTreeMap<String, Instant>>>);

impl BegunPortals {
    /// Must be good before a session begins there for the first time. Later no session waits for it: in a cluster the list is on one
    /// master, and users of the others are served without that one.
    pub async fn tell(
        &self,
        link: &RedisLink,
        keys: &Keys,
        workspace: &str,
        slug: &str,
    ) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.is_told(now, workspace, slug) {
            return Ok(());
        }
        // On the heap, for it is rare, and every creation's future would reserve space for it.
        Box::pin(portals(link, keys, workspace, &[slug])).await?;
        self.lock().entry(workspace.to_owned()).or_default().insert(slug.to_owned(), now);
        Ok(())
    }

    /// Tells all in which sessions may live, for a store that has lost them.
    pub async fn tell_again(&self, link: &RedisLink, keys: &Keys) {
        for (workspace, slugs) in self.of_living_sessions(Instant::now()) {
            let slugs: Vec<&str> = slugs.iter().map(String::as_str).collect();
            // A server whose memory is full refuses it, or a master is down; then the next time.
            let _ = portals(link, keys, &workspace, &slugs).await;
        }
    }

    fn is_told(&self, now: Instant, workspace: &str, slug: &str) -> bool {
        let mut begun = self.lock();
        let Some(last_at) = begun.get_mut(workspace).and_then(|portals| portals.get_mut(slug)) else {
            return false;
        };
        *last_at = now;
        true
    }

    fn of_living_sessions(&self, now: Instant) -> Vec<(String, Vec<String>)> {
        let mut begun = self.lock();
        for portals in begun.values_mut() {
            portals.retain(|_, last_at| now.duration_since(*last_at) < LONGER_THAN_SESSIONS);
        }
        begun.retain(|_, portals| !portals.is_empty());
        begun.iter().map(|(name, portals)| (name.clone(), portals.keys().cloned().collect())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slugs of a workspace's portals.
pub async fn begun_portals(
    link: &RedisLink,
    keys: &Keys,
    workspace: &str,
) -> Result<Vec<String>, StoreError> {
    portals(link, keys, workspace, &[]).await
}

async fn portals(
    link: &RedisLink,
    keys: &Keys,
    workspace: &str,
    begun: &[&str],
) -> Result<Vec<String>, StoreError> {
    let script = PORTALS.on(&[keys.portals(workspace)]).arg(LONGER_THAN_SESSIONS_MS).arg(begun);
    link.call("portals", Call::Script(&script), link.deadline()).await
}
