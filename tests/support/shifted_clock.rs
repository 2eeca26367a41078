//! The clock of a Redis under test, which can jump. (Linux alone: elsewhere a library is not preloaded so.)
//!
//! Not libfaketime, which also shifts the monotonic clock: Redis does not survive it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;

use tempfile::TempDir;

pub struct ShiftedClock {
    directory: TempDir,
    shift: File,
}

impl ShiftedClock {
    /// As the machine's, until it jumps.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/shifted_clock.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o"]);
        let status = compiler.arg(directory.path().join("clock.so")).status();
        assert!(status.expect("a C compiler; ./tests/run installs it").success(), "{source} compiles");
        let shift = File::create(directory.path().join("shift_us")).expect("a file");
        let clock = ShiftedClock { directory, shift };
        clock.jump_to(0);
        clock
    }

    /// So many seconds from the true time.
    pub fn jump_to(&self, seconds: i64) {
        self.shift.write_all_at(&(seconds * 1_000_000).to_ne_bytes(), 0).expect("the clock jumps");
    }

    /// What makes a server live by it.
    pub fn environment(&self) -> [(String, String); 2] {
        let path = |name: &str| self.directory.path().join(name).to_str().expect("a path").to_owned();
        [("LD_PRELOAD".to_owned(), path("clock.so")), ("SHIFTED_CLOCK".to_owned(), path("shift_us"))]
    }
}
