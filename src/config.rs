//! Settings: the validated configuration of one gateway.
//!
//! Owns: the rules and defaults of `[server]`, `[store]`, `[errors]`, `[limits]`, `[history]` and `[log]`; every fault is
//! reported at once, with its TOML path. With `app`, the only place that reads files and the environment.
//! Must not know: what the settings are used for.

mod appearance;
mod document;
mod layers;
mod listen;
mod misspelt;
mod policy;
mod restart;
mod root_keys;
mod secret_files;
mod sections;
mod store;
mod tokens;
mod workspaces;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use crate::domain::catalog::Catalog;
use crate::domain::credential::Digest;
use crate::domain::invalid::{Fault, Invalid};
use crate::domain::return_url::parse_http_url;
use crate::fields::{Fields, parsed};
use crate::tokens::SigningKey;
pub use misspelt::KEYS;
pub use restart::AtRestart;
pub use sections::{Limits, Log, Server};
use sections::{read_history, read_limits, read_log, read_server};
use store::read_store;
pub use store::{ClientCertificate, PasswordFile, Store, StoreLocation};
use tokens::read_tokens;

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
    /// `[tokens]`: the first one signs. None: in memory one is made at the start.
    pub signing_keys: Vec<SigningKey>,
    /// `[[workspaces]]`
    pub catalog: Catalog,
    /// Of the whole document. It may be shown: with Redis the document has a secret that nobody can guess.
    pub hash: u64,
    /// To tell at a reload what needs a restart.
    pub at_restart: AtRestart,
}

/// Where settings come from, on top of the embedded defaults.
#[derive(Clone, Debug)]
pub enum Source {
    /// `--config FILE`, or no file at all.
    File(Option<PathBuf>),
    /// A text, such as [`DEVELOPMENT`].
    Text(String),
}

impl Settings {
    /// Reads all layers; the process environment is the last of them.
    pub fn load(source: &Source) -> Result<Settings, Vec<Fault>> {
        let text = match source {
            Source::Text(text) => text.clone(),
            Source::File(Some(path)) => read_file(path)?,
            Source::File(None) => String::new(),
        };
        Settings::from_layers(&text, variables())
    }

    /// Reads the embedded default, `text`, and `variables` on top of one another.
    pub fn from_layers(
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Fault>> {
        let mut document =
            document::read_toml(DEFAULT, "config/default.toml").map_err(|fault| vec![fault])?;
        layers::merge(
            &mut document,
            document::read_toml(text, "the configuration file").map_err(|fault| vec![fault])?,
        );
        let variables: Vec<(String, String)> = variables.collect();
        let mut faults = misspelt::faults(variables.iter().map(|(name, _)| name.as_str()));
        let (variables, unread) = secret_files::resolve(variables);
        faults.extend(unread);
        faults.extend(layers::merge_environment(&mut document, variables.into_iter()));
        let settings = read(&document, &mut faults);
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            Some(_) | None => Err(faults),
        }
    }
}

/// Where a gateway with this configuration listens. A file that cannot be read tells nothing.
pub fn listen_address(config: Option<&Path>) -> Option<SocketAddr> {
    let file = config.and_then(|path| std::fs::read_to_string(path).ok());
    listen::address_in(variables(), file.as_deref(), DEFAULT)
}

/// The only place that reads the environment. `vars` would panic if any variable of the process is not UTF-8. One of ours
/// that is not UTF-8 reads as empty, which no key accepts.
#[allow(clippy::disallowed_methods)]
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        let name = name.to_string_lossy().into_owned();
        (name, value.into_string().unwrap_or_default())
    })
}

fn read_file(path: &Path) -> Result<String, Vec<Fault>> {
    std::fs::read_to_string(path).map_err(|error| {
        let fix = "Check the path and that the file can be read by this user.";
        vec![Invalid::new(format!("The file cannot be read: {error}."), fix).at(path.display().to_string())]
    })
}

fn read(document: &Map<String, Value>, faults: &mut Vec<Fault>) -> Option<Settings> {
    let mut top = Fields::new(document, "", faults);
    let store = read_store(top.section("store"));
    let in_memory = store.as_ref().is_none_or(|store| matches!(store.location, StoreLocation::Memory));
    let server = read_server(top.section("server"), in_memory);
    let limits = read_limits(top.section("limits"));
    let history = read_history(top.section("history"));
    let log = read_log(top.section("log"));
    let mut errors = top.section("errors");
    let type_base = errors.optional("type_base", parsed(parse_http_url));
    errors.finish();
    let public_url = server.as_ref().map(|server| server.public_url.clone());
    let public_url = public_url.or_else(|| Url::parse("http://localhost:8080").ok())?;
    let signing_keys = read_tokens(top.section("tokens"));
    let can_sign = in_memory || !signing_keys.is_empty();
    let catalog = workspaces::read(&mut top, &public_url, can_sign);
    if let Some(Store { location: StoreLocation::Memory, allow_memory: false, .. }) = &store {
        let all = catalog.portals().iter().map(|portal| &portal.public_url);
        if let Some(url) = std::iter::once(&public_url).chain(all).find(|url| is_public(url)) {
            top.fault("store.url", forgotten_store(url));
        }
    }
    top.finish();
    let base = type_base.map_or_else(|| without_slash(&public_url) + "/errors", |base| without_slash(&base));
    Some(Settings {
        server: server?,
        store: store?,
        error_type_base: base,
        limits,
        history,
        log,
        signing_keys,
        catalog,
        hash: hash_of(document),
        at_restart: AtRestart::of(document),
    })
}

/// 48 bits, which a metric's double holds exactly.
fn hash_of(document: &Map<String, Value>) -> u64 {
    let text = Value::Object(document.clone()).to_string();
    let digest = Digest::of(&text);
    digest.as_bytes()[..6].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// Whether people from elsewhere reach it.
fn is_public(url: &Url) -> bool {
    !matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// `[store]` was probably left out. Each replica would have sessions of its own, and people would be signed out at random.
fn forgotten_store(public_url: &Url) -> Invalid {
    let message = format!(
        "Sessions would be kept in this process only, although people come to {public_url}: another replica would not \
         have them, and a restart would sign everybody out."
    );
    Invalid::new(message, "Set it to your Redis. For a gateway that is alone, set store.allow_memory = true.")
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
