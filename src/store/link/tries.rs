//! How often a call is made again, and when.
//!
//! Owns: that a call which meets a broken connection is not given up because the next one breaks as well. Whoever closes
//! all connections (`CLIENT KILL`, a proxy that is reloaded, a network that is back) closes those too that are being made,
//! and the first one may have been dead for long, with nobody to notice.
//! Must not know: what is called, or by which route.

use std::time::Duration;

use redis::RedisError;
use tokio::time::Instant;

use super::fault::{is_broken, needs_another_connection};

/// Before each further try. A broken connection shows at once, so without pauses all tries would fall into the moment in which
/// connections are closed. Together they are longer than the nodes of a cluster share that none of them has answered.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(20), Duration::from_millis(60)];

/// Those of one call that have failed.
#[derive(Default)]
pub struct Tries(usize);

impl Tries {
    /// Whether to make the call again, once that may be; never after `deadline`. Nothing but a connection that broke is worth a third
    /// try: a server that refuses, is silent or takes no writes does so again.
    pub async fn go_on_after(&mut self, error: &RedisError, deadline: Instant) -> bool {
        let is_worth_it = if self.0 == 0 { needs_another_connection(error) } else { is_broken(error) };
        let Some(pause) = PAUSES.get(self.0).filter(|_| is_worth_it) else { return false };
        self.0 += 1;
        let next_at = Instant::now() + *pause;
        if !pause.is_zero() && next_at < deadline {
            // On the heap: the futures of all calls would be larger by a timer that hardly one needs.
            Box::pin(tokio::time::sleep_until(next_at)).await;
        }
        next_at < deadline
    }
}
