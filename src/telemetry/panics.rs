//! Panics, as lines of the log.
//!
//! Owns: the panic hook. The standard library's writes to standard error, where it blocks if nobody reads, and its
//! lines have no request id.
//! Must not know: who catches a panic, or what happens to the request.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// Logs every panic of this process from now on.
pub fn log_them() {
    std::panic::set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let backtrace = Backtrace::capture();
    // Only if RUST_BACKTRACE asks for it.
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(
        location = panic.location().map(ToString::to_string),
        reason = panic.payload_as_str().unwrap_or("none given"),
        backtrace,
        "a panic: this is a defect of the gateway"
    );
}
