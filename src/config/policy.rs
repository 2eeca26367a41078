//! Reads the keys of a portal's policy for its sessions (API.md section 11).
//!
//! Owns: their bounds; 0 switches each off.
//! Must not know: how a session keeps to it.

use serde_json::Value;

use crate::domain::invalid::Invalid;
use crate::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use crate::fields::{Fields, integer, string};

/// What stands in a portal's section.
pub fn read_policy(portal: &mut Fields<'_, '_>) -> SessionPolicy {
    let idle_timeout_seconds = portal.optional("idle_timeout_seconds", off_or(60, 86_400));
    let most = portal.optional("max_sessions_per_user", off_or(1, 1_000)).flatten();
    let when_full = portal.optional("when_full", |value| match string(value)? {
        "end_oldest" => Ok(WhenFull::EndOldest),
        "refuse" => Ok(WhenFull::Refuse),
        _ => Err(Invalid::new("Expected \"end_oldest\" or \"refuse\".", "Write when_full = \"end_oldest\".")),
    });
    let when_full = when_full.unwrap_or_default();
    SessionPolicy {
        idle_timeout_ms: idle_timeout_seconds.flatten().map(|seconds| seconds * 1_000),
        limit: most.map(|most| SessionLimit { most, when_full }),
    }
}

/// None for 0.
fn off_or(least: u64, most: u64) -> impl Fn(&Value) -> Result<Option<u64>, Invalid> {
    move |value| match integer(0, most)(value)? {
        0 => Ok(None),
        number if number < least => {
            let fix = format!("Use 0 for none, or a number from {least} to {most}.");
            Err(Invalid::new(format!("The number is below {least}."), fix))
        }
        number => Ok(Some(number)),
    }
}
