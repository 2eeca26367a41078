//! Tells systemd how far the gateway is (sd_notify), where a service of `Type=notify` started it.
//!
//! Owns: which words are sent, and that nobody waits for them: a systemd that is busy takes no more once its socket is full,
//! and the kernel keeps waiting whoever sends then. Without `NOTIFY_SOCKET` in the environment nothing is sent.
//! Must not know: when the gateway is so far; `process` does.

use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::oneshot;

/// A reload has two. Whoever asks for more reloads while systemd hangs has other troubles.
const MOST_WAITING: usize = 64;
/// For the last words, at the end of the process.
const LAST_WORDS: Duration = Duration::from_secs(1);

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

type Words = Vec<NotifyState<'static>>;

/// Whoever started this process, and wants to be told.
pub struct Supervisor {
    /// To the thread that sends, in this order.
    words: SyncSender<Words>,
    /// Its end.
    all_told: oneshot::Receiver<()>,
}

impl Supervisor {
    /// `None` where nobody wants to be told. A thread that cannot be started is told in the log, and stops nobody from being
    /// served.
    #[allow(clippy::disallowed_methods)] // The protocol is a variable of the environment.
    pub fn of_this_process() -> Option<Self> {
        std::env::var_os("NOTIFY_SOCKET")?;
        let (words, waiting) = sync_channel::<Words>(MOST_WAITING);
        let (end, all_told) = oneshot::channel();
        let thread = std::thread::Builder::new().name("systemd".to_owned()).spawn(move || {
            for words in waiting {
                if let Err(error) = sd_notify::notify(&words) {
                    tracing::warn!(%error, ?words, "systemd was not told");
                }
            }
            drop(end);
        });
        if let Err(error) = thread {
            tracing::warn!(%error, "systemd was not told");
            return None;
        }
        Some(Supervisor { words, all_told })
    }

    /// It is told when it listens to it.
    pub fn tell(&self, progress: Progress) {
        let told = words_of(progress).and_then(|words| self.words.try_send(words).map_err(io::Error::other));
        if let Err(error) = told {
            tracing::warn!(%error, ?progress, "systemd was not told");
        }
    }

    /// The process is about to end: what waits is told now, or never.
    pub async fn end(self) {
        drop(self.words);
        // The thread's end is an error here: nothing is ever sent through it.
        let _ = tokio::time::timeout(LAST_WORDS, self.all_told).await;
    }
}

fn words_of(progress: Progress) -> io::Result<Words> {
    Ok(match progress {
        Progress::Ready => vec![NotifyState::Ready],
        // With the time, systemd tells this reload from the one before (Type=notify-reload).
        Progress::Reloading => vec![NotifyState::Reloading, NotifyState::monotonic_usec_now()?],
        Progress::Stopping => vec![NotifyState::Stopping],
    })
}
