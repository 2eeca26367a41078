//! Which portals may have sessions on the store, as the gateways tell each other: a gateway revokes a user's sessions of
//! portals, too, that it does not have itself, or not yet, or not any more.
//!
//! Owns: how long a portal counts, and how often it is told. A worker tells it before it begins a session there.
//! Must not know: sessions, users.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::LONGER_THAN_SESSIONS_MS;
use super::keys::Keys;
use super::link::{Call, RedisLink};
use super::script::PORTALS;
use crate::domain::ports::StoreError;

/// A store that has lost its data has them again after this time at the latest. Other replies than the first cost a look
/// into a map.
const TOLD_ANEW_AFTER: Duration = Duration::from_secs(60);

/// What one worker has told, and when.
#[derive(Default)]
pub struct BegunPortals(Mutex<BTreeMap<String, BTreeMap<String, Instant>>>);

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
        Box::pin(portals(link, keys, workspace, slug)).await?;
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.entry(workspace.to_owned()).or_default().insert(slug.to_owned(), now);
        Ok(())
    }

    fn is_told_at(&self, now: Instant, workspace: &str, slug: &str) -> bool {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = told.get(workspace).and_then(|portals| portals.get(slug));
        at.is_some_and(|&at| now.duration_since(at) < TOLD_ANEW_AFTER)
    }
}

/// The slugs of a workspace's portals.
pub async fn begun_portals(
    link: &RedisLink,
    keys: &Keys,
    workspace: &str,
) -> Result<Vec<String>, StoreError> {
    portals(link, keys, workspace, "").await
}

async fn portals(
    link: &RedisLink,
    keys: &Keys,
    workspace: &str,
    begun: &str,
) -> Result<Vec<String>, StoreError> {
    let script = PORTALS.on(vec![keys.portals(workspace)]).arg(begun).arg(LONGER_THAN_SESSIONS_MS);
    link.call("portals", Call::Script(&script), link.deadline()).await
}
