//! Tells systemd how far the gateway is (sd_notify), where a service of `Type=notify` started it.
//!
//! Owns: which words are sent. Without `NOTIFY_SOCKET` in the environment nothing is, and it costs nothing.
//! Must not know: when the gateway is so far; `process` does.

use std::io;

use sd_notify::NotifyState;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It listens, or has reloaded: what waits for the gateway may go on.
    Ready,
    /// It reads its configuration again. `Ready` must follow, however that ends.
    Reloading,
    /// It is about to end.
    Stopping,
}

/// A supervisor that does not listen is told in the log, and stops nobody from being served.
pub fn tell(progress: Progress) {
    if let Err(error) = words_of(progress).and_then(|words| sd_notify::notify(&words)) {
        tracing::warn!(%error, ?progress, "systemd was not told");
    }
}

fn words_of(progress: Progress) -> io::Result<Vec<NotifyState<'static>>> {
    Ok(match progress {
        Progress::Ready => vec![NotifyState::Ready],
        // With the time, systemd tells this reload from the one before (Type=notify-reload).
        Progress::Reloading => vec![NotifyState::Reloading, NotifyState::monotonic_usec_now()?],
        Progress::Stopping => vec![NotifyState::Stopping],
    })
}
