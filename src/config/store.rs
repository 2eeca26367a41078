//! Reads `[store]`.
//!
//! Owns: the rules of its keys and the forms of a store's URL (API.md section 8). Messages never repeat the URL, which
//! may hold a password.
//! Must not know: where the document came from, or how a store is reached.

use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::invalid::Invalid;
use crate::fields::{Fields, boolean, integer, parsed};

/// `[store]`
#[derive(Debug)]
pub struct Store {
    /// Where it is.
    pub location: StoreLocation,
    /// Time for one try.
    pub timeout: Duration,
    /// Authorities (PEM) for the certificate of a `rediss://` server, in place of the public ones.
    pub ca_certificates: Option<Vec<u8>>,
    /// The gateway's own certificate for a `rediss://` server.
    pub client_certificate: Option<ClientCertificate>,
    /// Refuse tickets that were minted before a failover or restart of Redis.
    pub fence_failover: bool,
    /// How many replicas must have an exchange before it is answered.
    pub wait_replicas: u64,
    /// In memory also behind a public address: the gateway is alone, and its sessions may go with it.
    pub allow_memory: bool,
}

/// Both in PEM form.
#[derive(Debug)]
pub struct ClientCertificate {
    /// With its chain.
    pub certificates: Vec<u8>,
    /// Never printed.
    pub key: SecretString,
}

/// `store.url`
#[derive(Debug)]
pub enum StoreLocation {
    /// In this process.
    Memory,
    /// A single Redis; the URL may hold a password.
    Redis(SecretString),
    /// The primary that sentinels name.
    Sentinel {
        /// Hosts and ports of the sentinels.
        sentinels: Vec<(String, u16)>,
        /// The primary's name among them.
        master: String,
        /// A `redis://` URL with the data nodes' credentials and database; its host is not used.
        node: SecretString,
    },
    /// Redis Cluster.
    Cluster {
        /// Hosts and ports of some of its nodes.
        nodes: Vec<(String, u16)>,
        /// A `redis://` URL with the nodes' credentials; its host is not used.
        node: SecretString,
    },
}

/// `[store]`
pub fn read_store(mut fields: Fields<'_, '_>) -> Option<Store> {
    let location = fields.required("url", parsed(parse_store_url));
    let timeout_ms = fields.optional("timeout_ms", integer(10, 5_000)).unwrap_or(1_000);
    let fence_failover = fields.optional("fence_failover", boolean).unwrap_or(true);
    let allow_memory = fields.optional("allow_memory", boolean).unwrap_or(false);
    let wait_replicas = fields.optional("wait_replicas", integer(0, 16)).unwrap_or(0);
    let ca_certificates = fields.optional("ca_file", parsed(read_certificates));
    let certificates = fields.optional("client_cert_file", parsed(read_certificates));
    let key = fields.optional("client_key_file", parsed(read_private_key));
    for (name, other) in [("client_cert_file", "client_key_file"), ("client_key_file", "client_cert_file")] {
        if fields.value(name).is_some() && fields.value(other).is_none() {
            let fix = format!("Set {other} too.");
            fields.fault(name, Invalid::new("A certificate and its key belong together.", fix));
        }
    }
    let has_many_nodes =
        matches!(location, Some(StoreLocation::Sentinel { .. } | StoreLocation::Cluster { .. }));
    for name in ["ca_file", "client_cert_file", "client_key_file"] {
        if has_many_nodes && fields.value(name).is_some() {
            let fix = "Take it out, and let the network between them be private; or use a single rediss://.";
            fields
                .fault(name, Invalid::new("TLS to sentinels or a cluster is not part of this version.", fix));
        }
    }
    let has_no_tls =
        matches!(&location, Some(StoreLocation::Redis(url)) if !url.expose_secret().starts_with("rediss:"));
    for name in ["ca_file", "client_cert_file"] {
        if has_no_tls && fields.value(name).is_some() {
            let fix = "Write rediss:// in store.url, or take it out.";
            fields.fault(name, Invalid::new("The store's URL is redis://: nothing would be encrypted.", fix));
        }
    }
    fields.finish();
    let key = key.and_then(|key| String::from_utf8(key).ok()).map(SecretString::from);
    let client_certificate =
        certificates.zip(key).map(|(certificates, key)| ClientCertificate { certificates, key });
    let timeout = Duration::from_millis(timeout_ms);
    Some(Store {
        location: location?,
        timeout,
        ca_certificates,
        client_certificate,
        fence_failover,
        wait_replicas,
        allow_memory,
    })
}

