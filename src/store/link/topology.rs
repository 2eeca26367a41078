//! Where the data is.
//!
//! Owns: what a link must be told about its servers.
//! Must not know: configuration files or URLs.

use redis::{Client, ConnectionInfo};

/// One server, or several, of which one answers for each user.
#[derive(Clone)]
pub enum Topology {
    /// One server.
    Single(Client),
    /// The primary that sentinels name.
    Sentinel {
        /// Those to ask.
        sentinels: Vec<Client>,
        /// The primary's name among them.
        master: String,
        /// Credentials and database of the primary; its address is not used.
        node: Box<ConnectionInfo>,
    },
    /// Redis Cluster.
    Cluster {
        /// Those to ask first, as host and port.
        nodes: Vec<(String, u16)>,
        /// Credentials of every node; its address is not used.
        node: Box<ConnectionInfo>,
    },
}
