//! The commands that ask a running gateway: what they say where they cannot.

use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use super::support::app::config;
use super::support::process::{Process, run, vestibule};
use super::{file, free_port, text_of};

fn told(output: &Output) -> (Option<i32>, String) {
    (output.status.code(), text_of(&output.stderr))
}

/// A probe by a path that is mistyped would else be good or bad by chance.
#[test]
fn a_file_that_cannot_be_read_is_named() {
    for command in ["healthcheck", "explain"] {
        let mut command = vestibule(&[command, "--config", "/no/such/file.toml"]);
        if command.get_args().any(|argument| argument == "explain") {
            command.arg("sess_x").env("VESTIBULE_ROOT_KEY", "rk_live_x");
        }
        let address = format!("127.0.0.1:{}", free_port());
        let output = command.env("VESTIBULE__SERVER__LISTEN", &address).output().expect("it runs");
        let (code, text) = told(&output);
        assert_eq!(code, Some(1), "{text}");
        let unread = text.lines().next().unwrap_or_default();
        assert!(
            unread.starts_with("/no/such/file.toml cannot be read: ") && unread.contains(&address),
            "{text}"
        );
    }
}

/// As on a network disk whose server is gone: the gateway serves on, and its probe must not take it for dead.
#[test]
fn a_file_that_does_not_answer_is_not_waited_for() {
    let directory = tempfile::tempdir().expect("a directory");
    let process = Process::serve(&file(&directory, &config("memory:")));
    // Nobody writes into it and nobody closes it, so whoever reads it waits for ever.
    let mut command = vestibule(&["healthcheck", "--config", "/dev/stdin"]);
    command.env("VESTIBULE__SERVER__LISTEN", process.address.to_string());
    let asking = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut asking = asking.expect("it runs");
    let never_written = asking.stdin.take();
    let ended = wait_within(Duration::from_secs(15), &mut asking);
    drop(never_written);
    let (code, text) = told(&asking.wait_with_output().expect("it has ended"));
    assert!(ended, "it waits for the file");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("/dev/stdin cannot be read: it is not read within "), "{text}");
}

/// Whether it ends by then.
fn wait_within(limit: Duration, child: &mut Child) -> bool {
    let deadline = Instant::now() + limit;
    while child.try_wait().expect("it can be waited for").is_none() {
        if Instant::now() > deadline {
            return false;
        }
        // A wait for the condition above, not for time to pass.
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

#[test]
fn a_listener_that_is_not_the_public_one_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = format!("127.0.0.1:{}", free_port());
    let text = config("memory:").replace("[server]", &format!("[server]\nmetrics_listen = \"{metrics}\""));
    let _process = Process::serve(&file(&directory, &text));
    let (code, text) = told(&run(&["healthcheck", "--address", &metrics]));
    assert_eq!(code, Some(1));
    assert!(text.contains("/health/live") && text.contains("server.metrics_listen"), "{text:?}");
}

#[test]
fn a_root_key_that_is_missing_is_told_with_its_variable() {
    for key in [None, Some("")] {
        let mut command = vestibule(&["explain", "sess_x"]);
        command.env_remove("VESTIBULE_ROOT_KEY").envs(key.map(|key| ("VESTIBULE_ROOT_KEY", key)));
        let (code, text) = told(&command.output().expect("it runs"));
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("VESTIBULE_ROOT_KEY") && text.contains("--root-key"), "{text}");
    }
}
