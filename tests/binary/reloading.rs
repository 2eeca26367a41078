//! A changed configuration is taken without anybody's signal, however the change comes about.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use super::support::app::{Reply, config};
use super::support::process::{Process, vestibule};
use super::{create, file, text_at};

/// A configuration that is looked at as often as can be.
fn watched() -> String {
    config("memory:").replace("[server]", "[server]\nreload_seconds = 1")
}

fn with_portal(text: &str, slug: &str) -> String {
    let portal =
        format!("[[workspaces.portals]]\nslug = \"{slug}\"\nurl = \"https://{slug}.example.com/\"\n");
    let marker = "[[workspaces.root_keys]]";
    text.replacen(marker, &format!("{portal}{marker}"), 1)
}

fn wait_until_reloaded(process: &mut Process) {
    process.wait_for_line(|line| line.contains("reloaded workspaces"));
    let line: Value = serde_json::from_str(process.output.last().expect("the line")).expect("JSON");
    assert_eq!(line["because"], "a file has changed");
}

/// As an editor saves, and so that no half of it is ever seen.
fn rename_into_place(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("a file is written");
    std::fs::rename(&new, path).expect("it is renamed");
}

/// What Kubernetes does with a mounted ConfigMap: all files are links into a directory that another one replaces.
#[tokio::test]
async fn a_config_map_that_is_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let place = |version: &str, text: &str| {
        let folder = directory.path().join(version);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("gateway.toml"), text).expect("a file is written");
        symlink(version, directory.path().join("..data_tmp")).expect("a link");
        let data = directory.path().join("..data");
        std::fs::rename(directory.path().join("..data_tmp"), data).expect("it is renamed");
    };
    place("..first", &watched());
    let path = directory.path().join("gateway.toml");
    symlink("..data/gateway.toml", &path).expect("a link");
    let mut process = Process::serve(&path);
    assert_eq!(create(&process, "fresh-portal").await.status, 404);
    place("..second", &with_portal(&watched(), "fresh-portal"));
    std::fs::remove_dir_all(directory.path().join("..first")).expect("the former one goes");
    wait_until_reloaded(&mut process);
    assert_eq!(create(&process, "fresh-portal").await.status, 200);
}

/// Nobody could create a session any more.
fn without_root_keys(text: &str) -> String {
    let (mut kept, mut is_key) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with('[') {
            is_key = line == "[[workspaces.root_keys]]";
        }
        if !is_key {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[tokio::test]
async fn bad_files_are_refused_and_a_good_one_is_taken() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &watched());
    let mut process = Process::serve(&path);
    for (bad, reason) in [
        ("this is no TOML".to_owned(), "At line 1, column 6"),
        // A full disk leaves such a file.
        (String::new(), "The file says nothing"),
        (without_root_keys(&watched()), "No root key is left"),
        (watched().replace("url = \"memory:\"", "url = \"mongodb://\""), "Expected memory:"),
    ] {
        rename_into_place(&path, &bad);
        process.wait_for_line(|line| line.contains("the old one stays"));
        let line = process.output.last().expect("the line");
        assert!(line.contains(reason) && line.contains("a file has changed"), "{line}");
        assert_eq!(create(&process, "my-portal").await.status, 200);
    }
    std::fs::remove_file(&path).expect("it is removed");
    process.wait_for_line(|line| line.contains("The file cannot be read"));
    std::fs::write(&path, with_portal(&watched(), "fresh-portal")).expect("a file is written");
    wait_until_reloaded(&mut process);
    assert_eq!(create(&process, "fresh-portal").await.status, 200);
    let refused = process.output.iter().filter(|line| line.contains("the old one stays")).count();
    assert_eq!(refused, 5, "each is told once: {:#?}", process.output);
}

/// Tools that have written a file send the signal too, whatever they have written. Only the root keys may go by it: a
/// key that somebody else knows cannot wait for a restart.
#[tokio::test]
async fn a_signal_takes_no_empty_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = file(&directory, &config("memory:"));
    let mut process = Process::serve(&path);
    for (empty, reason) in [
        ("", "The file says nothing"),
        ("# Nothing else.\n\n", "The file says nothing"),
        ("[[workspaces]]\nid = \"acme\"\n", "No portal is left"),
    ] {
        file(&directory, empty);
        process.signal("-HUP");
        process.wait_for_line(|line| line.contains("the old one stays"));
        let line = process.output.last().expect("the line");
        assert!(line.contains(reason), "{line}");
        assert_eq!(create(&process, "my-portal").await.status, 200);
    }
    file(&directory, &without_root_keys(&config("memory:")));
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("reloaded workspaces"));
    assert_eq!(create(&process, "my-portal").await.status, 401);
}

