//! The gateway as it was last released, built from this repository's history, for tests of a rolling upgrade.
//!
//! Owns: building it once for a machine. The release is the commit in `tests/testdata/former_release.txt`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use super::app::{TestApp, config_from};
use super::process::Process;

const COMMIT: &str = include_str!("../testdata/former_release.txt");
const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// A gateway of the former release on a store, with the configuration of its own tests.
pub struct FormerGateway {
    pub app: TestApp,
    _process: Process,
    _config: NamedTempFile,
}

impl FormerGateway {
    pub fn start(store_url: &str) -> Self {
        Self::start_with(store_url, |text| text)
    }

    /// With a change of that configuration.
    pub fn start_with(store_url: &str, change: impl FnOnce(String) -> String) -> Self {
        let (program, text) = to_serve(store_url);
        let text = change(text);
        let mut config = NamedTempFile::new().expect("a temporary file");
        config.write_all(text.as_bytes()).expect("a file is written");
        let mut command = Command::new(program);
        let process = Process::serve_by(command.args(["serve", "--config"]).arg(config.path()));
        let app = TestApp::of_process(&format!("http://{}", process.address));
        FormerGateway { app, _process: process, _config: config }
    }
}

/// Its program, and the configuration of its own tests on a store.
pub fn to_serve(store_url: &str) -> (PathBuf, String) {
    let release = built();
    let template = std::fs::read_to_string(release.join("source/tests/testdata/gateway.toml"));
    (release.join("vestibule"), config_from(&template.expect("its configuration"), store_url))
}

/// The configuration that it came with, and the one of its own tests, which sets far more.
pub fn its_configurations() -> [String; 2] {
    let read = |path| std::fs::read_to_string(built().join("source").join(path)).expect("its configuration");
    let [shipped, tested] = ["config/default.toml", "tests/testdata/gateway.toml"].map(read);
    [shipped, config_from(&tested, "redis://127.0.0.1:6379/0")]
}

/// Where its source and its binary are.
fn built() -> PathBuf {
    let commit = COMMIT.trim();
    let directory = Path::new(REPOSITORY).join("target/former-release").join(&commit[..12]);
    std::fs::create_dir_all(&directory).expect("a directory");
    // Other tests of this run may want it too.
    let lock = File::create(directory.join("lock")).expect("a file");
    lock.lock().expect("a lock");
    let binary = directory.join("vestibule");
    if !binary.exists() {
        let source = directory.join("source");
        unpack(commit, &source);
        let target = directory.join("target");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--locked", "--bin", "vestibule", "--target-dir"]).arg(&target);
        // Nobody debugs it, and without symbols it is built in less time.
        build.env("CARGO_PROFILE_DEV_DEBUG", "0").current_dir(&source);
        assert!(build.status().expect("cargo runs").success(), "the former release does not build");
        std::fs::copy(target.join("debug/vestibule"), directory.join("unfinished")).expect("a binary");
        // Last: it says that all is there.
        std::fs::rename(directory.join("unfinished"), binary).expect("a binary");
        std::fs::remove_dir_all(target).expect("the rest goes");
    }
    directory
}

fn unpack(commit: &str, source: &Path) {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-C", REPOSITORY]).args(arguments);
        git
    };
    let has_it = git(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).stderr(Stdio::null()).status();
    assert!(
        has_it.expect("git runs").success(),
        "this clone does not have the former release, {commit}: the test of a rolling upgrade builds it from the \
         history. Fetch all of it: git fetch --unshallow"
    );
    std::fs::create_dir_all(source).expect("a directory");
    let mut archive =
        git(&["archive", "--format=tar", commit]).stdout(Stdio::piped()).spawn().expect("git runs");
    let contents = archive.stdout.take().expect("its output is piped");
    let unpacked = Command::new("tar").arg("-x").current_dir(source).stdin(contents).status();
    let archived = archive.wait().expect("git ends");
    assert!(unpacked.expect("tar runs").success() && archived.success(), "{commit} cannot be unpacked");
}
