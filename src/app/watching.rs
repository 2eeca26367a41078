//! Notices that the files of the configuration have changed.
//!
//! Owns: when they are looked at, and that a file which is still being written is let alone: half of it may be valid, and
//! lack the other half's portals. It reads them, for the kernel's notices do not come over a network file system, and are lost
//! when a mounted directory's symlink is swapped or a mounted file is replaced.
//! Must not know: what is in the files, or what a reload does.

use std::sync::Arc;
use std::time::Duration;

use super::patience::Patience;
use crate::config::Files;

/// The files of the configuration.
pub struct Watch {
    every: Duration,
    /// As they were when the configuration was last read from them, and taken or refused.
    read: Files,
    /// As they were when they were last looked at. A change may have named others.
    seen: Files,
    patience: Arc<Patience>,
}

impl Watch {
    /// `every`: zero looks never.
    pub fn new(every: Duration, read: Files, patience: Arc<Patience>) -> Self {
        Watch { every, seen: read.clone(), read, patience }
    }

    /// Returns when the files are others than those that were read, and the same for one period.
    pub async fn changed(&mut self) {
        if self.every.is_zero() || self.read.is_empty() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(self.every).await;
            let files = self.seen.clone();
            // A network file system may not answer for a long time.
            let looking = tokio::task::spawn_blocking(move || files.read_again());
            let Ok(now) = self.patience.wait_for(looking).await else { continue };
            if now != self.read && now == self.seen {
                return;
            }
            self.seen = now;
        }
    }

    /// Whether these are the files that have stayed the same. If not, one has changed again meanwhile, or is a new one that
    /// was never looked at before: half of that may be valid too, so they are looked at once more.
    pub fn has_seen(&mut self, files: &Files) -> bool {
        if self.seen == *files {
            return true;
        }
        self.seen = files.clone();
        false
    }

    /// The configuration was read from these, whether or not it was taken.
    pub fn was_read(&mut self, files: Files) {
        self.seen = files.clone();
        self.read = files;
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::telemetry::Metrics;

    const EVERY: Duration = Duration::from_secs(5);

    struct Watched {
        directory: tempfile::TempDir,
        path: PathBuf,
        watch: Watch,
    }

    /// A file that was read, and is looked at.
    fn watched(every: Duration) -> Watched {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("gateway.toml");
        std::fs::write(&path, "the first").expect("a file is written");
        let files = read(&[&path]);
        let patience = Patience::new(Arc::new(Metrics::new().expect("metrics")));
        Watched { directory, path, watch: Watch::new(every, files, Arc::new(patience)) }
    }

    /// As a configuration is read that names them.
    fn read(paths: &[&PathBuf]) -> Files {
        let files = Files::default();
        paths.iter().for_each(|path| drop(files.read(path)));
        files
    }

    /// Time passes by itself here, so an hour takes no time.
    async fn changes_within(watch: &mut Watch, time: Duration) -> bool {
        tokio::time::timeout(time, watch.changed()).await.is_ok()
    }

    const AN_HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test(start_paused = true)]
    async fn a_change_is_noticed_once_whether_or_not_it_was_taken() {
        let mut watched = watched(EVERY);
        assert!(!changes_within(&mut watched.watch, AN_HOUR).await, "nothing has changed");
        for change in ["the second", "the third"] {
            std::fs::write(&watched.path, change).expect("a file is written");
            assert!(changes_within(&mut watched.watch, AN_HOUR).await, "{change}");
            let files = read(&[&watched.path]);
            assert!(watched.watch.has_seen(&files), "{change}");
            watched.watch.was_read(files);
            assert!(!changes_within(&mut watched.watch, AN_HOUR).await, "{change}");
        }
        std::fs::remove_file(&watched.path).expect("it is removed");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await, "it is gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_still_being_written_is_let_alone() {
        let Watched { directory: _directory, path, mut watch } = watched(EVERY);
        let writing = async {
            for size in 1..20 {
                std::fs::write(&path, "x".repeat(size)).expect("a file is written");
                tokio::time::sleep(EVERY - Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            biased;
            () = watch.changed() => panic!("half of it would have been read"),
            () = writing => (),
        }
        assert!(changes_within(&mut watch, AN_HOUR).await, "it is whole now");
    }

    /// Between the last look and the reading, a writer may have begun again.
    #[tokio::test(start_paused = true)]
    async fn what_is_read_is_what_has_stayed_the_same() {
        let mut watched = watched(EVERY);
        std::fs::write(&watched.path, "the second").expect("a file is written");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await);
        std::fs::write(&watched.path, "half of the th").expect("a file is written");
        assert!(!watched.watch.has_seen(&read(&[&watched.path])), "it has changed again");
        std::fs::write(&watched.path, "the third").expect("a file is written");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await);
        assert!(watched.watch.has_seen(&read(&[&watched.path])));
    }

    /// Its name has stayed the same, and nobody has looked into it yet.
    #[tokio::test(start_paused = true)]
    async fn a_file_that_a_change_names_is_looked_at_before_it_is_taken() {
        let mut watched = watched(EVERY);
        let named = watched.directory.path().join("named.toml");
        std::fs::write(&watched.path, "the second, which names another").expect("a file is written");
        std::fs::write(&named, "half of").expect("a file is written");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await);
        assert!(!watched.watch.has_seen(&read(&[&watched.path, &named])), "it is new");
        std::fs::write(&named, "all of it").expect("a file is written");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await);
        assert!(watched.watch.has_seen(&read(&[&watched.path, &named])));
    }

    /// It is read for each connection, so another password is no change; but a reload that was refused for want of one
    /// is tried again.
    #[tokio::test(start_paused = true)]
    async fn a_password_that_comes_is_noticed_and_another_one_is_not() {
        let mut watched = watched(EVERY);
        let path = watched.directory.path().join("password");
        let look = || {
            let files = read(&[&watched.path]);
            (files.look_for_secret(&path).is_ok(), files)
        };
        let (is_there, files) = look();
        assert!(!is_there);
        watched.watch.was_read(files);
        assert!(!changes_within(&mut watched.watch, AN_HOUR).await, "there is none yet");
        std::fs::write(&path, "a password\n").expect("a file is written");
        assert!(changes_within(&mut watched.watch, AN_HOUR).await, "it has come");
        let (is_there, files) = look();
        assert!(is_there && watched.watch.has_seen(&files));
        watched.watch.was_read(files);
        std::fs::write(&path, "another\n").expect("a file is written");
        assert!(!changes_within(&mut watched.watch, AN_HOUR).await);
    }

    #[tokio::test(start_paused = true)]
    async fn it_can_be_switched_off() {
        let mut watched = watched(Duration::ZERO);
        std::fs::write(&watched.path, "the second").expect("a file is written");
        assert!(!changes_within(&mut watched.watch, AN_HOUR).await);
    }
}