/// A team's portals would be gone, and nobody would be told.
#[tokio::test]
async fn an_included_file_that_is_emptied_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let teams = directory.path().join("teams");
    std::fs::create_dir(&teams).expect("a folder");
    let portal =
        |slug: &str| format!("[[portals]]\nslug = \"{slug}\"\nurl = \"https://team-{slug}.example.com/\"\n");
    std::fs::write(teams.join("a.toml"), portal("first")).expect("a file is written");
    std::fs::write(teams.join("b.toml"), portal("second")).expect("a file is written");
    let id = "[[workspaces]]\nid = \"acme\"\n";
    let text = watched().replacen(id, &format!("{id}include = \"teams\"\n"), 1);
    assert!(text.contains("include"), "{text}");
    let mut process = Process::serve(&file(&directory, &text));
    for emptied in ["", "\n \n", "# The disk is full."] {
        rename_into_place(&teams.join("b.toml"), emptied);
        process.wait_for_line(|line| line.contains("the old one stays"));
        let line = process.output.last().expect("the line");
        assert!(line.contains("b.toml") && line.contains("has no portal"), "{line}");
        assert_eq!(create(&process, "second").await.status, 200);
    }
    rename_into_place(&teams.join("b.toml"), &(portal("second") + &portal("third")));
    wait_until_reloaded(&mut process);
    assert_eq!(create(&process, "third").await.status, 200);
}

/// It may be meant, for a key that somebody else knows; or the end of its file is lost.
#[tokio::test]
async fn portals_that_no_root_key_sees_any_more_are_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let teams = directory.path().join("teams");
    std::fs::create_dir(&teams).expect("a folder");
    let portal = "[[portals]]\nslug = \"first\"\nurl = \"https://first.example.com/\"\n";
    let key =
        format!("[[root_keys]]\nid = \"team\"\nenvironment = \"live\"\nsha256 = \"{}\"\n", "0".repeat(64));
    let team = teams.join("a.toml");
    std::fs::write(&team, format!("{portal}{key}")).expect("a file is written");
    let alone = "[[workspaces]]\nid = \"team\"\ninclude = \"teams\"\n";
    let mut process = Process::serve(&file(&directory, &format!("{}\n{alone}", watched())));
    rename_into_place(&team, portal);
    process.wait_for_line(|line| line.contains("no root key sees these portals any more"));
    let line = process.output.last().expect("the line");
    assert!(line.contains("\"portals\":\"first\""), "{line}");
    rename_into_place(&team, &format!("{portal}{key}"));
    wait_until_reloaded(&mut process);
    rename_into_place(&path_beside(&team), &portal.replace("first", "fourth"));
    wait_until_reloaded(&mut process);
    process.signal("-TERM");
    let (_, output) = process.end();
    let told = output.iter().filter(|line| line.contains("no root key sees")).count();
    assert_eq!(told, 1, "a portal that never had one is none of them: {output:#?}");
}

fn path_beside(path: &Path) -> std::path::PathBuf {
    path.with_file_name("b.toml")
}

#[tokio::test]
async fn files_that_the_configuration_names_are_looked_at_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "a secret of the tests, long enough to be taken\n").expect("a file is written");
    let line = "secret = \"a secret of the tests, long enough to be taken\"";
    let text = watched();
    assert!(text.contains(line), "{text}");
    let path = file(&directory, &text.replace(line, ""));
    let mut command = vestibule(&["serve", "--config"]);
    let mut process = Process::serve_by(command.arg(&path).env("VESTIBULE__SERVER__SECRET_FILE", &secret));
    rename_into_place(&secret, "another secret of the tests, long enough too\n");
    process.wait_for_line(|line| line.contains("at a restart only"));
    let line = process.output.last().expect("the line");
    assert!(line.contains("\"keys\":\"server.secret\""), "{line}");
    assert!(!process.output.iter().any(|line| line.contains("long enough")), "no secret is told");
}

/// Whoever opens a pipe that nobody writes to waits for ever: neither the next good file nor the end may wait for that.
#[tokio::test]
async fn a_pipe_in_the_place_of_the_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, watched()).expect("a file is written");
    let mut process = Process::serve(&path);
    std::fs::remove_file(&path).expect("it goes");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    process.wait_for_line(|line| line.contains("the old one stays"));
    let refused = process.output.last().expect("the line");
    assert!(refused.contains("it is no regular file"), "{refused}");
    assert_eq!(refused.matches("\"message\":").count(), 1, "a reader takes the last of two: {refused}");
    std::fs::remove_file(&path).expect("it goes");
    rename_into_place(&path, &with_portal(&watched(), "fresh-portal"));
    wait_until_reloaded(&mut process);
    process.signal("-TERM");
    let (status, _) = process.end();
    assert_eq!(status, Some(0));
}

/// A network disk may not answer. The path leads by a detour to a pipe, which the gateway else refuses to open.
#[tokio::test]
async fn a_file_that_hangs_while_it_is_reloaded_does_not_hold_up_the_end() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, watched()).expect("a file is written");
    let process = Process::serve(Path::new(&format!("/proc/self/root{}", path.display())));
    std::fs::remove_file(&path).expect("it goes");
    let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    process.signal("-HUP");
    // Opens as soon as the gateway does, and then nothing comes.
    let writer = std::fs::File::options().write(true).open(&path).expect("a pipe");
    process.signal("-TERM");
    let (status, _) = process.end();
    assert_eq!(status, Some(0));
    drop(writer);
}

