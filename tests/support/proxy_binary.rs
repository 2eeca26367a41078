//! The binaries of proxies, as `tests/run` fetches or installs them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A proxy's binary: the version that `tests/run` fetched, else the one that is installed. Debian keeps nginx
/// where only root looks.
pub fn binary(name: &str) -> Command {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools").join(name);
    let places = [fetched, PathBuf::from(name), Path::new("/usr/sbin").join(name)];
    let runs = |place: &PathBuf| {
        let version = if name == "nginx" { "-v" } else { "version" };
        let version = if name == "envoy" { "--version" } else { version };
        let child = Command::new(place)
            .arg(version)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .status();
        match child {
            Ok(_) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => panic!("{}: {error}", place.display()),
        }
    };
    let place = places.iter().find(|place| runs(place));
    Command::new(place.unwrap_or_else(|| panic!("{name} is not installed: run tests/run, which installs it")))
}
