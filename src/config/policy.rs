//! Reads the keys of a portal's policy for its sessions (API.md section 11).
//!
//! Owns: their bounds; 0 switches each off.
//! Must not know: how a session keeps to it.

use serde_json::Value;

use crate::domain::invalid::Invalid;
use crate::domain::policy::SessionPolicy;
use crate::fields::{Fields, integer};

/// What stands in a portal's section.
pub fn read_policy(portal: &mut Fields<'_, '_>) -> SessionPolicy {
    let idle_timeout_seconds = portal.optional("idle_timeout_seconds", off_or(60, 86_400));
    SessionPolicy { idle_timeout_ms: idle_timeout_seconds.flatten().map(|seconds| seconds * 1_000) }
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
