//! How a command ends that did not do what it was asked for.
//!
//! Owns: the exit codes of failures, and how faults are listed.
//! Must not know: any command.

use std::process::ExitCode;

use vestibule::config::Fault;

/// The exit code for a bad configuration.
pub const BAD_CONFIGURATION: u8 = 2;

/// Says why it failed.
pub fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

/// Every fault of a configuration.
pub fn report(faults: &[Fault]) -> ExitCode {
    eprintln!("The configuration has {}:", counted(faults.len(), "fault"));
    for fault in faults {
        eprintln!("  {fault}");
    }
    ExitCode::from(BAD_CONFIGURATION)
}

/// Such as `1 fault`, `2 faults`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
