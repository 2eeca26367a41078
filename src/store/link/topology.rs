//! Where the data is.
//!
//! Owns: what a link must be told about its servers, and under which names their certificates may be.
//! Must not know: configuration files or URLs.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use redis::{Client, ConnectionAddr, ConnectionInfo};
use secrecy::SecretString;
use url::Host;

/// Host and port.
pub type Address = (String, u16);

/// Tells the password anew for each connection: whoever rotates it, or lends it for some minutes, writes it anew.
pub type PasswordSource = Arc<dyn Fn() -> io::Result<SecretString> + Send + Sync>;

/// Which servers, and what they want to hear.
#[derive(Clone)]
pub struct Servers {
    /// Which.
    pub topology: Topology,
    /// In place of the password in the topology.
    pub password: Option<PasswordSource>,
    /// Their certificates are checked against authorities of the operator's, and not against the public ones.
    pub own_authority: bool,
}

/// One server, or several, of which one answers for each user.
#[derive(Clone)]
pub enum Topology {
    /// One server.
    Single(Box<ConnectionInfo>),
    /// The primary that sentinels name.
    Sentinel {
        /// Those to ask.
        sentinels: Vec<Client>,
        /// In place of the password in their settings.
        password: Option<PasswordSource>,
        /// The primary's name among them.
        master: String,
        /// Credentials, database and TLS of the primary; its address is not used.
        node: Box<ConnectionInfo>,
    },
    /// Redis Cluster.
    Cluster {
        /// Those to ask first, as host and port.
        nodes: Vec<Address>,
        /// Credentials and TLS of every node; its address is not used.
        node: Box<ConnectionInfo>,
    },
}

impl Topology {
    /// The servers' common settings.
    pub(super) fn node(&self) -> &ConnectionInfo {
        match self {
            Topology::Single(node) | Topology::Sentinel { node, .. } | Topology::Cluster { node, .. } => node,
        }
    }

    /// The hosts that the operator named, where others name the servers.
    pub(super) fn seeds(&self) -> Vec<&str> {
        match self {
            Topology::Single(_) => Vec::new(),
            Topology::Sentinel { sentinels, .. } => {
                sentinels.iter().filter_map(|client| host_of(client.get_connection_info().addr())).collect()
            }
            Topology::Cluster { nodes, .. } => nodes.iter().map(|(host, _)| host.as_str()).collect(),
        }
    }
}

fn host_of(address: &ConnectionAddr) -> Option<&str> {
    match address {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => Some(host),
        ConnectionAddr::Unix(_) | _ => None,
    }
}

/// Where it is, in whatever way its address is written: `127.1` and `::ffff:127.0.0.1` are `127.0.0.1`. What a name stands for is
/// not asked here.
pub fn place_of(info: &ConnectionInfo) -> Address {
    let (host, port) = match info.addr() {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => (host, *port),
        other @ (ConnectionAddr::Unix(_) | _) => return (other.to_string(), 0),
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    // As the resolver reads it, and URLs do: of one to four numbers.
    let of_numbers = || match Host::parse(bare) {
        Ok(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Ok(Host::Ipv6(_) | Host::Domain(_)) | Err(_) => None,
    };
    let name = || bare.trim_end_matches('.').to_ascii_lowercase();
    let ip = bare.parse().ok().or_else(of_numbers);
    (ip.map_or_else(name, |ip: IpAddr| ip.to_canonical().to_string()), port)
}

/// The same at another address, by TLS or not as there.
pub fn node_at(node: &ConnectionInfo, (host, port): &Address) -> ConnectionInfo {
    let (host, port) = (host.clone(), *port);
    let address = match node.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        ConnectionAddr::Tcp(..) | ConnectionAddr::Unix(_) | _ => ConnectionAddr::Tcp(host, port),
    };
    node.clone().set_addr(address)
}
