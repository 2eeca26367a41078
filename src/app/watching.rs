//! Notices that the files of the configuration have changed.
//!
//! Owns: when they are looked at, and that a file which is still being written is let alone: half of it may be valid, and
//! lack the other half's portals. It reads them, for the kernel's notices do not come over a network file system, and are lost
//! when a mounted directory's symlink is swapped or a mounted file is replaced.
//! Must not know: what is in the files, or what a reload does.

use std::time::Duration;

use crate::config::Files;

/// The files as they were when the configuration was last read.
pub struct Watch {
    every: Duration,
    read: Files,
}

impl Watch {
    /// `every`: zero looks never.
    pub fn new(every: Duration, read: Files) -> Self {
        Watch { every, read }
    }

    /// Returns when the files are others than those that were read, and the same for one period.
    pub async fn changed(&self) {
        if self.every.is_zero() || self.read.is_empty() {
            return std::future::pending().await;
        }
        let mut before = None;
        loop {
            tokio::time::sleep(self.every).await;
            let read = self.read.clone();
            // A network file system may not answer for a long time.
            let Ok(now) = tokio::task::spawn_blocking(move || read.read_again()).await else { continue };
            if now != self.read && before.as_ref() == Some(&now) {
                return;
            }
            before = Some(now);
        }
    }

    /// The configuration was read from these, whether or not it was taken.
    pub fn was_read(&mut self, files: Files) {
        self.read = files;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const EVERY: Duration = Duration::from_secs(5);

    struct Watched {
        _directory: tempfile::TempDir,
        path: PathBuf,
        watch: Watch,
    }

    /// A file that was read, and is looked at.
    fn watched(every: Duration) -> Watched {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("gateway.toml");
        std::fs::write(&path, "the first").expect("a file is written");
        let files = Files::default();
        files.read(&path).expect("it is read");
        Watched { _directory: directory, path, watch: Watch::new(every, files) }
    }

    /// Time passes by itself here, so an hour takes no time.
    async fn changes_within(watch: &Watch, time: Duration) -> bool {
        tokio::time::timeout(time, watch.changed()).await.is_ok()
    }

    const AN_HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn a_change_is_noticed_once_whether_or_not_it_was_taken() {
        let mut watched = watched(EVERY);
        assert!(!changes_within(&watched.watch, AN_HOUR).await, "nothing has changed");
        for change in ["the second", "the third"] {
            std::fs::write(&watched.path, change).expect("a file is written");
            assert!(changes_within(&watched.watch, AN_HOUR).await, "{change}");
            watched.watch.was_read(watched.watch.read.read_again());
            assert!(!changes_within(&watched.watch, AN_HOUR).await, "{change}");
        }
        std::fs::remove_file(&watched.path).expect("it is removed");
        assert!(changes_within(&watched.watch, AN_HOUR).await, "it is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_still_being_written_is_let_alone() {
        let watched = watched(EVERY);
        let writing = async {
            for size in 1..20 {
                std::fs::write(&watched.path, "x".repeat(size)).expect("a file is written");
                tokio::time::sleep(EVERY - Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = watched.watch.changed() => panic!("half of it would have been read"),
            () = writing => (),
        }
        assert!(changes_within(&watched.watch, AN_HOUR).await, "it is whole now");
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_be_switched_off() {
        let watched = watched(Duration::ZERO);
        std::fs::write(&watched.path, "the second").expect("a file is written");
        assert!(!changes_within(&watched.watch, AN_HOUR).await);
    }
}
