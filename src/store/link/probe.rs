//! Examines a server at the first contact, and warns of settings that weaken the gateway's promises.
//!
//! Owns: the words of the warnings. They never prevent a start: what a server does not tell may well be fine. The
//! workers share it, so that each server is examined once in a process.
//! Must not know: topologies.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use redis::Client;
use redis::aio::MultiplexedConnection;

/// Which servers have been examined.
#[derive(Default)]
pub struct Probe {
    fence_failover: bool,
    seen: Mutex<HashSet<String>>,
}

impl Probe {
    /// `fence_failover` as in the settings.
    pub fn new(fence_failover: bool) -> Arc<Self> {
        Arc::new(Probe { fence_failover, seen: Mutex::default() })
    }

    /// Runs in the background; the caller's request does not wait for it.
    pub fn look_over(self: &Arc<Self>, client: &Client, connection: &MultiplexedConnection) {
        let server = client.get_connection_info().addr().to_string();
        let is_new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(server.clone());
        if !is_new {
            return;
        }
        let (probe, mut connection) = (self.clone(), connection.clone());
        tokio::spawn(async move {
            let info = redis::cmd("INFO").query_async::<String>(&mut connection).await;
            match info {
                Err(error) if error.is_io_error() => {
                    probe.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(&server);
                }
                Ok(_) | Err(_) => {
                    for warning in weaknesses(info.as_deref().unwrap_or_default(), probe.fence_failover) {
                        tracing::warn!(server, "{warning}");
                    }
                }
            }
        });
    }
}

/// What to tell the operator about a server with this `INFO`. It is empty if the server refuses to tell.
fn weaknesses(info: &str, fence_failover: bool) -> Vec<String> {
    let field = |name: &str| {
        let mut fields = info.lines().filter_map(|line| line.trim_end().split_once(':'));
        fields.find(|(field, _)| *field == name).map(|(_, value)| value)
    };
    let mut found = Vec::new();
    if field("master_replid").is_none() {
        let fence = if fence_failover {
            "a session ID that was spent may work again after a failover, and "
        } else {
            ""
        };
        found.push(format!(
            "the store tells no replication ID: {fence}revocations do not wait for its replicas. Allow its user INFO \
             (ACL SETUSER … +info); where it has none, set store.wait_replicas"
        ));
    }
    if let Some(policy) = field("maxmemory_policy").filter(|policy| *policy != "noeviction") {
        found.push(format!(
            "the store's maxmemory-policy is {policy}: when its memory is full it drops sessions, and revocations \
             with them. Set it to noeviction"
        ));
    }
    if field("aof_enabled") == Some("0") {
        found.push(
            "the store keeps no append-only file: a restart loses what it has not saved, revocations too. Set \
             appendonly yes"
                .to_owned(),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::weaknesses;

    #[test]
    fn each_weakness_is_told_with_what_to_do() {
        let good = "# Memory\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nmaster_replid:8c1f\r\n";
        assert_eq!(weaknesses(good, true), [""; 0]);
        for (bad, word, fix) in [
            (good.replace("master_replid", "x"), "replication ID", "+info"),
            (good.replace("noeviction", "allkeys-lru"), "allkeys-lru", "noeviction"),
            (good.replace("aof_enabled:1", "aof_enabled:0"), "append-only", "appendonly yes"),
        ] {
            let found = weaknesses(&bad, true);
            assert!(
                matches!(found.as_slice(), [one] if one.contains(word) && one.contains(fix)),
                "{found:?}"
            );
        }
        let silent = weaknesses("", true);
        assert!(matches!(silent.as_slice(), [one] if one.contains("wait_replicas")), "{silent:?}");
        assert!(!weaknesses("", false)[0].contains("spent"), "the fence is off on purpose");
    }
}
