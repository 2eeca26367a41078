//! Where the data is.
//!
//! Owns: what a link must be told about its servers, and under which names their certificates may be.
//! Must not know: configuration files or URLs.

use std::io;
use std::sync::Arc;

use redis::{Client, ConnectionAddr, ConnectionInfo};
use secrecy::SecretString;

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
