//! A single Redis: each fault under load. What is asserted of all of them is in `stage::suffers`.

use crate::stage::suffers;
use crate::support::redis_faults::RedisFault;

/// A test a fault, so that each can be repeated alone.
macro_rules! suffered {
    ($($name:ident: $fault:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            suffers(RedisFault::$fault).await;
        }
    )*};
}

suffered! {
    redis_is_killed_and_comes_back: Killed,
    redis_is_loading: Loading,
    redis_is_stopped: Stopped,
    redis_pauses_its_clients: Paused,
    redis_is_busy_with_a_script: Busy,
    redis_is_out_of_memory: OutOfMemory,
    redis_becomes_read_only: ReadOnly,
    redis_has_lost_its_primary: MasterDown,
    redis_misses_its_replicas: NoReplicas,
    redis_takes_no_more_connections: NoConnections,
    redis_forgets_its_scripts: ScriptsForgotten,
    connections_are_half_open: HalfOpen,
    redis_is_two_seconds_late: Late,
}
