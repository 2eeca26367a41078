//! Root keys as they are configured: whose they are, what they may see, do and grant.
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

/// What a root key may be used for (API.md section 16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To create sessions, pending and direct ones.
    Create,
    /// To list a user's sessions.
    List,
    /// To revoke sessions.
    Revoke,
    /// To be told what became of a session.
    Explain,
}

impl Right {
    /// All of them: what a key has unless its entry says otherwise.
    pub const ALL: [Right; 4] = [Right::Create, Right::List, Right::Revoke, Right::Explain];

    /// As the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Right::Create => "create",
            Right::List => "list",
            Right::Revoke => "revoke",
            Right::Explain => "explain",
        }
    }

    /// Reads what [`Right::name`] writes.
    pub fn from_name(name: &str) -> Option<Self> {
        Right::ALL.into_iter().find(|right| right.name() == name)
    }
}

/// A right as a type, so that a caller who was checked for one cannot be handed to what needs another.
pub trait RightType {
    /// Which it is.
    const RIGHT: Right;
}

macro_rules! right_types {
    ($($name:ident is $right:ident;)*) => {$(
        #[doc = concat!("[`Right::", stringify!($right), "`] as a type.")]
        #[derive(Clone, Debug)]
        pub struct $name;

        impl RightType for $name {
            const RIGHT: Right = Right::$right;
        }
    )*};
}

right_types! {
    ToCreate is Create;
    ToList is List;
    ToRevoke is Revoke;
    ToExplain is Explain;
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
    /// What it may be used for.
    pub rights: Vec<Right>,
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
