//! Settings: the configuration of one gateway, validated.
//!
//! Owns: the rules and defaults of `[server]`, `[store]`, `[errors]`, `[limits]` and `[log]`; every fault is
//! reported at once, with its TOML path. With `app`, the only place that reads files and the environment.
//! Must not know: what the settings are used for.

mod layers;
mod workspaces;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use crate::domain::base62;
use crate::domain::catalog::Catalog;
use crate::domain::error::{Fault, Invalid};
use crate::domain::return_url::parse_http_url;
use crate::fields::{Fields, boolean, integer, parsed, string};

/// The embedded default; its comments are the reference of every key.
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
    /// `[log]`
    pub log: Log,
    /// `[[workspaces]]`
    pub catalog: Catalog,
}

/// `[server]`
#[derive(Debug)]
pub struct Server {
    /// Of the public listener.
    pub listen: SocketAddr,
    /// Of the metrics' own listener.
    pub metrics_listen: Option<SocketAddr>,
    /// Where browsers reach the gateway.
    pub public_url: Url,
    /// The present secret, then the previous ones.
    pub secrets: Vec<SecretString>,
    /// Threads that serve requests.
    pub workers: usize,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[store]`
#[derive(Debug)]
pub struct Store {
    /// Where it is.
    pub location: StoreLocation,
    /// For one try.
    pub timeout: Duration,
    /// Refuse tickets that were minted before a failover or restart of Redis.
    pub fence_failover: bool,
}

/// `store.url`
#[derive(Debug)]
pub enum StoreLocation {
    /// In this process.
    Memory,
    /// A single Redis; the URL may hold a password.
    Redis(SecretString),
}

/// `[limits]`
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Exchanges a minute per client address.
    pub exchange_per_minute: u32,
    /// Creations a minute per root key.
    pub create_per_minute: u32,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    /// One JSON object a line, or text for people.
    pub json: bool,
    /// As in RUST_LOG.
    pub level: String,
}

/// Where settings come from: the embedded default, then these.
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
        // The only place that reads the environment.
        #[allow(clippy::disallowed_methods)]
        Settings::from_layers(&text, std::env::vars())
    }

    /// Reads the embedded default, `text`, and `variables` on top of one another.
    pub fn from_layers(
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Fault>> {
        let mut document = layers::read_toml(DEFAULT, "config/default.toml").map_err(|fault| vec![fault])?;
        layers::merge(
            &mut document,
            layers::read_toml(text, "the configuration file").map_err(|fault| vec![fault])?,
        );
        let mut faults = layers::merge_environment(&mut document, variables);
        let settings = read(&document, &mut faults);
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            Some(_) | None => Err(faults),
        }
    }
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
    let log = read_log(top.section("log"));
    let mut errors = top.section("errors");
    let type_base = errors.optional("type_base", parsed(parse_http_url));
    errors.finish();
    let public_url = server.as_ref().map(|server| server.public_url.clone());
    let public_url = public_url.or_else(|| Url::parse("http://localhost:8080").ok())?;
    let catalog = workspaces::read(&mut top, &public_url);
    top.finish();
    let base = type_base.map_or_else(|| without_slash(&public_url) + "/errors", |base| without_slash(&base));
    Some(Settings { server: server?, store: store?, error_type_base: base, limits, log, catalog })
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn read_server(mut fields: Fields<'_, '_>, in_memory: bool) -> Option<Server> {
    let listen = fields.required("listen", parsed(parse_address));
    let metrics_listen = fields.optional("metrics_listen", parsed(parse_address));
    let public_url = fields.required("public_url", parsed(workspaces::parse_public_url));
    let secret = fields.optional("secret", parsed(parse_secret));
    let previous = fields.list("previous_secrets", |value| parse_secret(string(value)?));
    let workers = fields.optional("workers", integer(0, 1_024));
    let trusted_proxies = fields.list("trusted_proxies", |value| parse_network(string(value)?));
    if secret.is_none() && !in_memory && fields.value("secret").is_none() {
        let fix =
            "Run `vestibule keys secret` and set it, the same on every replica (VESTIBULE__SERVER__SECRET).";
        fields.fault("secret", Invalid::new("With Redis a secret is required.", fix));
    }
    fields.finish();
    let secret = secret.unwrap_or_else(|| SecretString::from(base62::random_text()));
    Some(Server {
        listen: listen?,
        metrics_listen,
        public_url: public_url?,
        secrets: std::iter::once(secret).chain(previous.unwrap_or_default()).collect(),
        workers: usize::try_from(workers.unwrap_or(0)).unwrap_or(0),
        trusted_proxies: trusted_proxies.unwrap_or_default(),
    })
}

fn read_store(mut fields: Fields<'_, '_>) -> Option<Store> {
    let location = fields.required("url", parsed(parse_store_url));
    let timeout_ms = fields.optional("timeout_ms", integer(10, 60_000)).unwrap_or(1_000);
    let fence_failover = fields.optional("fence_failover", boolean).unwrap_or(true);
    fields.optional("wait_replicas", |value| match integer(0, 16)(value)? {
        0 => Ok(()),
        _ => {
            Err(Invalid::new("Waiting for replicas is not part of this version.", "Write wait_replicas = 0."))
        }
    });
    fields.finish();
    Some(Store { location: location?, timeout: Duration::from_millis(timeout_ms), fence_failover })
}

fn read_limits(mut fields: Fields<'_, '_>) -> Limits {
    let mut per_minute = |name, default| {
        let limit = fields.optional(name, integer(1, 10_000_000)).unwrap_or(default);
        u32::try_from(limit).unwrap_or(u32::MAX)
    };
    let limits = Limits {
        exchange_per_minute: per_minute("exchange_per_minute", 60),
        create_per_minute: per_minute("create_per_minute", 6_000),
    };
    fields.finish();
    limits
}

fn read_log(mut fields: Fields<'_, '_>) -> Log {
    let json = fields.optional("format", |value| match string(value)? {
        "json" => Ok(true),
        "pretty" => Ok(false),
        _ => Err(Invalid::new("Expected \"json\" or \"pretty\".", "Write format = \"json\".")),
    });
    let level = fields.optional("level", |value| {
        let level = string(value)?;
        let fix = "Write level = \"info\", or directives such as \"warn,vestibule=debug\".";
        match level.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => Ok(level.to_owned()),
            Err(error) => Err(Invalid::new(format!("The level cannot be read: {error}."), fix)),
        }
    });
    fields.finish();
    Log { json: json.unwrap_or(true), level: level.unwrap_or_else(|| "info".into()) }
}

fn parse_address(text: &str) -> Result<SocketAddr, Invalid> {
    let invalid =
        |_| Invalid::new("Expected an IP address and a port.", "Write \"127.0.0.1:8080\" or \"[::]:8080\".");
    text.parse().map_err(invalid)
}

fn parse_network(text: &str) -> Result<IpNet, Invalid> {
    let network =
        text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
    network.ok_or_else(|| {
        Invalid::new("Expected an IP address or network.", "Write \"10.0.0.0/8\" or \"192.0.2.7\".")
    })
}

fn parse_secret(text: &str) -> Result<SecretString, Invalid> {
    if text.chars().count() >= 32 {
        return Ok(SecretString::from(text));
    }
    let fix = "Run `vestibule keys secret` for a good one.";
    Err(Invalid::new("A secret has at least 32 characters.", fix))
}

/// The message never repeats the URL: it may hold a password.
fn parse_store_url(text: &str) -> Result<StoreLocation, Invalid> {
    let fix = "Write \"memory:\", \"redis://user:password@host:6379/0\" or \"rediss://…\".";
    if text == "memory:" {
        return Ok(StoreLocation::Memory);
    }
    let scheme = text.split(':').next().unwrap_or_default();
    match scheme {
        "redis" | "rediss" if redis::IntoConnectionInfo::into_connection_info(text).is_ok() => {
            Ok(StoreLocation::Redis(SecretString::from(text)))
        }
        "redis" | "rediss" => Err(Invalid::new("This Redis URL cannot be read.", fix)),
        "redis+cluster" | "redis+sentinel" => {
            Err(Invalid::new("Redis Cluster and Sentinel are not part of this version.", fix))
        }
        _ => Err(Invalid::new("Expected memory:, redis:// or rediss://.", fix)),
    }
}
