//! Which portals may have sessions on the store, as the gateways tell each other: a gateway revokes a user's sessions of
//! portals, too, that it does not have itself, or not yet, or not any more.
//!
//! Owns: how long a portal counts, and how often it is told. A gateway tells it before it begins a session there, and again
//! as long as one may live.
//! Must not know: sessions, users.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::LONGER_THAN_SESSIONS_MS;
use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::script::PORTALS;
use crate::domain::ports::StoreError;

const LONGER_THAN_SESSIONS: Duration = Duration::from_millis(LONGER_THAN_SESSIONS_MS);

/// A store that has lost its data, or a master of a cluster, has a portal again by the first session that begins there after
/// this time; and where none begins, by the round in which the gateways compare their secrets.
const TOLD_ANEW_AFTER: Duration = Duration::from_secs(1);

/// Where this process has begun sessions. All workers share it.
#[derive(Debug, Default)]
pub struct BegunPortals {
    /// By workspace and slug.
    portals: Mutex<BTreeMap<String, BTreeMap<String, Begun>>>,
    /// The store has let this process read such a list.
    has_read: AtomicBool,
}

#[derive(Debug)]
struct Begun {
    last_at: Instant,
    told_at: Instant,
}

impl BegunPortals {
    /// Must be good before a session begins there.
    pub async fn tell(
        &self,
        link: &RedisLink,
        keys: &Keys,
        workspace: &str,
        slug: &str,
    ) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.is_told_at(now, workspace, slug) {
            return Ok(());
        }
        // On the heap, for it is rare, and every creation's future would reserve space for it.
        Box::pin(portals(link, keys, workspace, &[slug])).await?;
        let begun = Begun { last_at: now, told_at: now };
        self.lock().entry(workspace.to_owned()).or_default().insert(slug.to_owned(), begun);
        Ok(())
    }

    /// Reads a list, until one could be read: without it no session begins.
    pub async fn try_once(&self, link: &RedisLink, keys: &Keys) -> Result<(), StoreError> {
        if !self.has_read.load(Ordering::Relaxed) {
            let list = keys.portals("");
            begun_portals(link, keys, "").await.map_err(|why| match why {
                StoreError::Unavailable(why) => StoreError::Unavailable(format!("{list}*: {why}")),
                StoreError::Unconfirmed(_) | StoreError::Crowded(_) | StoreError::Corrupt(_) => why,
            })?;
            self.has_read.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Tells all of which sessions may live, for a store that has lost them.
    pub async fn tell_again(&self, link: &RedisLink, keys: &Keys) -> Result<(), StoreError> {
        for (workspace, slugs) in self.of_living_sessions(Instant::now()) {
            let slugs: Vec<&str> = slugs.iter().map(String::as_str).collect();
            portals(link, keys, &workspace, &slugs).await?;
        }
        Ok(())
    }

    fn is_told_at(&self, now: Instant, workspace: &str, slug: &str) -> bool {
        let mut begun = self.lock();
        let Some(begun) = begun.get_mut(workspace).and_then(|portals| portals.get_mut(slug)) else {
            return false;
        };
        begun.last_at = now;
        now.duration_since(begun.told_at) < TOLD_ANEW_AFTER
    }

    fn of_living_sessions(&self, now: Instant) -> Vec<(String, Vec<String>)> {
        let mut begun = self.lock();
        for portals in begun.values_mut() {
            portals.retain(|_, begun| now.duration_since(begun.last_at) < LONGER_THAN_SESSIONS);
        }
        begun.retain(|_, portals| !portals.is_empty());
        begun.iter().map(|(name, portals)| (name.clone(), portals.keys().cloned().collect())).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, Begun>>> {
        self.portals.lock().unwrap_or_else(PoisonError::into_inner)
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
    let script = PORTALS.on(vec![keys.portals(workspace)]).arg(LONGER_THAN_SESSIONS_MS).arg(begun);
    link.call("portals", Call::Script(&script), link.deadline()).await
}
