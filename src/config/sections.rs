//! Reads `[server]`, `[store]`, `[limits]` and `[log]`.
//!
//! Owns: the rules of their keys (API.md section 8). Messages never repeat a secret or a store's URL.
//! Must not know: where the document came from.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::workspaces::parse_public_url;
use super::{Limits, Log, Server, Store, StoreLocation};
use crate::domain::base62::random_text;
use crate::domain::error::Invalid;
use crate::fields::{Fields, boolean, integer, parsed, string};

/// `[server]`; with Redis a secret is required, in memory one is made.
pub fn read_server(mut fields: Fields<'_, '_>, in_memory: bool) -> Option<Server> {
    let listen = fields.required("listen", parsed(parse_address));
    let metrics_listen = fields.optional("metrics_listen", parsed(parse_address));
    let public_url = fields.required("public_url", parsed(parse_public_url));
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
    let secret = secret.unwrap_or_else(|| SecretString::from(random_text()));
    Some(Server {
        listen: listen?,
        metrics_listen,
        public_url: public_url?,
        secret,
        previous_secrets: previous.unwrap_or_default(),
        workers: usize::try_from(workers.unwrap_or(0)).unwrap_or(0),
        trusted_proxies: trusted_proxies.unwrap_or_default(),
    })
}

/// `[store]`
pub fn read_store(mut fields: Fields<'_, '_>) -> Option<Store> {
    let location = fields.required("url", parsed(parse_store_url));
    let timeout_ms = fields.optional("timeout_ms", integer(10, 60_000)).unwrap_or(1_000);
    let ca_certificates = fields.optional("ca_file", |value| read_certificates(string(value)?));
    let fence_failover = fields.optional("fence_failover", boolean).unwrap_or(true);
    fields.optional("wait_replicas", |value| match integer(0, 16)(value)? {
        0 => Ok(()),
        _ => {
            Err(Invalid::new("Waiting for replicas is not part of this version.", "Write wait_replicas = 0."))
        }
    });
    fields.finish();
    let timeout = Duration::from_millis(timeout_ms);
    Some(Store { location: location?, timeout, ca_certificates, fence_failover })
}

/// `[limits]`
pub fn read_limits(mut fields: Fields<'_, '_>) -> Limits {
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
        match level.parse::<tracing_subscriber::EnvFilter>() {
            Ok(_) => Ok(level.to_owned()),
            Err(error) => Err(Invalid::new(format!("The level cannot be read: {error}."), fix)),
        }
    });
    fields.finish();
    Log { json: json.unwrap_or(true), level: level.unwrap_or_else(|| "info".into()) }
}

fn read_certificates(path: &str) -> Result<Vec<u8>, Invalid> {
    let fix = "Name a file of one or more certificates in PEM form.";
    let text = std::fs::read(path)
        .map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))?;
    let is_pem = String::from_utf8_lossy(&text).contains("-----BEGIN CERTIFICATE-----");
    if is_pem { Ok(text) } else { Err(Invalid::new("The file holds no certificate in PEM form.", fix)) }
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
