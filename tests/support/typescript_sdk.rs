//! The TypeScript SDK, as others would install it.
//!
//! Owns: how it is built, and how Node runs something in its folder.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::node;

/// Node in the SDK's folder, with the binary that is tested.
pub fn command(arguments: &[&str]) -> Command {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("sdk/typescript");
    assert!(
        folder.join("node_modules").is_dir(),
        "its tools are missing: run tests/run, which installs them"
    );
    let mut command = Command::new(node::binary());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.env("VESTIBULE_BINARY", env!("CARGO_BIN_EXE_vestibule"));
    command
}

/// To its good end.
pub fn run(arguments: &[&str]) {
    let mut command = command(arguments);
    let output = command.output().expect("node is installed: tests/run installs it");
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{printed}{errors}");
}

/// Once for each test binary.
pub fn build() {
    static BUILT: OnceLock<()> = OnceLock::new();
    BUILT.get_or_init(|| run(&["scripts/build.mjs"]));
}