/// The store is reached with them, and that is set up at the start.
#[tokio::test]
async fn certificates_in_the_same_files_wait_for_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = ["ca_file", "client_cert_file", "client_key_file"];
    let path_of = |name: &str| directory.path().join(name);
    let renewed = || {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let texts = [made.cert.pem(), made.cert.pem(), made.signing_key.serialize_pem()];
        files.iter().zip(texts).for_each(|(name, text)| rename_into_place(&path_of(name), &text));
    };
    renewed();
    let lines: String = files.iter().map(|name| format!("store.{name} = {:?}\n", path_of(name))).collect();
    let nowhere = watched().replace("\"memory:\"", "\"rediss://127.0.0.1:1\"");
    let mut process = Process::serve(&file(&directory, &format!("{lines}{nowhere}")));
    renewed();
    process.wait_for_line(|line| line.contains("at a restart only"));
    let told = process.output.last().expect("the line");
    for name in files {
        assert!(told.contains(&format!("store.{name}")), "{name} in {told}");
    }
    assert!(!process.output.join("").contains("PRIVATE KEY"), "no key is told");
}

/// The gateway sends its spans on with what it has read at its start. A root key that has become known must go now.
#[tokio::test]
async fn an_authority_that_has_vanished_is_in_no_reloads_way() {
    const NAME: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    let directory = tempfile::tempdir().expect("a directory");
    let authority = directory.path().join("authority.pem");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    std::fs::write(&authority, made.cert.pem()).expect("a file is written");
    let path = file(&directory, &config("memory:"));
    let mut command = vestibule(&["serve", "--config"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "https://127.0.0.1:1").env(NAME, &authority);
    let mut process = Process::serve_by(command.arg(&path));
    assert_eq!(create(&process, "my-portal").await.status, 200);
    std::fs::remove_file(&authority).expect("it is removed");
    file(&directory, &without_root_keys(&config("memory:")));
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("a restart would be refused"));
    assert!(process.output.last().is_some_and(|line| line.contains(NAME)), "{:?}", process.output);
    process.wait_for_line(|line| line.contains("at a restart only"));
    let told = process.output.last().expect("the line");
    assert!(told.contains(&format!("\"keys\":\"{NAME}\"")), "{told}");
    assert_eq!(create(&process, "my-portal").await.status, 401);
}

/// It is read for each connection, and by a reload only to see whether there is one: nobody would try again.
#[tokio::test]
async fn a_reload_that_a_file_was_in_the_way_of_is_tried_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path_of = |name: &str| directory.path().join(name);
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let whole = [("ca_file", made.cert.pem()), ("password_file", "a password\n".to_owned())];
    whole.iter().for_each(|(name, text)| rename_into_place(&path_of(name), text));
    let line_of = |name: &str| format!("store.{name} = {:?}\n", path_of(name));
    let lines: String = whole.iter().map(|(name, _)| line_of(name)).collect();
    let nowhere = watched().replace("\"memory:\"", "\"rediss://user@127.0.0.1:1\"");
    let text = |slug: &str| format!("{lines}{}", with_portal(&nowhere, slug));
    let path = file(&directory, &text("first"));
    let mut process = Process::serve(&path);
    for (name, text_of_file) in &whole {
        let half = &text_of_file[..text_of_file.len() / 2];
        rename_into_place(&path_of(name), if *name == "password_file" { "\n" } else { half });
        rename_into_place(&path, &text(&name.replace('_', "-")));
        process.wait_for_line(|line| line.contains("the old one stays"));
        let refused = process.output.last().expect("the line");
        assert!(refused.contains(&format!("store.{name}")), "{refused}");
        rename_into_place(&path_of(name), text_of_file);
        wait_until_reloaded(&mut process);
    }
}

/// Links, cookies and tokens would else name two gateways.
#[tokio::test]
async fn the_public_address_is_the_same_until_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    let text = config("memory:").replace("public_url = \"https://hosted.example.com\"\n", "");
    let path = file(&directory, &text);
    let mut process = Process::serve(&path);
    let link = |created: Reply| text_at(&created.data(), "url").split('?').next().map(str::to_owned);
    let before = link(create(&process, "hosted-portal").await);
    assert_eq!(before.as_deref(), Some("https://sessions.example.com/portal/hosted-portal"));
    file(&directory, &text.replace("https://sessions.example.com", "https://other.example.com"));
    process.signal("-HUP");
    process.wait_for_line(|line| line.contains("at a restart only"));
    assert!(process.output.last().is_some_and(|line| line.contains("\"keys\":\"server.public_url\"")));
    assert_eq!(link(create(&process, "hosted-portal").await), before);
}
