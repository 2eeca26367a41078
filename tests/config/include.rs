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

/// A portal with these keys beside its slug.
fn with(slug: &str, keys: &str) -> String {
    format!("[[portals]]\nslug = \"{slug}\"\n{keys}\n")
}

/// A team must not take the origin of another team's pages, by which calls without a slug are told apart, nor the audience by
/// which its APIs tell tokens apart.
#[test]
fn what_belongs_to_the_portals_of_one_file_no_other_file_takes() {
    let url = |host: &str| format!("url = \"https://{host}.example.com/\"");
    let theirs =
        "\npublic_url = \"https://gateway.example.com\"\nallowed_origins = [\"https://app.example.com\"]";
    let theirs = with("theirs", &(url("theirs") + theirs));
    let memory = "[store]\nallow_memory = true\n";
    for (line, key) in [
        ("allowed_origins = [\"https://theirs.example.com\"]", "allowed_origins"),
        ("allowed_origins = [\"https://gateway.example.com\"]", "allowed_origins"),
        // Of two that list it, the later one is at fault; else the one that only lists it.
        ("allowed_origins = [\"https://app.example.com\"]", "later"),
        ("test_url = \"https://app.example.com/x\"", "--"),
        ("public_url = \"https://theirs.example.com\"", "public_url"),
        ("test_url = \"https://theirs.example.com/x\"", "test_url"),
        ("test_url = \"https://gateway.example.com/x\"", "-"),
        ("tokens.audience = \"theirs\"", "tokens.audience"),
    ] {
        let mine = with("mine", &(url("mine") + "\n" + line));
        for (ours, other) in [("a.toml", "b.toml"), ("b.toml", "a.toml")] {
            let files = [(ours, mine.clone()), (other, theirs.clone())];
            let told = told(&files, memory);
            // The pages have the stronger claim than the gateway's address.
            let expected = match key {
                "-" => format!("teams/{other}:4: portals[0].public_url: "),
                "--" => format!("teams/{other}:5: portals[0].allowed_origins: "),
                "later" if ours == "a.toml" => format!("teams/{other}:5: portals[0].allowed_origins: "),
                "later" => format!("teams/{ours}:4: portals[0].allowed_origins: "),
                key => format!("teams/{ours}:4: portals[0].{key}: "),
            };
            let named = told.iter().all(|fault| fault.contains("\"mine\"") && fault.contains("\"theirs\""));
            let located = told[0].contains("(teams/");
            assert!(
                matches!(&told[..], [fault] if fault.starts_with(&expected)) && named && located,
                "{line}: {told:#?}"
            );
        }
        // Whoever has both, or the configuration file, decides.
        let read = read_with(&[("a.toml", mine.clone() + &theirs)], memory).0;
        assert!(read.is_ok(), "{line}: {:?}", read.err());
        let in_file =
            |text: &str| format!("{}{memory}", text.replace("[[portals]]", "[[workspaces.portals]]"));
        let read = read_with(&[("b.toml", theirs.clone())], &in_file(&mine)).0;
        // What the operator's portal has, or lists, is the operator's.
        assert!(read.is_err(), "{line} is the operator's");
        let read = read_with(&[("a.toml", mine)], &in_file(&theirs)).0;
        assert!(read.is_err(), "{line} takes what is the operator's");
    }
    let mine = with("mine", &url("theirs"));
    let found = told(&[("a.toml", theirs.clone()), ("b.toml", mine)], memory);
    assert!(
        matches!(&found[..], [fault] if fault.starts_with("teams/b.toml:3: portals[0].url: ")),
        "{found:#?}"
    );
    // A slug that is the audience of the operator's.
    let audience = format!("{}\ntokens.audience = \"mine\"", url("main"));
    let in_file = with("main", &audience).replace("[[portals]]", "[[workspaces.portals]]");
    let found = told(&[("a.toml", with("mine", &url("mine")))], &(in_file + memory));
    assert!(
        matches!(&found[..], [fault] if fault.starts_with("teams/a.toml:2: portals[0].slug: ")),
        "{found:#?}"
    );
}

/// What many have without meaning each other.
#[test]
fn files_share_what_is_nobodys_own() {
    for line in [
        "",
        "public_url = \"https://gateway.example.com\"",
        "allowed_origins = [\"https://localhost\", \"capacitor://localhost\", \"http://localhost:3000\"]",
        // Many applications are there.
        "allowed_origins = [\"app://-\"]",
        "test_url = \"http://localhost:3000/\"",
        "test_url = \"http://127.0.0.1:3000/\"",
        "allowed_origins = [\"http://localhost:8080\"]",
        "return_url = \"https://app.example.com/\"",
    ] {
        let portal = |slug: &str| with(slug, &format!("url = \"https://{slug}.example.com/\"\n{line}"));
        let files = [("a.toml", portal("one")), ("b.toml", portal("two"))];
        let read = read_with(&files, "[store]\nallow_memory = true\n").0;
        assert!(read.is_ok(), "{line}: {:?}", read.err());
    }
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

/// The portals of the file are not known, and are not missed.
#[test]
fn a_root_key_of_the_configuration_file_waits_for_a_file_that_cannot_be_read() {
    let key = key("a").replace("[[root_keys]]", "[[workspaces.root_keys]]");
    let key = format!("{key}portals = [\"mine\"]\ndefault_portal = \"mine\"\n");
    for bad in ["no TOML", "", "# Nothing."] {
        let told = told(&[("a.toml", bad.to_owned()), ("b.toml", portal("theirs"))], &key);
        assert!(matches!(&told[..], [fault] if fault.starts_with("teams/a.toml: ")), "{told:#?}");
    }
    let told = told(&[("b.toml", portal("theirs"))], &key);
    assert!(told.len() == 2 && told[0].contains("has no portal \"mine\""), "{told:#?}");
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
