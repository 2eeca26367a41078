//! Root keys as they are configured: whose they are, what they may see and grant.
//!
//! Must not know: the keys themselves; an entry holds a digest.

use super::credential::Digest;
use super::environment::Environment;
use super::permission::Permission;
use super::token_format::TokenFormat;

/// Which portals a root key may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalScope {
    /// All of its workspace.
    All,
    /// These slugs.
    Slugs(Vec<String>),
}

impl PortalScope {
    /// Whether the portal of this slug is among them.
    pub fn has(&self, slug: &str) -> bool {
        match self {
            PortalScope::All => true,
            PortalScope::Slugs(slugs) => slugs.iter().any(|listed| listed == slug),
        }
    }
}

/// One configured root key.
#[derive(Clone, Debug)]
pub struct RootKeyEntry {
    /// The workspace it belongs to.
    pub workspace: String,
    /// Its name, for logs.
    pub id: String,
    /// Of the key.
    pub digest: Digest,
    /// Of the sessions it creates, lists and revokes.
    pub environment: Environment,
    /// Which portals it may see.
    pub portals: PortalScope,
    /// The most that its sessions may be granted.
    pub permissions: Vec<Permission>,
    /// Used if a request names no portal.
    pub default_portal: Option<String>,
    /// Used if a request names no permissions.
    pub default_permissions: Option<Vec<Permission>>,
    /// Used if a request for a direct session names no format.
    pub default_format: TokenFormat,
}

impl RootKeyEntry {
    /// Whether this key may see sessions of this workspace, portal and environment.
    pub fn sees(&self, workspace: &str, slug: &str, environment: Environment) -> bool {
        self.workspace == workspace && self.environment == environment && self.portals.has(slug)
    }
}
