//! Metrics of the process, under the names that all programs have them.
//!
//! Must not know: what the process does.

use super::families::{Families, Result};

/// Where the system tells them.
#[cfg(target_os = "linux")]
pub fn register(families: &Families<'_>) -> Result<()> {
    families.0.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))
}

/// Only Linux tells them in a way that the library reads.
#[cfg(not(target_os = "linux"))]
pub fn register(_: &Families<'_>) -> Result<()> {
    Ok(())
}
