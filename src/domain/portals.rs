//! The product. What it does stands below, by who asks: `portals/backend.rs`, `portals/portal.rs` and
//! `portals/people.rs`.
//!
//! Owns: what every operation needs, and that a request sees the same catalog from beginning to end.
//! Must not know: HTTP, Redis, time.

pub mod backend;
mod notes;
pub mod people;
pub mod portal;
mod prefetches;
mod tag_checks;

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::catalog::Catalog;
use super::credential::Digest;
use super::events::{Event, Events, Went};
use super::idempotency::TokenDeriver;
use super::kept_tokens::KeptTokens;
use super::ports::{Found, Lookup, Readiness, SessionStore, StoreError};
use super::user_tag::{UserTag, UserTagger};
use prefetches::Prefetches;
use tag_checks::TagChecks;

/// The catalog in force; a reload stores another.
pub type SharedCatalog = Arc<ArcSwap<Catalog>>;

/// The product, as each worker has it.
pub struct Product {
    catalog: SharedCatalog,
    parts: Arc<Parts>,
}

struct Parts {
    store: Arc<dyn SessionStore>,
    tagger: Arc<UserTagger>,
    deriver: Arc<TokenDeriver>,
    kept_tokens: KeptTokens,
    events: Arc<dyn Events>,
    prefetches: Prefetches,
    tag_checks: TagChecks,
}

impl Product {
    /// `store` and `catalog` outlive every request.
    pub fn new(
        catalog: SharedCatalog,
        store: Arc<dyn SessionStore>,
        tagger: Arc<UserTagger>,
        deriver: Arc<TokenDeriver>,
        events: Arc<dyn Events>,
    ) -> Self {
        let kept_tokens = KeptTokens::default();
        let prefetches = Prefetches::default();
        let parts = Parts {
            store,
            tagger,
            deriver,
            kept_tokens,
            events,
            prefetches,
            tag_checks: TagChecks::default(),
        };
        Product { catalog, parts: Arc::new(parts) }
    }

    /// The product with the catalog now in force, for one request, which keeps it until it is answered.
    pub fn now(&self) -> Portals {
        Portals { catalog: self.catalog.load_full(), parts: self.parts.clone() }
    }

    /// How well the store serves.
    pub async fn ready(&self) -> Result<Readiness, StoreError> {
        self.parts.store.ready().await
    }
}

/// The product as one request sees it.
#[derive(Clone)]
pub struct Portals {
    catalog: Arc<Catalog>,
    parts: Arc<Parts>,
}

impl Portals {
    /// The catalog that this request began with.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Tells of the sessions that went when another one was opened.
    fn tell_of(&self, went: &Went, slug: &str) {
        let displaced = went.displaced.iter().map(|handle| (Event::Displaced { slug }, *handle));
        let idle = went.idle.iter().map(|handle| (Event::Idle, *handle));
        displaced.chain(idle).for_each(|(event, handle)| self.parts.events.happened(event, handle));
    }

    /// Every look-up of a token goes this way, so that an end which it notices is told once.
    async fn look_up(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        let found = self.parts.store.find(tag, token, lookup).await?;
        match &found {
            Found::Active(session) => {
                let is_foreign = || self.parts.tagger.is_of_another_secret(tag, &session.grant.user());
                if self.parts.tag_checks.is_due() && is_foreign() {
                    self.parts.events.under_another_secret(session.handle);
                }
            }
            Found::Gone(gone) => {
                if let Some(handle) = gone.handle.filter(|_| gone.is_news) {
                    self.parts.events.happened(Event::Idle, handle);
                }
            }
        }
        Ok(found)
    }
}
