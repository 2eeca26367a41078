//! Folders of files with portals: what their writers may say, and that every fault names the file and the line.

use vestibule::config::{Fault, Settings, Source};

const KEY: &str = "[[root_keys]]\nid = \"key\"\nenvironment = \"live\"\n";

fn portal(slug: &str) -> String {
    format!("[[portals]]\nslug = \"{slug}\"\nurl = \"http://localhost/{slug}\"\n")
}

fn key(digit: &str) -> String {
    format!("{KEY}sha256 = \"{}\"\n", digit.repeat(64))
}

/// A configuration whose only workspace includes the folder `teams`, with these files.
fn read(files: &[(&str, String)]) -> (Result<Settings, Vec<Fault>>, String) {
    read_with(files, "")
}

/// `more`: of the configuration file.
fn read_with(files: &[(&str, String)], more: &str) -> (Result<Settings, Vec<Fault>>, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder is made");
        std::fs::write(path, text).expect("a file is written");
    };
    write("gateway.toml", &format!("[[workspaces]]\nid = \"acme\"\ninclude = \"teams\"\n{more}"));
    files.iter().for_each(|(name, text)| write(&format!("teams/{name}"), text));
    let read = Settings::load(&Source::File(Some(directory.path().join("gateway.toml"))));
    (read, directory.path().display().to_string())
}

/// Each as it is shown, without the folder.
fn faults(files: &[(&str, String)]) -> Vec<String> {
    told(files, "")
}

fn told(files: &[(&str, String)], more: &str) -> Vec<String> {
    let (read, folder) = read_with(files, more);
    let faults = read.err().unwrap_or_else(|| panic!("it is accepted: {files:?}"));
    faults.iter().map(|fault| fault.to_string().replace(&format!("{folder}/"), "")).collect()
}

#[test]
fn every_file_adds_its_portals_and_hidden_ones_do_not() {
    let (read, _) = read(&[
        ("b.toml", portal("second")),
        ("a.toml", portal("first") + &key("a")),
        (".a.toml.swp", "no TOML".to_owned()),
        ("..2026_11_26/a.toml", "no TOML".to_owned()),
        ("readme.md", "no TOML".to_owned()),
    ]);
    let settings = read.unwrap_or_else(|faults| panic!("{faults:#?}"));
    let slugs: Vec<_> =
        settings.catalog.portals().iter().map(|portal| (&*portal.workspace, &*portal.slug)).collect();
    assert_eq!(slugs, [("acme", "first"), ("acme", "second")]);
    assert_eq!(settings.catalog.root_key_count(), 1);
}

/// A disk that is not mounted, or a checkout that has only begun, must not take all portals away.
#[test]
fn a_folder_without_any_file_is_a_fault() {
    let told = faults(&[(".gitkeep", String::new()), ("readme.md", "no TOML".to_owned())]);
    let [fault] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        fault.starts_with("gateway.toml:3: workspaces[0].include: The folder teams has no file"),
        "{fault}"
    );
}

/// A full disk, or a writer that was stopped, must not take a team's portals away.
#[test]
fn a_file_without_any_portal_is_a_fault() {
    for text in ["", "\n \t\n", "# A comment.", "portals = []", &key("a")] {
        let told = faults(&[("a.toml", portal("first")), ("b.toml", text.to_owned())]);
        let [fault] = told.as_slice() else { panic!("{text}: {told:?}") };
        assert!(fault.starts_with("teams/b.toml: The file has no portal, "), "{fault}");
    }
}

/// Whoever writes such a file is trusted with the portals of that file.
#[test]
fn a_file_can_change_nothing_but_its_own_portals() {
    for (text, place) in [
        (format!("[server]\nlisten = \"0.0.0.0:1\"\n{}", portal("mine")), "teams/a.toml:1: server: "),
        (format!("{}[[workspaces]]\nid = \"other\"\n", portal("mine")), "teams/a.toml:4: workspaces: "),
        (portal("mine") + &key("a") + "portals = [\"theirs\"]", "teams/a.toml:8: root_keys[0].portals[0]: "),
        (portal("mine") + &key("a") + "portals = [\"*\"]", "teams/a.toml:8: root_keys[0].portals[0]: "),
        (key("a") + "portals = [\"theirs\"]", "teams/a.toml: The file has no portal, "),
    ] {
        let found = faults(&[("a.toml", text.clone()), ("b.toml", portal("theirs"))]);
        assert!(matches!(&found[..], [fault] if fault.starts_with(place)), "{place} of {text}: {found:#?}");
    }
}

