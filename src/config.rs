//! Settings: the validated configuration of one gateway.
//!
//! Owns: what a gateway can be told, and that every fault is reported at once, with its TOML path.
//! Must not know: what the settings are used for.

mod appearance;
mod document;
mod files;
mod layers;
mod listen;
mod misspelt;
mod policy;
mod restart;
mod root_keys;
mod secret_files;
mod sections;
mod source;
mod store;
mod telemetry;
mod tokens;
mod whole;
mod workspaces;

use std::time::Duration;

pub use self::files::Files;
pub use self::misspelt::KEYS;
pub use self::restart::AtRestart;
pub use self::sections::{Limits, Log, Server};
pub use self::source::{Loaded, Source, listen_address};
pub use self::store::{ClientCertificate, PasswordFile, Store, StoreLocation};
pub use self::telemetry::Telemetry;
use crate::domain::catalog::Catalog;
use crate::domain::credential::Digest;
use crate::domain::invalid::Fault;
use crate::tokens::SigningKey;

/// The embedded defaults. The comments in this file are the reference for every key.
pub const DEFAULT: &str = include_str!("../config/default.toml");
/// The configuration of `vestibule dev`.
pub const DEVELOPMENT: &str = include_str!("../config/development.toml");

/// Everything a gateway needs to know.
#[derive(Debug)]
pub struct Settings {
    /// `[server]`
    pub server: Server,
    /// `[store]`
    pub store: Store,
    /// `[errors] type_base`, without a slash at its end.
    pub error_type_base: String,
    /// `[limits]`
    pub limits: Limits,
    /// `[history]`: how long what happened to a session is kept after it; zero keeps nothing.
    pub history: Duration,
    /// `[log]`
    pub log: Log,
    /// `[telemetry]`
    pub telemetry: Telemetry,
    /// `[tokens]`: the first one signs. None: in memory one is made at the start.
    pub signing_keys: Vec<SigningKey>,
    /// `[[workspaces]]`
    pub catalog: Catalog,
    /// To tell at a reload what needs a restart.
    pub at_restart: AtRestart,
    /// Of everything else.
    pub rest: Digest,
}

impl Settings {
    /// Reads all layers; the process environment is the last of them.
    pub fn load(source: &Source) -> Result<Settings, Vec<Fault>> {
        source.read().settings
    }

    /// Reads the embedded default, `text`, and `variables` on top of one another.
    pub fn from_layers(
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Fault>> {
        source::from_layers(text, variables, &Files::default())
    }
}
