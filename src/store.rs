//! The session store, in two versions: on Redis and in process. `tests/store_contract.rs` tests both the same way.
//!
//! Must not know: HTTP, configuration, or any rule of the product beyond the contract in `domain::ports`.

mod begun_portals;
mod consent;
mod declaring;
mod history;
mod idlers;
mod joined;
mod keys;
mod link;
pub mod memory;
mod ready;
mod record;
pub mod redis;
mod reply;
mod script;
mod scripts;
mod secret;
mod telling;

/// 25 hours: a link and its session are over by then. What must be known of all that live is kept for so long.
const LONGER_THAN_SESSIONS_MS: u64 = 25 * 60 * 60 * 1_000;

/// For `fuzz/` only.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::store::record::{decode, encode_grant, user_agent_line};
}
