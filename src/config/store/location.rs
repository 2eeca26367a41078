//! The forms of `store.url` (docs/deploy.md).
//!
//! Owns: what each form tells: which servers, whether by TLS, and with which credentials.
//! Must not know: the other keys of `[store]`, or how a store is reached.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use secrecy::{ExposeSecret, SecretString};

use super::ignored::ignored_part;
use crate::config::invisible;
use crate::domain::invalid::Invalid;

const FORMS: &str = "Write \"memory:\", \"redis://user:password@host:6379/0\", \
                     \"redis+sentinel://a:26379,b:26379,c:26379/<master name>/0\" or \
                     \"redis+cluster://a:7000,b:7000,c:7000\"; with TLS \"rediss…\" in place of \"redis…\"; \"redis+unix:///path?db=0\" on the same machine.";

const ENCODE: &str = "Write %2F for /, %3F for ?, %23 for #, %40 for @ and %25 for %; or put the password as it is into a \
                      file: store.password_file.";

/// `store.url`
#[derive(Debug)]
pub enum StoreLocation {
    /// In this process.
    Memory,
    /// A single Redis, by TCP, TLS or a Unix socket; the URL may hold a password.
    Redis(SecretString),
    /// The primary that sentinels name.
    Sentinel {
        /// Hosts and ports of the sentinels.
        sentinels: Vec<(String, u16)>,
        /// The primary's name among them.
        master: String,
        /// A `redis://` or `rediss://` URL with the data nodes' credentials and database; its host is not used.
        node: SecretString,
    },
    /// Redis Cluster.
    Cluster {
        /// Hosts and ports of some of its nodes.
        nodes: Vec<(String, u16)>,
        /// A `redis://` or `rediss://` URL with the nodes' credentials; its host is not used.
        node: SecretString,
    },
}

impl StoreLocation {
    /// Whether its servers are reached by TLS.
    pub fn has_tls(&self) -> bool {
        self.node().is_some_and(|node| node.expose_secret().starts_with("rediss:"))
    }

    /// Whether the URL itself holds the password.
    pub fn has_password(&self) -> bool {
        let info = self.node().and_then(|node| node.expose_secret().into_connection_info().ok());
        info.is_some_and(|info| info.redis_settings().password().is_some())
    }

    /// Whether the URL names a user without a password, who would be ignored.
    pub fn has_user_only(&self) -> bool {
        let info = self.node().and_then(|node| node.expose_secret().into_connection_info().ok());
        info.is_some_and(|info| {
            info.redis_settings().username().is_some() && info.redis_settings().password().is_none()
        })
    }

    fn node(&self) -> Option<&SecretString> {
        match self {
            StoreLocation::Memory => None,
            StoreLocation::Redis(node)
            | StoreLocation::Sentinel { node, .. }
            | StoreLocation::Cluster { node, .. } => Some(node),
        }
    }
}

/// Messages never repeat the URL, which may hold a password.
pub fn parse_store_url(text: &str) -> Result<StoreLocation, Invalid> {
    let invalid = |message: &str| Invalid::new(message, FORMS);
    if text == "memory:" {
        return Ok(StoreLocation::Memory);
    }
    // Who reads URLs drops some of these without a word, within a password too.
    let control = text.chars().find(char::is_ascii_control).map(|sign| format!("U+{:04X}", u32::from(sign)));
    if let Some(character) = invisible::in_secret(text).or(control) {
        let message = format!("The URL has the character {character}, which nobody sees.");
        return Err(Invalid::new(message, "Remove it."));
    }
    let (scheme, rest) = text.split_once("://").unwrap_or((text.split(':').next().unwrap_or_default(), ""));
    if !scheme.ends_with("unix") && has_raw_password(rest) {
        return Err(Invalid::new("The password in this URL is not percent-encoded.", ENCODE));
    }
    ignored_part(scheme, rest).map_or(Ok(()), Err)?;
    match scheme {
        "redis" | "rediss" | "redis+unix" if is_readable(text) => {
            Ok(StoreLocation::Redis(SecretString::from(text)))
        }
        "redis" | "rediss" | "redis+unix" => Err(invalid("This Redis URL cannot be read.")),
        "redis+sentinel" | "rediss+sentinel" => parse_sentinel_url(single_scheme(scheme), rest)
            .ok_or_else(|| invalid("This URL of sentinels cannot be read.")),
        "redis+cluster" | "rediss+cluster" => parse_cluster_url(single_scheme(scheme), rest)
            .ok_or_else(|| invalid("This URL of a cluster cannot be read; it has no database.")),
        _ => Err(invalid(
            "Expected memory:, redis://, redis+sentinel:// or redis+cluster://, or with TLS rediss…://.",
        )),
    }
}

fn is_readable(text: &str) -> bool {
    text.into_connection_info().is_ok_and(|info| info.redis_settings().db() >= 0)
}

/// One of these signs ends the part of a URL in which the password is, so what follows it would be taken for a host, a
/// database or nothing at all.
fn has_raw_password(rest: &str) -> bool {
    let end = rest.find(['/', '?', '#']);
    end.zip(rest.rfind('@')).is_some_and(|(end, at)| end < at)
}

/// `rediss+cluster` → `rediss`
fn single_scheme(scheme: &str) -> &str {
    scheme.split('+').next().unwrap_or(scheme)
}

fn parse_sentinel_url(scheme: &str, rest: &str) -> Option<StoreLocation> {
    let (authority, path) = rest.split_once('/')?;
    let (master, database) = path.split_once('/').unwrap_or((path, "0"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if master.is_empty() || !master.bytes().all(is_name) {
        return None;
    }
    let database = database.parse::<u16>().ok()?;
    let (node, sentinels) = split_nodes(scheme, authority, 26_379, database)?;
    Some(StoreLocation::Sentinel { sentinels, master: master.to_owned(), node })
}

fn parse_cluster_url(scheme: &str, rest: &str) -> Option<StoreLocation> {
    let (node, nodes) = split_nodes(scheme, rest.strip_suffix('/').unwrap_or(rest), 6_379, 0)?;
    Some(StoreLocation::Cluster { nodes, node })
}

type Nodes = (SecretString, Vec<(String, u16)>);

/// `user:password@a:1,b:2` → a URL with the credentials, and each host with its port.
fn split_nodes(scheme: &str, authority: &str, default_port: u16, database: u16) -> Option<Nodes> {
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let node = format!("{scheme}://{credentials}nodes:1/{database}");
    node.as_str().into_connection_info().ok()?;
    let addresses: Option<Vec<_>> = hosts.split(',').map(|host| address_of(host, default_port)).collect();
    Some((SecretString::from(node), addresses?))
}

fn address_of(host: &str, default_port: u16) -> Option<(String, u16)> {
    if host.is_empty() || host.contains(['/', '?', '#', '@']) {
        return None;
    }
    // Not `redis://`: for that scheme the parser would fill in the default port.
    let url = url::Url::parse(&format!("node://{host}")).ok()?;
    let info: ConnectionInfo = format!("redis://{host}").as_str().into_connection_info().ok()?;
    let ConnectionAddr::Tcp(host, _) = info.addr() else { return None };
    Some((host.clone(), url.port().unwrap_or(default_port)))
}
