//! Examines a server at the first contact, and warns of settings that weaken the gateway's promises.
//!
//! Owns: the words of the warnings. They never prevent a start: what a server does not tell may well be fine. The
//! workers share it, so that each server is examined once in a process, and again once it was away.
//! Must not know: topologies.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, RedisResult};
use tokio::sync::watch;

use super::fault::{is_refused_command, is_unknown};
use super::standing::Standing;

/// What a server costs that lets nobody wait for its replicas.
pub const NO_WAIT: &str = "the store does not let the gateway wait for its replicas: a failover may undo a revocation or a \
                           logout that was answered. Allow its user WAIT (ACL SETUSER … +wait)";

const SILENT: &str = "the store did not tell its settings in time, so nothing is known of them";
const UNKNOWN_ANSWER: &str = "the store answers INFO or WAIT with an error that the gateway does not know";

const STRANGER: &str = "another server names this one, its name is not under the domain of a host in store.url, and its \
                        certificate is checked against the public authorities: any stranger who has one from them gets \
                        the store's password, once the sentinels or the cluster name them. Set store.ca_file, or name a \
                        host of that domain in store.url";

/// Which servers have been examined.
#[derive(Default)]
pub struct Probe {
    fence_failover: bool,
    seen: Mutex<HashSet<String>>,
    /// So many examinations go on.
    running: watch::Sender<usize>,
    /// Each warning once, however often a server is met: only `check` takes them out again.
    found: Mutex<BTreeSet<String>>,
    /// What the calls have shown.
    pub(super) standing: Standing,
}

/// What a server says of itself.
#[derive(Default)]
struct Told {
    /// `INFO`, if it tells.
    info: Option<String>,
    /// Whether it takes `WAIT`.
    waits: bool,
}

impl Probe {
    /// `fence_failover` as in the settings.
    pub fn new(fence_failover: bool) -> Arc<Self> {
        Arc::new(Probe { fence_failover, ..Probe::default() })
    }

    /// Runs in the background, for so long at most; the caller's request does not wait for it.
    /// `server`: its address. Several servers may have one name.
    pub fn look_over(self: &Arc<Self>, server: &str, connection: &MultiplexedConnection, limit: Duration) {
        let server = server.to_owned();
        let is_new = self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(server.clone());
        if !is_new {
            return;
        }
        let (examination, mut connection) = (Examination::begin(self), connection.clone());
        tokio::spawn(async move {
            let probe = &examination.0;
            // The connection has no limit of its own for answers.
            match tokio::time::timeout(limit, ask(&mut connection)).await {
                Ok(Ok(told)) => {
                    if !told.waits {
                        probe.standing.learn_no_wait();
                    }
                    for warning in weaknesses(&told, probe.fence_failover) {
                        if probe.note(&server, &warning) {
                            tracing::warn!(server, "{warning}");
                        }
                    }
                    return;
                }
                // The connection is gone, or it is a replica, only just starting, or lets nobody in: the calls tell that.
                Ok(Err(error)) if !is_unknown(&error) => (),
                Ok(Err(error)) => {
                    let warning = format!("{UNKNOWN_ANSWER}: {error}");
                    if probe.note(&server, &warning) {
                        tracing::warn!(server, "{warning}");
                    }
                }
                Err(_) => {
                    probe.note(&server, SILENT);
                }
            }
            // It says nothing of itself now; the next connection asks again.
            probe.forget(&server);
        });
    }

    /// It could not be reached or asked. The next one at its address, such as after a failover behind one name, may be
    /// another server.
    pub fn forget(&self, server: &str) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(server);
    }

    /// Nobody vouches for this server but itself.
    pub fn meet_stranger(&self, server: &str) {
        if self.note(server, STRANGER) {
            tracing::warn!(server, "{STRANGER}");
        }
    }

    /// Whether that is news.
    fn note(&self, server: &str, warning: &str) -> bool {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.insert(format!("{server}: {warning}"))
    }

    /// Of all servers that were met since this was last asked, once they have been examined, and of who has named them.
    pub async fn weaknesses(&self) -> Vec<String> {
        // The sender is our own, so it cannot be gone.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
        let found = std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner));
        found.into_iter().chain(self.standing.doubt()).collect()
    }

    /// See [`Standing::is_deciding`].
    pub fn is_deciding(&self) -> bool {
        self.standing.is_deciding()
    }
}

/// Counts as running until it is dropped, even if its runtime ends first.
struct Examination(Arc<Probe>);

impl Examination {
    fn begin(probe: &Arc<Probe>) -> Self {
        probe.running.send_modify(|running| *running += 1);
        Examination(probe.clone())
    }
}

impl Drop for Examination {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

/// An error if the server cannot be asked, such as for want of a password. What it refuses to tell is no error.
async fn ask(connection: &mut MultiplexedConnection) -> RedisResult<Told> {
    let info = allowed(redis::cmd("INFO").query_async::<String>(connection).await)?;
    // For no replica: it answers at once.
    let waits = allowed(redis::cmd("WAIT").arg(0).arg(1).query_async::<u64>(connection).await)?;
    Ok(Told { info, waits: waits.is_some() })
}

fn allowed<T>(answer: RedisResult<T>) -> RedisResult<Option<T>> {
    let refused = |error: RedisError| if is_refused_command(&error) { Ok(None) } else { Err(error) };
    answer.map(Some).or_else(refused)
}

/// What to tell the operator of such a server.
fn weaknesses(told: &Told, fence_failover: bool) -> Vec<String> {
    let info = told.info.as_deref().unwrap_or_default();
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
    if !told.waits {
        found.push(NO_WAIT.to_owned());
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
    use super::{Told, weaknesses};

    #[test]
    fn each_weakness_is_told_with_what_to_do() {
        let good = "# Memory\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\nmaster_replid:8c1f\r\n";
        let weaknesses = |info: &str, waits, fence| {
            weaknesses(&Told { info: Some(info.to_owned()).filter(|info| !info.is_empty()), waits }, fence)
        };
        assert_eq!(weaknesses(good, true, true), [""; 0]);
        for (bad, waits, word, fix) in [
            (good.replace("master_replid", "x"), true, "replication ID", "+info"),
            (good.replace("noeviction", "allkeys-lru"), true, "allkeys-lru", "noeviction"),
            (good.replace("aof_enabled:1", "aof_enabled:0"), true, "append-only", "appendonly yes"),
            (good.to_owned(), false, "may undo a revocation", "+wait"),
        ] {
            let found = weaknesses(&bad, waits, true);
            assert!(
                matches!(found.as_slice(), [one] if one.contains(word) && one.contains(fix)),
                "{found:?}"
            );
        }
        let silent = weaknesses("", true, true);
        assert!(matches!(silent.as_slice(), [one] if one.contains("wait_replicas")), "{silent:?}");
        assert!(!weaknesses("", true, false)[0].contains("spent"), "the fence is off on purpose");
    }
}
