//! Every fault that a gateway meets in its life, caused for real and under load: answers come in time, an outage
//! is never a logout, recovery needs nobody, and no ticket gives two sessions (docs/internals/reliability.md has the figures).

mod support;

#[cfg(target_os = "linux")] // Where a library can be preloaded.
#[path = "faults/clock.rs"]
mod clock;
#[path = "faults/flood.rs"]
mod flood;
#[path = "faults/gateway.rs"]
mod gateway;
#[path = "faults/records.rs"]
mod records;
#[path = "faults/redis.rs"]
mod redis_under_load;
#[path = "faults/restarts.rs"]
mod restarts;
#[path = "faults/rolling_upgrade.rs"]
mod rolling_upgrade;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/wire.rs"]
mod wire;