/// Read as it will be used, so that a file that is cut off is found here and not when it is first needed.
fn read_certificates(path: &str) -> Result<Vec<u8>, Invalid> {
    let fix =
        "Name a file with a whole certificate in PEM form: from -----BEGIN CERTIFICATE----- to the end line.";
    let text = read_file(path, fix)?;
    let unusable = |message: &str| Invalid::new(message.to_owned(), fix);
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|_| unusable("A certificate in the file cannot be read."))?;
        store.add(certificate).map_err(|_| unusable("The file holds something that is no certificate."))?;
    }
    // A file that ends before the end line reads as one without any.
    if store.is_empty() { Err(unusable("The file holds no whole certificate.")) } else { Ok(text) }
}

fn read_private_key(path: &str) -> Result<Vec<u8>, Invalid> {
    let fix = "Name a file with a private key in PEM form.";
    let text = read_file(path, fix)?;
    match PrivateKeyDer::from_pem_slice(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Invalid::new("The file holds no whole private key.", fix)),
    }
}

fn read_file(path: &str, fix: &str) -> Result<Vec<u8>, Invalid> {
    std::fs::read(path).map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))
}

fn parse_store_url(text: &str) -> Result<StoreLocation, Invalid> {
    let fix = "Write \"memory:\", \"redis://user:password@host:6379/0\", \"rediss://…\", \
               \"redis+sentinel://a:26379,b:26379,c:26379/<master name>/0\" or \"redis+cluster://a:7000,b:7000,c:7000\".";
    let invalid = |message: &str| Invalid::new(message, fix);
    if text == "memory:" {
        return Ok(StoreLocation::Memory);
    }
    let (scheme, rest) = text.split_once("://").unwrap_or((text.split(':').next().unwrap_or_default(), ""));
    match scheme {
        // `#insecure` would leave the check of the certificate out; this build cannot, and every call would fail.
        "redis" | "rediss" if text.contains('#') => {
            Err(invalid("A Redis URL has no part after `#`; in a password, write %23."))
        }
        "redis" | "rediss" if text.into_connection_info().is_ok() => {
            Ok(StoreLocation::Redis(SecretString::from(text)))
        }
        "redis" | "rediss" => Err(invalid("This Redis URL cannot be read.")),
        "redis+sentinel" => {
            parse_sentinel_url(rest).ok_or_else(|| invalid("This URL of sentinels cannot be read."))
        }
        "redis+cluster" => parse_cluster_url(rest)
            .ok_or_else(|| invalid("This URL of a cluster cannot be read; it has no database.")),
        _ => Err(invalid("Expected memory:, redis://, rediss://, redis+sentinel:// or redis+cluster://.")),
    }
}

fn parse_sentinel_url(rest: &str) -> Option<StoreLocation> {
    let (authority, path) = rest.split_once('/')?;
    let (master, database) = path.split_once('/').unwrap_or((path, "0"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if master.is_empty() || !master.bytes().all(is_name) {
        return None;
    }
    let database = database.parse::<u16>().ok()?;
    let (node, sentinels) = split_nodes(authority, 26_379, database)?;
    Some(StoreLocation::Sentinel { sentinels, master: master.to_owned(), node })
}

fn parse_cluster_url(rest: &str) -> Option<StoreLocation> {
    let (node, nodes) = split_nodes(rest.strip_suffix('/').unwrap_or(rest), 6_379, 0)?;
    Some(StoreLocation::Cluster { nodes, node })
}

type Nodes = (SecretString, Vec<(String, u16)>);

/// `user:password@a:1,b:2` → a URL with the credentials, and each host with its port.
fn split_nodes(authority: &str, default_port: u16, database: u16) -> Option<Nodes> {
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
        None => (String::new(), authority),
    };
    let node = format!("redis://{credentials}nodes:1/{database}");
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
