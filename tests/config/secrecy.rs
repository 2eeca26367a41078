//! What the program says of a bad configuration: all of it, with exit code 2, and never a secret.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Output};

use super::{API_EXAMPLE, PORTAL, load_with, locations};

const CANARY: &str = "canary-of-a-secret";

/// Runs the real program on a file with these variables, and no others of ours.
fn vestibule(arguments: &[&str], text: &str, variables: &[(&str, &str)]) -> Output {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), text).expect("the file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.env_clear().args(arguments).arg("--config").arg(file.path());
    command.envs(variables.iter().copied()).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn no_message_repeats_a_secret() {
    let long = format!("{CANARY}-which-is-longer-than-32-characters");
    let pasted_key = format!(
        "{PORTAL}[[workspaces.root_keys]]\nid = \"k\"\nenvironment = \"live\"\nsha256 = \"rk_live_{CANARY}\""
    );
    let texts = [
        format!("[server]\nsecret = \"{CANARY}\""),
        format!("[server]\nsecret = [\"{long}\"]"),
        format!("[server]\nsecret = {{ value = \"{long}\" }}"),
        format!("[server]\nprevious_secrets = [\"{CANARY}\"]"),
        format!("[server]\nprevious_secrets = \"{long}\""),
        format!("[server]\npublic_url = \"https://user:{CANARY}@example.com\""),
        format!("[store]\nurl = \"redis://user:{CANARY}@localhost:port/0\""),
        format!("[store]\nurl = \"redis://user:{CANARY}@localhost/database\""),
        format!("[store]\nurl = \"redis+cluster://user:{CANARY}@localhost\""),
        format!("[store]\nurl = \"mysql://user:{CANARY}@localhost\""),
        format!("[store]\nurl = \"{CANARY}\""),
        format!("[store]\nurl = [\"redis://:{CANARY}@localhost\"]"),
        pasted_key,
    ];
    for text in texts {
        let faults = load_with(&text, &[]).expect_err(&text);
        assert!(!format!("{faults:?}").contains(CANARY), "{faults:#?}");
    }
}

#[test]
fn no_message_on_broken_toml_repeats_a_secret() {
    let long = format!("{CANARY}-which-is-longer-than-32-characters");
    for text in [
        format!("[server]\nsecret = \"{long}"),
        format!("[server]\nsecret = {long}"),
        format!("[server]\nsecret = \"{long}\" \"x\""),
        format!("[server]\nsecret = \"{long}\"\nsecret = \"{long}\""),
        format!("[server]\nsecret \"{long}\""),
        format!("[store]\nurl = \"redis://:{CANARY}@localhost"),
        format!("[store]\nurl = \"redis://:{CANARY}\\@localhost\""),
    ] {
        let faults = load_with(&text, &[]).expect_err(&text);
        assert!(!format!("{faults:?}").contains(CANARY), "{faults:#?}");
        let place = format!("{faults:?}");
        assert!(place.contains("line 2") || place.contains("line 3"), "it still says where: {place}");
    }
}

#[test]
fn no_message_on_a_variable_repeats_a_secret() {
    let url = format!("redis://:{CANARY}@localhost:port");
    for (name, value) in [
        ("VESTIBULE__SERVER__SECRET", CANARY),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS", CANARY),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS__0", CANARY),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS__5", CANARY),
        ("VESTIBULE__SERVER__SECRET__VALUE", CANARY),
        ("VESTIBULE__STORE__URL", &url),
        ("VESTIBULE__STORE__PASSWORD", CANARY),
        ("VESTIBULE__WORKSPACES__0__ROOT_KEYS__0__SHA256", CANARY),
    ] {
        let faults = load_with(API_EXAMPLE, &[(name, value)]).expect_err(name);
        assert!(!format!("{faults:?}").contains(CANARY), "{name}: {faults:#?}");
    }
}

#[test]
fn settings_can_be_printed_without_their_secrets() {
    let text = API_EXAMPLE
        .replace("0123456789abcdefghijklmnopqrstuvwxyz", &format!("{CANARY}-longer-than-32-characters"))
        .replace("redis://127.0.0.1", &format!("redis://user:{CANARY}@127.0.0.1"))
        .replace(
            "previous_secrets = []",
            &format!("previous_secrets = [\"{CANARY}-longer-than-32-characters\"]"),
        );
    let settings = super::accepted(&text);
    assert_eq!(settings.server.previous_secrets.len(), 1);
    assert!(!format!("{settings:?} {settings:#?}").contains(CANARY));
}

#[test]
fn the_program_tells_every_fault_and_exits_with_2() {
    let bad = "nonsense = 1\n[server]\nlisten = \"nowhere\"\n[store]\nurl = \"redis://:canary-of-a-secret@localhost\"\n";
    for command in ["check", "serve"] {
        let output = vestibule(&[command], bad, &[("VESTIBULE__LIMITS__CREATE_PER_MINUTE", "-1")]);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        for location in ["nonsense:", "server.listen:", "server.secret:", "limits.create_per_minute:"] {
            assert!(said.contains(location), "{location} in {said}");
        }
        assert!(!said.contains(CANARY), "{said}");
        assert!(!said.contains("listening"), "{said}");
    }
}

#[test]
fn the_program_checks_a_good_file_and_exits_with_0() {
    let output = vestibule(&["check"], API_EXAMPLE, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let overridden = vestibule(&["check"], API_EXAMPLE, &[("VESTIBULE__STORE__URL", "nowhere")]);
    assert_eq!(overridden.status.code(), Some(2), "the environment counts");
}

#[test]
fn a_variable_that_is_no_text_is_no_reason_to_crash() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let no_text = OsStr::from_bytes(b"\xff");
    let unrelated = command.arg("check").env_clear().env("UNRELATED", no_text).output();
    let unrelated = unrelated.expect("the program runs");
    assert_eq!(unrelated.status.code(), Some(0), "{}", said(&unrelated));
    let ours = command.env("VESTIBULE__SERVER__LISTEN", no_text).output().expect("the program runs");
    assert_eq!(ours.status.code(), Some(2), "{}", said(&ours));
    assert!(said(&ours).contains("server.listen"), "{}", said(&ours));
}

#[test]
fn a_file_that_is_not_there_is_a_fault_with_its_name() {
    let missing = std::path::PathBuf::from("no/such/file.toml");
    let source = vestibule::config::Source::File(Some(missing));
    let faults = vestibule::config::Settings::load(&source).expect_err("there is no such file");
    assert_eq!(locations(&faults), ["no/such/file.toml"]);
}
