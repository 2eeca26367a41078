//! Private keys of signed tokens, as files, and the configuration of a gateway that signs with them.
//!
//! Owns: the portal whose tokens an API of the tests accepts.

use std::path::{Path, PathBuf};

use super::app::{SIGNING_KEY_FILE, config, in_portal};
use super::process::run;

/// What [`configured`] calls the issuer.
pub const ISSUER: &str = "https://sessions.example.com";
/// The audience of my-portal's tokens.
pub const AUDIENCE: &str = "my-api";

/// `vestibule keys signing`, into a file of this name.
pub fn make_key(directory: &Path, name: &str, algorithm: &str) -> PathBuf {
    let output = run(&["keys", "signing", "--algorithm", algorithm]);
    assert!(output.status.success(), "{output:?}");
    let path = directory.join(name);
    std::fs::write(&path, output.stdout).expect("the file is written");
    path
}

/// A gateway's configuration: these keys sign, and the tokens of my-portal are for an API.
pub fn configured(store_url: &str, keys: &[&Path]) -> String {
    let lines = format!("tokens.audience = \"{AUDIENCE}\"");
    let portal = in_portal("my-portal", &lines);
    let names: Vec<_> = keys.iter().map(|path| path.display().to_string()).collect();
    portal(config(store_url)).replace(&format!("[{SIGNING_KEY_FILE:?}]"), &format!("{names:?}"))
}
