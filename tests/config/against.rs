//! What `vestibule check --against` tells of a change.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const SECRET: &str = "canary-0123456789abcdefghijklmnopqrstuvwxyz";
const OTHER_SECRET: &str = "canary-zyxwvutsrqponmlkjihgfedcba9876543210";

/// The configuration of a gateway that runs.
fn running() -> String {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/signing_key.pem");
    format!(
        r#"
[server]
public_url = "https://sessions.example.com"
secret = "{SECRET}"
[store]
url = "redis://user:canary-password@127.0.0.1"
[tokens]
signing_key_files = [{key:?}]
[[workspaces]]
id = "acme"
[[workspaces.root_keys]]
id = "backend"
sha256 = "{}"
environment = "live"
[[workspaces.root_keys]]
id = "support"
sha256 = "{}"
environment = "live"
[[workspaces.portals]]
slug = "billing"
url = "https://billing.example.com/"
public_url = "https://billing.example.com"
[[workspaces.portals]]
slug = "hosted"
url = "https://hosted.example.com/"
landing = "hosted"
direct = true
"#,
        "1".repeat(64),
        "2".repeat(64)
    )
}

struct Said {
    code: Option<i32>,
    text: String,
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file is written");
    path
}

fn check(new: &Path, old: &Path) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let output = command.env_clear().args(["check", "--config"]).arg(new).arg("--against").arg(old).output();
    let output = output.expect("the program runs");
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!text.contains("canary"), "a secret is told: {text}");
    Said { code: output.status.code(), text }
}

/// From the first to the second text.
fn told(old: &str, new: &str) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    check(&file(&folder, "new.toml", new), &file(&folder, "old.toml", old))
}

const RELOAD: &str = "A reload takes in:\n";
const RESTART: &str = "A restart is needed for:\n";
const LOSS: &str = "It cuts off:\n";

#[test]
fn a_change_that_harms_nobody_is_told_and_exits_with_0() {
    let old = running();
    let portal = "[[workspaces.portals]]\nslug = \"fresh\"\nurl = \"https://fresh.example.com/\"\n";
    for (new, expected) in [
        (old.clone(), "Nothing changes against "),
        // The default in words.
        (old.replace("[store]\n", "[store]\ntimeout_ms = 1000\n"), "Nothing changes against "),
        (format!("{old}{portal}"), "  portal \"fresh\": new\n"),
        (format!("{old}resume = false\n"), "  portal \"hosted\": resume: true → false\n"),
        (format!("{old}display_name = \"B\"\n"), "  portal \"hosted\": display_name: none → B\n"),
        (
            format!(
                "{old}[[workspaces.root_keys]]\nid = \"k\"\nenvironment = \"test\"\nsha256 = \"{}\"",
                "3".repeat(64)
            ),
            "  root key \"k\": new\n",
        ),
        (
            old.replace("environment = \"live\"", "environment = \"live\"\ndefault_portal = \"billing\""),
            "  root key \"support\": default_portal: none → billing\n",
        ),
    ] {
        let said = told(&old, &new);
        assert_eq!(said.code, Some(0), "{}", said.text);
        assert!(said.text.contains(expected), "{expected:?} in {}", said.text);
        assert_eq!(said.text.contains(RELOAD), !expected.starts_with("Nothing"), "{}", said.text);
        assert!(!said.text.contains(RESTART) && !said.text.contains(LOSS), "{}", said.text);
    }
}

#[test]
fn what_cuts_somebody_off_is_told_and_exits_with_3() {
    let old = running();
    let billing = "public_url = \"https://billing.example.com\"\n";
    let without = |from: &str, to: &str| {
        let (before, rest) = old.split_once(from).expect("it is there");
        format!("{before}{}", &rest[rest.find(to).expect("it is there")..])
    };
    for (new, expected) in [
        (
            without("[[workspaces.portals]]\nslug = \"billing\"", "[[workspaces.portals]]"),
            "portal \"billing\" is gone: its sessions",
        ),
        (old.replace("id = \"acme\"", "id = \"umbrella\""), "portal \"billing\" is of another workspace"),
        (
            old.replace("id = \"acme\"", "id = \"umbrella\""),
            "root key \"backend\" no longer sees the sessions",
        ),
        (format!("{old}enabled = false\n"), "portal \"hosted\" is disabled"),
        (
            format!("{old}[workspaces.portals.cookie]\nname = \"other\"\n"),
            "portal \"hosted\": its cookie has another name",
        ),
        (
            format!("{old}[workspaces.portals.cookie]\ndomain = \"example.com\"\n"),
            "portal \"hosted\": its cookie has another name",
        ),
        (
            old.replace(billing, "public_url = \"https://pay.example.com\"\n"),
            "portal \"billing\": its cookie has another name, host",
        ),
        (old.replace("direct = true\n", ""), "portal \"hosted\" is direct no more"),
        (old.replace("landing = \"hosted\"", ""), "portal \"hosted\": links that are on their way"),
        (
            old.replace(billing, &format!("{billing}session_parameter = \"code\"\n")),
            "portal \"billing\": links that are",
        ),
        (
            old.replace("https://billing.example.com/\"", "https://pay.example.com/\""),
            "portal \"billing\": links that are",
        ),
        (
            format!("{old}[workspaces.portals.tokens]\naudience = \"x\"\n"),
            "tokens for the audience \"hosted\" are refused",
        ),
        (
            without("[[workspaces.root_keys]]\nid = \"backend\"", "[[workspaces.root_keys]]"),
            "root key \"backend\" is gone: calls",
        ),
        (
            old.replace("environment = \"live\"", "environment = \"live\"\nrights = [\"create\"]"),
            "root key \"support\" loses the rights list, revoke, explain",
        ),
        (
            old.replace("environment = \"live\"", "environment = \"live\"\nportals = [\"hosted\"]"),
            "root key \"support\" no longer sees the portals billing",
        ),
        (
            old.replace("environment = \"live\"", "environment = \"test\""),
            "root key \"support\" no longer sees the sessions",
        ),
        (without("signing_key_files", "[[workspaces]]"), " is gone: tokens that it has signed are refused"),
        (
            without("[[workspaces.portals]]", "landing = \"hosted\"\n")
                .replace("landing = \"hosted\"\ndirect = true\n", ""),
            "no portal is left",
        ),
    ] {
        let said = told(&old, &new);
        assert_eq!(said.code, Some(3), "{expected}: {}", said.text);
        let losses = said.text.split_once(LOSS).map(|(_, losses)| losses).unwrap_or_default();
        assert!(losses.contains(expected), "{expected:?} in {}", said.text);
        assert!(!said.text.contains(RESTART), "{}", said.text);
    }
}

