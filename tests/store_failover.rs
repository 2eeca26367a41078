//! What holds when servers die, hang, fall behind or change places: real failovers, each with servers of its own.

mod support;

#[path = "store_failover/broken_connections.rs"]
mod broken_connections;
#[path = "store_failover/cluster.rs"]
mod cluster;
#[path = "store_failover/disagreeing_sentinels.rs"]
mod disagreeing_sentinels;
#[path = "store_failover/fence.rs"]
mod fence;
#[path = "store_failover/hanging_cluster.rs"]
mod hanging_cluster;
#[path = "store_failover/idle.rs"]
mod idle;
#[path = "store_failover/late_sentinels.rs"]
mod late_sentinels;
#[path = "store_failover/load.rs"]
mod load;
#[path = "store_failover/logout.rs"]
mod logout;
#[path = "store_failover/restart.rs"]
mod restart;
#[path = "store_failover/revocation.rs"]
mod revocation;
#[path = "store_failover/secured.rs"]
mod secured;
#[path = "store_failover/sentinels.rs"]
mod sentinels;
#[path = "store_failover/silent_primary.rs"]
mod silent_primary;
#[path = "store_failover/two_primaries.rs"]
mod two_primaries;
#[path = "store_failover/waiting.rs"]
mod waiting;
