//! The catalog: workspaces, their portals and root keys, as configured.
//!
//! Owns: the look-ups, which show a caller its own workspace only, and where a browser's home is.
//! Must not know: files, TOML or reloading. `config` validates it and builds it whole. It never changes; a reload swaps
//! the whole catalog.

use std::collections::HashMap;
use std::sync::Arc;

use url::Url;

use super::admitted_portals::AdmittedPortals;
use super::appearance::Appearance;
use super::credential::{Digest, Ticket};
use super::environment::Environment;
use super::invalid::Invalid;
use super::policy::SessionPolicy;
use super::portal_path::PortalPath;
use super::return_url::{is_under, with_parameter};
use super::root_key::RootKeyEntry;
use super::signed_token::{TokenSettings, TokenSigner};

/// The query parameter that carries a ticket, unless the portal's frontend reads another.
pub const SESSION_PARAMETER: &str = "session";

/// Reads a slug: 3 to 64 of `a-z 0-9 -`, no hyphen at an end, none doubled.
pub fn parse_slug(text: &str) -> Result<String, Invalid> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let hyphens_fit = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
    if (3..=64).contains(&text.len()) && text.bytes().all(allowed) && hyphens_fit {
        return Ok(text.to_owned());
    }
    Err(Invalid::new(
        "A slug has 3 to 64 of the characters a-z 0-9 and -, no hyphen at an end and none doubled.",
        "Use a slug such as \"my-portal\".",
    ))
}

/// Which requests of other sites carry the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Navigations do, so a user who follows a link arrives signed in.
    Lax,
    /// None do.
    Strict,
    /// All do; needs https.
    None,
}

/// A portal's `cookie` section.
#[derive(Clone, Debug)]
pub struct CookieSettings {
    /// Without the prefix `__Host-`, which is added where the cookie meets its conditions.
    pub name: String,
    /// See [`SameSite`].
    pub same_site: SameSite,
    /// One cookie jar for each embedding site (CHIPS).
    pub partitioned: bool,
    /// Shares the cookie with the other hosts of this domain, and so gives up `__Host-`.
    pub domain: Option<String>,
}

/// Where a browser arrives with its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landing {
    /// At the portal's own page, which exchanges it.
    Portal,
    /// At the gateway's page (API.md section 6).
    Hosted {
        /// Ask people first whether they are who the link is for.
        confirm: bool,
    },
}

/// One configured portal.
#[derive(Clone, Debug)]
pub struct Portal {
    /// The workspace it belongs to.
    pub workspace: String,
    /// Its name, unique in the whole configuration.
    pub slug: String,
    /// Where its frontend is.
    pub url: Url,
    /// Where its frontend is for test keys.
    pub test_url: Option<Url>,
    /// The query parameter in which its frontend finds the ticket.
    pub session_parameter: String,
    /// Where its users get a new session.
    pub return_url: Option<Url>,
    /// Prefixes that a session's own return URL may have.
    pub return_urls: Vec<Url>,
    /// Serialised origins (RFC 6454) whose pages may call the gateway; its own are always among them.
    pub allowed_origins: Vec<String>,
    /// Where browsers reach the gateway for this portal.
    pub public_url: Url,
    /// Life of its tickets.
    pub ticket_ttl_ms: u64,
    /// What holds for its sessions.
    pub policy: SessionPolicy,
    /// Where a browser arrives with its ticket.
    pub landing: Landing,
    /// How the gateway's pages look for it.
    pub appearance: Appearance,
    /// A disabled portal creates and accepts no sessions.
    pub enabled: bool,
    /// A logout makes the browser delete everything it stores for the answering host, other portals' data included.
    pub clear_site_data: bool,
    /// A browser that was sent home comes back to the page that it asked for.
    pub resume: bool,
    /// Its cookie.
    pub cookie: CookieSettings,
    /// Its pages and apps get tokens that they use themselves (API.md section 9).
    pub direct: bool,
    /// Its signed tokens.
    pub tokens: TokenSettings,
}

impl Portal {
    /// Whether pages of this serialised origin may call the gateway for this portal.
    pub fn lists_origin(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|listed| listed == origin)
    }

    /// Whether a session of this portal may return to `url`.
    pub fn allows_return_to(&self, url: &Url) -> bool {
        self.return_urls.iter().any(|prefix| is_under(url, prefix))
    }

    /// The URL to which a browser takes its ticket, with the ticket in it.
    pub fn entrance(&self, environment: Environment, ticket: &Ticket) -> Url {
        match self.landing {
            Landing::Portal => {
                with_parameter(self.url_for(environment), &self.session_parameter, ticket.expose())
            }
            Landing::Hosted { .. } => {
                let mut url = self.public_url.clone();
                url.set_path(&format!("{}/portal/{}", url.path().trim_end_matches('/'), self.slug));
                with_parameter(&url, SESSION_PARAMETER, ticket.expose())
            }
        }
    }

    /// Where a browser goes that is signed in: to this place within the portal, or to where the portal begins.
    pub fn place(&self, environment: Environment, path: Option<&PortalPath>) -> Url {
        let start = self.url_for(environment);
        path.and_then(|path| path.at(start)).unwrap_or_else(|| start.clone())
    }

    /// Where its frontend is for this environment.
    pub fn url_for(&self, environment: Environment) -> &Url {
        match (environment, &self.test_url) {
            (Environment::Test, Some(test_url)) => test_url,
            (Environment::Test, None) | (Environment::Live, _) => &self.url,
        }
    }
}

/// All portals and keys, ready for look-ups.
#[derive(Debug, Default)]
pub struct Catalog {
    portals: Vec<Arc<Portal>>,
    enabled: AdmittedPortals,
    by_slug: HashMap<String, Arc<Portal>>,
    by_origin: HashMap<String, Vec<Arc<Portal>>>,
    by_cookie_name: HashMap<String, Arc<Portal>>,
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
