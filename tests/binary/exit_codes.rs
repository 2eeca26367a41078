//! How `serve` ends that does not start, which tells a supervisor whether another try may help.

use std::path::Path;
use std::process::Command;

use super::support::app::config;
use super::support::process::vestibule;
use super::{file, text_of};

/// The exit codes of `serve` and of `check`.
fn codes(path: &Path, variables: &[(&str, &str)]) -> [Option<i32>; 2] {
    ["serve", "check"].map(|command| {
        let mut command: Command = vestibule(&[command, "--config"]);
        let output = command.arg(path).envs(variables.iter().copied()).output().expect("the binary runs");
        assert!(text_of(&output.stderr).contains("fault"), "{}", text_of(&output.stderr));
        output.status.code()
    })
}

/// Variables that name a file which the gateway needs.
const NAME_A_FILE: [&str; 5] = [
    "VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE",
    "VESTIBULE__STORE__PASSWORD_FILE",
    "VESTIBULE__STORE__SENTINEL_PASSWORD_FILE",
    "VESTIBULE__STORE__CA_FILE",
    "VESTIBULE__TOKENS__SIGNING_KEY_FILES__0",
];

/// A disk of the network may not be mounted yet, and a secret may not be written yet.
#[test]
fn a_file_that_is_not_there_may_be_there_at_the_next_try() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = Path::new("/nowhere/gateway.toml");
    assert_eq!(codes(missing, &[]), [Some(1), Some(2)]);
    let path = file(&directory, &config("redis://127.0.0.1:1"));
    for variable in NAME_A_FILE {
        assert_eq!(codes(&path, &[(variable, "/nowhere/file")]), [Some(1), Some(2)], "{variable}");
    }
    let including = |folder: &str| {
        let text = config("memory:")
            .replace("[[workspaces]]\n", &format!("[[workspaces]]\ninclude = \"{folder}\"\n"));
        codes(&file(&directory, &text), &[])
    };
    assert_eq!(including("not-there"), [Some(1), Some(2)]);
    std::fs::create_dir_all(directory.path().join("teams")).expect("a folder");
    assert_eq!(including("teams"), [Some(1), Some(2)], "an empty folder was probably not mounted");
}

/// Whoever writes a file makes it first. An empty one is a secret that is not written yet, or a disk that is full for now.
#[test]
fn a_file_that_is_empty_may_be_written_at_the_next_try() {
    let directory = tempfile::tempdir().expect("a directory");
    let other = directory.path().join("other");
    let name = other.to_str().expect("a path");
    let with_redis = config("redis://127.0.0.1:1");
    for empty in ["", "\n", "\r\n"] {
        std::fs::write(&other, empty).expect("a file is written");
        // Without what it should say, everybody would be signed out.
        let rest = [
            ("VESTIBULE__STORE__URL", "redis://127.0.0.1:1"),
            ("VESTIBULE__SERVER__SECRET", &*"s".repeat(32)),
        ];
        assert_eq!(codes(&other, &rest), [Some(1), Some(2)], "{empty:?}");
        let path = file(&directory, &with_redis);
        for variable in NAME_A_FILE {
            assert_eq!(codes(&path, &[(variable, name)]), [Some(1), Some(2)], "{variable} {empty:?}");
        }
        let secret = with_redis.lines().filter(|line| !line.starts_with("secret = "));
        let path = file(&directory, &secret.collect::<Vec<_>>().join("\n"));
        let variable = ("VESTIBULE__SERVER__SECRET_FILE", name);
        assert_eq!(codes(&path, &[variable]), [Some(1), Some(2)], "{empty:?}");
    }
    let teams = directory.path().join("teams");
    std::fs::create_dir_all(&teams).expect("a folder");
    std::fs::write(teams.join("billing.toml"), "").expect("a file is written");
    let text = config("memory:").replace("[[workspaces]]\n", "[[workspaces]]\ninclude = \"teams\"\n");
    assert_eq!(codes(&file(&directory, &text), &[]), [Some(1), Some(2)]);
}

/// What else is wrong may come of it: a slug that a root key names is in the file that is missing.
#[test]
fn what_is_missing_counts_before_what_is_wrong_beside_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &(config("redis://127.0.0.1:1") + "\n[nonsense]\n"));
    assert_eq!(codes(&path, &[]), [Some(2), Some(2)]);
    let missing = ("VESTIBULE__STORE__PASSWORD_FILE", "/nowhere/file");
    assert_eq!(codes(&path, &[missing]), [Some(1), Some(2)]);
    let unread = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/file");
    assert_eq!(codes(&path, &[unread]), [Some(2), Some(2)], "traces are off, and nobody needs it");
}

/// What a file holds, the next start finds again.
#[test]
fn what_is_in_a_file_is_the_same_at_the_next_try() {
    let directory = tempfile::tempdir().expect("a directory");
    let other = directory.path().join("other");
    let name = other.to_str().expect("a path");
    for bad in [&b"nonsense = 1"[..], b"no TOML", b"\xff", b"\n # a comment\n"] {
        std::fs::write(&other, bad).expect("a file is written");
        assert_eq!(codes(&other, &[]), [Some(2), Some(2)], "{bad:?}");
    }
    let path = file(&directory, &config("redis://127.0.0.1:1"));
    for variable in [
        "VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE",
        "VESTIBULE__STORE__PASSWORD_FILE",
        "VESTIBULE__STORE__CA_FILE",
    ] {
        for bad in [&b"two\nlines"[..], b"\xff"] {
            std::fs::write(&other, bad).expect("a file is written");
            assert_eq!(codes(&path, &[(variable, name)]), [Some(2), Some(2)], "{variable} {bad:?}");
        }
    }
}