/// Its writers must not delete what other portals' people have in their browsers.
#[test]
fn a_portal_of_a_file_does_not_reach_beyond_itself() {
    let own = "public_url = \"https://mine.example.com\"\n";
    let theirs = |line: &str| portal("theirs") + line;
    let clear = "clear_site_data = true\n";
    for (text, theirs, place) in [
        (portal("mine") + clear, theirs(""), Some("teams/a.toml:4: portals[0].clear_site_data: ")),
        (portal("mine") + clear + own, theirs(own), Some("teams/a.toml:4: portals[0].clear_site_data: ")),
        (portal("mine") + clear + own, theirs(""), None),
        (portal("mine") + clear + own + &portal("mine-too") + own, theirs(""), None),
        (portal("mine") + "clear_site_data = false", theirs(""), None),
        (
            portal("mine") + "cookie.name = \"sid\"",
            theirs(""),
            Some("teams/a.toml:4: portals[0].cookie.name: "),
        ),
        (portal("mine") + "cookie.name = \"portal_session_x\"", theirs(""), None),
        (portal("mine") + own + "cookie.domain = \"example.com\"", theirs(""), None),
    ] {
        let files = [("a.toml", text.clone()), ("b.toml", theirs)];
        match place {
            None => {
                let read = read_with(&files, "[store]\nallow_memory = true\n").0;
                assert!(read.is_ok(), "{text}: {:?}", read.err());
            }
            Some(place) => {
                let faults = told(&files, "[store]\nallow_memory = true\n");
                assert!(
                    matches!(&faults[..], [fault] if fault.starts_with(place)),
                    "{place} of {text}: {faults:#?}"
                );
            }
        }
    }
    // Whoever writes the configuration file decides for all.
    let in_file = format!(
        "[[workspaces.portals]]\nslug = \"main\"\nurl = \"http://localhost\"\n{clear}cookie.name = \"sid\"\n"
    );
    let read = read_with(&[("a.toml", portal("mine"))], &in_file).0;
    assert!(read.is_ok(), "{:?}", read.err());
}

#[test]
fn a_fault_names_the_file_and_the_line() {
    for (text, expected) in [
        (portal("mine") + "enabled = 1", "teams/b.toml:4: portals[0].enabled: "),
        (portal("mine") + "[portals.cookie]\nsame_site = 1", "teams/b.toml:5: portals[0].cookie.same_site: "),
        (portal("mine") + "[[portals]]\nslug = \"bare\"", "teams/b.toml:4: portals[1].url: "),
        (portal("mine") + "slug = \"again\"", "teams/b.toml: At line 4, "),
        ("portals = 1".to_owned(), "teams/b.toml:1: portals: "),
        ("#".repeat(256 * 1024 + 1), "teams/b.toml: The file has 262145 bytes"),
    ] {
        let found = faults(&[("a.toml", portal("theirs")), ("b.toml", text)]);
        assert!(matches!(&found[..], [fault] if fault.starts_with(expected)), "{expected}: {found:#?}");
    }
}

/// What is in the place of a file may be something else later, under the same name.
#[test]
fn what_is_no_file_is_looked_at_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("gateway.toml");
    std::fs::write(&path, "[[workspaces]]\nid = \"acme\"\ninclude = \"teams\"\n").expect("a file is written");
    let team = directory.path().join("teams/a.toml");
    std::fs::create_dir_all(&team).expect("a folder in its place");
    let source = Source::File(Some(path));
    let refused = source.read();
    assert!(refused.settings.is_err());
    std::fs::remove_dir(&team).expect("it goes");
    std::fs::write(&team, "#".repeat(300 * 1024)).expect("a file is written");
    assert_ne!(refused.files.read_again(), refused.files, "it is another");
    let refused = source.read();
    assert!(refused.settings.is_err(), "it is too large");
    std::fs::write(&team, portal("mine")).expect("a file is written");
    assert_ne!(refused.files.read_again(), refused.files, "it is another");
    assert!(source.read().settings.is_ok());
}

#[test]
fn what_is_there_twice_is_told_with_both_files() {
    let found = faults(&[("a.toml", portal("mine")), ("b.toml", format!("\n{}", portal("mine")))]);
    assert!(found[0].starts_with("teams/b.toml:3: portals[0].slug: There is another portal \"mine\" ("));
    assert!(found[0].contains("teams/a.toml:2)"), "{found:#?}");
    let found = faults(&[("a.toml", portal("one") + &key("a")), ("b.toml", portal("two") + &key("a"))]);
    assert!(found[0].starts_with("teams/b.toml:7: root_keys[0].sha256: "), "{found:#?}");
    assert!(found[0].contains("teams/a.toml:7)") && !found[0].contains("aaaa"), "no digest: {found:#?}");
}

#[test]
fn a_folder_that_is_not_there_is_found() {
    let found = faults(&[]);
    assert!(found[0].starts_with("gateway.toml:3: workspaces[0].include: The folder "), "{found:#?}");
}

/// What a variable has set is in no file.
#[test]
fn a_fault_of_a_variable_names_the_variable() {
    let variable = ("VESTIBULE__SERVER__TRUSTED_PROXIES", "[\"proxy\"]");
    let text = "[server]\nworkers = -1\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    let faults = super::load_with(text, &[variable]).expect_err("it is refused");
    let places: Vec<_> = faults.iter().filter_map(|fault| Some(fault.place.as_ref()?.to_string())).collect();
    assert_eq!(places, ["the configuration file:2", variable.0]);
}