#[test]
fn what_needs_a_restart_is_told_by_the_names_of_keys_and_exits_with_3() {
    let old = running();
    let secret = format!("secret = \"{SECRET}\"");
    let rotated = format!("secret = \"{SECRET}\"\nprevious_secrets = [\"{OTHER_SECRET}\"]");
    let swapped = format!("secret = \"{OTHER_SECRET}\"\nprevious_secrets = [\"{SECRET}\"]");
    for (old, new, keys, loss) in [
        (&old, old.replace("[store]\n", "[store]\ntimeout_ms = 1100\n"), &["store.timeout_ms"][..], None),
        (&old, old.replace(&secret, &rotated), &["server.previous_secrets"], None),
        (
            &old.replace(&secret, &rotated),
            old.replace(&secret, &swapped),
            &["server.secret", "server.previous_secrets"],
            None,
        ),
        (
            &old,
            old.replace(SECRET, OTHER_SECRET),
            &["server.secret"],
            Some("a secret is gone (server.secret"),
        ),
        (
            &old,
            old.replace(&secret, &swapped),
            &["server.secret"],
            Some("the other gateways do not know yet"),
        ),
        (
            &old,
            old.replace("127.0.0.1", "127.0.0.2"),
            &["store.url"],
            Some("store.url: unless the store there holds"),
        ),
        (
            &old,
            old.replace("[store]\n", "[store]\nprefix = \"x\"\n"),
            &["store.prefix"],
            Some("everybody is signed out"),
        ),
        (
            &old,
            old.replace("https://sessions.example.com", "https://in.example.com"),
            &[
                "server.public_url",
                "portal \"hosted\": public_url: https://sessions.example.com/ → https://in.example.com/",
            ],
            Some("portal \"hosted\": links that are on their way"),
        ),
        (
            &old,
            old.replace("https://sessions.example.com", "https://in.example.com"),
            &["server.public_url"],
            Some("server.public_url names the issuer"),
        ),
    ] {
        let said = told(old, &new);
        assert_eq!(said.code, Some(3), "{}", said.text);
        let restart = said.text.split_once(RESTART).map(|(_, restart)| restart).unwrap_or_default();
        for key in keys {
            assert!(restart.contains(&format!("  {key}\n")), "{key} in {}", said.text);
        }
        assert_eq!(said.text.contains(LOSS), loss.is_some(), "{}", said.text);
        assert!(said.text.contains(loss.unwrap_or_default()), "{loss:?} in {}", said.text);
        assert!(!said.text.contains(RELOAD), "{}", said.text);
    }
    let memory = "[server]\nworkers = 1\n";
    let said = told(memory, "[server]\nworkers = 2\n");
    assert!(said.text.contains("the restart signs everybody out"), "{}", said.text);
}

/// The cookie's domain fits the new address, and until the restart the old one is in force.
#[test]
fn a_change_that_a_reload_refuses_is_told() {
    let old = running();
    let new = old.replace("https://sessions.example.com", "https://sessions.example.org");
    let said = told(&old, &format!("{new}[workspaces.portals.cookie]\ndomain = \"example.org\"\n"));
    assert_eq!(said.code, Some(3), "{}", said.text);
    assert!(
        said.text.contains("A reload refuses it") && said.text.contains("cookie.domain: "),
        "{}",
        said.text
    );
    assert!(!said.text.contains(RELOAD), "{}", said.text);
}

#[test]
fn a_fault_in_either_file_exits_with_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(&folder, "good.toml", &running());
    let bad = file(&folder, "bad.toml", "[server]\nlisen = \"x\"\n");
    for (new, old) in [(&good, &bad), (&bad, &good), (&good, &folder.path().join("nowhere.toml"))] {
        let said = check(new, old);
        assert_eq!(said.code, Some(2), "{}", said.text);
        assert!(said.text.contains("1 fault:"), "{}", said.text);
    }
    assert!(check(&good, &bad).text.contains("bad.toml cannot be compared with"));
}

/// As a repository of configurations has them.
#[test]
fn files_of_an_included_folder_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = |name: &str, slug: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.join("teams")).expect("a folder");
        let portal = format!("[[portals]]\nslug = \"{slug}\"\nurl = \"https://x.example.com/\"\n");
        std::fs::write(path.join("teams/a.toml"), portal).expect("a file is written");
        let gateway = path.join("gateway.toml");
        std::fs::write(&gateway, "[[workspaces]]\nid = \"acme\"\ninclude = \"teams\"\n")
            .expect("a file is written");
        gateway
    };
    let said = check(&version("new", "second"), &version("old", "first"));
    for line in
        ["  portal \"second\": new\n", "  portal \"first\": gone\n", "  portal \"first\" is gone: its"]
    {
        assert!(said.text.contains(line), "{line} in {}", said.text);
    }
}
