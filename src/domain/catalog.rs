//! The catalog: workspaces, their portals and root keys, as configured.
//!
//! Owns: the look-ups, which show a caller its own workspace only.
//! Must not know: files, TOML or reloading. `config` validates it and builds it whole. It never changes; a reload swaps
//! the whole catalog.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::admitted_portals::AdmittedPortals;
use super::credential::Digest;
use super::environment::Environment;
use super::portal::Portal;
use super::root_key::RootKeyEntry;
use super::signed_token::TokenSigner;

/// All portals and keys, ready for look-ups. Names are compared, not hashed: the hash of one takes longer than to find it
/// among some hundreds.
#[derive(Debug, Default)]
pub struct Catalog {
    portals: Vec<Arc<Portal>>,
    enabled: AdmittedPortals,
    by_slug: BTreeMap<String, Arc<Portal>>,
    by_origin: BTreeMap<String, Vec<Arc<Portal>>>,
    by_cookie_name: BTreeMap<String, Arc<Portal>>,
    root_keys: HashMap<[u8; 32], Arc<RootKeyEntry>>,
    signer: Option<Arc<dyn TokenSigner>>,
}

impl Catalog {
    /// `config` has made sure that slugs, cookie names and key digests are unique.
    pub fn new(portals: Vec<Portal>, root_keys: Vec<RootKeyEntry>) -> Self {
        let mut catalog = Catalog::default();
        for portal in portals.into_iter().map(Arc::new) {
            for origin in &portal.allowed_origins {
                catalog.by_origin.entry(origin.clone()).or_default().push(portal.clone());
            }
            catalog.by_cookie_name.insert(portal.cookie.name.clone(), portal.clone());
            catalog.by_slug.insert(portal.slug.clone(), portal.clone());
            catalog.portals.push(portal);
        }
        let enabled = catalog.portals.iter().filter(|portal| portal.enabled);
        catalog.enabled = AdmittedPortals::new(enabled.map(|portal| portal.slug.as_str()));
        for key in root_keys {
            catalog.root_keys.insert(*key.digest.as_bytes(), Arc::new(key));
        }
        catalog
    }

    /// The same catalog with this signer, so that one reload changes both.
    pub fn signed_by(self, signer: Option<Arc<dyn TokenSigner>>) -> Self {
        Catalog { signer, ..self }
    }

    /// Signs tokens; `None` if no key is configured.
    pub fn signer(&self) -> Option<&Arc<dyn TokenSigner>> {
        self.signer.as_ref()
    }

    /// The portal of this slug.
    pub fn portal(&self, slug: &str) -> Option<&Arc<Portal>> {
        self.by_slug.get(slug)
    }

    /// The portal whose cookie has this name (without prefix).
    pub fn portal_of_cookie(&self, name: &str) -> Option<&Arc<Portal>> {
        self.by_cookie_name.get(name)
    }

    /// The portals that list this origin.
    pub fn portals_listing(&self, origin: &str) -> &[Arc<Portal>] {
        self.by_origin.get(origin).map_or(&[], Vec::as_slice)
    }

    /// The only portal, if there is just one. Then requests need not name it.
    pub fn only_portal(&self) -> Option<&Arc<Portal>> {
        match self.portals.as_slice() {
            [portal] => Some(portal),
            [] | [_, _, ..] => None,
        }
    }

    /// The portals that are not switched off.
    pub fn enabled(&self) -> &AdmittedPortals {
        &self.enabled
    }

    /// All portals, in the order of the configuration.
    pub fn portals(&self) -> &[Arc<Portal>] {
        &self.portals
    }

    /// All root keys, in no order.
    pub fn root_keys(&self) -> impl Iterator<Item = &RootKeyEntry> {
        self.root_keys.values().map(Arc::as_ref)
    }

    /// How many root keys there are.
    pub fn root_key_count(&self) -> usize {
        self.root_keys.len()
    }

    /// How many root keys make sessions of this environment.
    pub fn root_keys_of(&self, environment: Environment) -> usize {
        self.root_keys.values().filter(|key| key.environment == environment).count()
    }

    /// Whether there is no portal in `new`, though there are some here: its file was probably cut off.
    pub fn would_lose_all_portals(&self, new: &Catalog) -> bool {
        !self.portals.is_empty() && new.portals.is_empty()
    }

    /// The same of root keys.
    pub fn would_lose_all_root_keys(&self, new: &Catalog) -> bool {
        !self.root_keys.is_empty() && new.root_keys.is_empty()
    }

    /// The root key with this digest. Only digests are compared, so timing tells a guesser nothing of use.
    pub fn root_key(&self, digest: &Digest) -> Option<&Arc<RootKeyEntry>> {
        self.root_keys.get(digest.as_bytes())
    }

    /// The portal of this slug, if the key may see it.
    pub fn portal_seen_by(&self, key: &RootKeyEntry, slug: &str) -> Option<&Arc<Portal>> {
        self.portal(slug).filter(|portal| key.sees(&portal.workspace, slug, key.environment))
    }
}
