//! Reads `[server]`, `[limits]`, `[history]` and `[log]`.
//!
//! Owns: the rules of their keys (API.md section 8). Messages never repeat a secret.
//! Must not know: where the document came from.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::http::header::{HeaderName, X_FORWARDED_FOR};
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::invisible;
use super::urls::parse_public_url;
use crate::domain::base62::random_text;
use crate::domain::invalid::Invalid;
use crate::fields::{Fields, integer, parsed, string};

/// Load balancers ask every few seconds who is ready.
const DEFAULT_DRAIN_SECONDS: u64 = 5;
const DEFAULT_RELOAD_SECONDS: u64 = 5;

/// `[server]`
#[derive(Debug)]
pub struct Server {
    /// Of the public listener.
    pub listen: SocketAddr,
    /// Of the metrics' own listener.
    pub metrics_listen: Option<SocketAddr>,
    /// Where browsers reach the gateway.
    pub public_url: Url,
    /// The key for user tags and for the tokens of idempotent exchanges.
    pub secret: SecretString,
    /// Earlier secrets, under which sessions may have been created.
    pub previous_secrets: Vec<SecretString>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How long a gateway that is told to stop goes on serving.
    pub drain: Duration,
    /// How often it looks whether its files have changed; zero: never.
    pub reload: Duration,
    /// The only header that is read for a client's address.
    pub client_address_header: HeaderName,
    /// The proxies that are believed in it.
    pub trusted_proxies: Vec<IpNet>,
}

/// `[limits]`
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Exchanges a minute per client address; 0: as many as they like.
    pub exchange_per_minute: u32,
    /// Creations a minute per root key; 0: as many as they like.
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

/// `[server]`. With Redis a secret is required; in memory one is made up.
pub fn read_server(mut fields: Fields<'_, '_>, in_memory: bool) -> Option<Server> {
    let listen = fields.required("listen", parsed(parse_address));
    let metrics_listen = fields.optional("metrics_listen", parsed(parse_address));
    let public_url = fields.required("public_url", parsed(parse_public_url));
    let secret = fields.optional("secret", parsed(parse_present_secret));
    let previous = fields.list("previous_secrets", |value| parse_secret(string(value)?));
    let workers = fields.optional("workers", integer(0, 1_024));
    let drain_seconds = fields.optional("drain_seconds", integer(0, 300)).unwrap_or(DEFAULT_DRAIN_SECONDS);
    let reload_seconds =
        fields.optional("reload_seconds", integer(0, 3_600)).unwrap_or(DEFAULT_RELOAD_SECONDS);
    let client_address_header = fields.optional("client_address_header", parsed(parse_header_name));
    let trusted_proxies = fields.list("trusted_proxies", |value| parse_network(string(value)?));
    if secret.is_none() && !in_memory && fields.value("secret").is_none() {
        let fix =
            "Run `vestibule keys secret` and set it, the same on every replica (VESTIBULE__SERVER__SECRET).";
        fields.fault("secret", Invalid::new("With Redis a secret is required.", fix));
    }
    fields.finish();
    let secret = secret.unwrap_or_else(|| SecretString::from(random_text()));
    Some(Server {
        listen: listen?,
        metrics_listen,
        public_url: public_url?,
        secret,
        previous_secrets: previous.unwrap_or_default(),
        workers: usize::try_from(workers.unwrap_or(0)).unwrap_or(0),
        drain: Duration::from_secs(drain_seconds),
        reload: Duration::from_secs(reload_seconds),
        client_address_header: client_address_header.unwrap_or(X_FORWARDED_FOR),
        trusted_proxies: trusted_proxies.unwrap_or_default(),
    })
}

/// `[limits]`
pub fn read_limits(mut fields: Fields<'_, '_>) -> Limits {
    let mut per_minute = |name, default| {
        let limit = fields.optional(name, integer(0, 10_000_000)).unwrap_or(default);
        u32::try_from(limit).unwrap_or(u32::MAX)
    };
    let limits = Limits {
        exchange_per_minute: per_minute("exchange_per_minute", 60),
        create_per_minute: per_minute("create_per_minute", 6_000),
    };
    fields.finish();
    limits
}

/// `[history]`
pub fn read_history(mut fields: Fields<'_, '_>) -> Duration {
    let days = fields.optional("days", integer(0, 30)).unwrap_or(7);
    fields.finish();
    Duration::from_secs(days * 86_400)
}

/// `[log]`
pub fn read_log(mut fields: Fields<'_, '_>) -> Log {
    let json = fields.optional("format", |value| match string(value)? {
        "json" => Ok(true),
        "pretty" => Ok(false),
        _ => Err(Invalid::new("Expected \"json\" or \"pretty\".", "Write format = \"json\".")),
    });
    let level = fields.optional("level", |value| {
        let level = string(value)?;
        let fix = "Write level = \"info\", or directives such as \"warn,vestibule=debug\".";
        // It would read as "errors only", without audit lines. Nobody means that by a variable that is set to nothing.
        if level.trim_matches([' ', ',']).is_empty() {
            return Err(Invalid::new("The level is empty.", fix));
        }
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

fn parse_header_name(text: &str) -> Result<HeaderName, Invalid> {
    let fix = "Write the header that your proxy sets, such as \"X-Forwarded-For\", \"Forwarded\" or \"CF-Connecting-IP\".";
    HeaderName::from_bytes(text.as_bytes()).map_err(|_| Invalid::new("This is no name of a header.", fix))
}

fn parse_network(text: &str) -> Result<IpNet, Invalid> {
    let network =
        text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
    network.ok_or_else(|| {
        Invalid::new("Expected an IP address or network.", "Write \"10.0.0.0/8\" or \"192.0.2.7\".")
    })
}

/// A line feed that came along (`echo` into a file, `base64` into Kubernetes) is another secret, and nobody sees it.
fn parse_present_secret(text: &str) -> Result<SecretString, Invalid> {
    let keep = "If sessions were made under it, keep it in server.previous_secrets, as it is, for a day.";
    if text.trim() != text {
        let fix = format!("Remove it: `printf %s` in place of `echo`. {keep}");
        return Err(Invalid::new("The secret has white space at its ends.", fix));
    }
    if let Some(character) = invisible::in_secret(text) {
        let message = format!("The secret has the character {character}, which nobody sees.");
        return Err(Invalid::new(message, format!("Remove it. {keep}")));
    }
    parse_secret(text)
}

fn parse_secret(text: &str) -> Result<SecretString, Invalid> {
    if text.chars().count() >= 32 {
        return Ok(SecretString::from(text));
    }
    let fix = "Run `vestibule keys secret` for a good one.";
    Err(Invalid::new("A secret has at least 32 characters.", fix))
}
