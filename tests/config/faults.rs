//! Every fault is found, where it is, and all of them at once.

use super::{PORTAL, SECRET, locations, refused};

#[test]
fn unknown_keys_are_found_at_every_level() {
    let text = r#"
        nonsense = 1
        [section]
        [server]
        nonsense = 1
        [store]
        nonsense = 1
        [errors]
        nonsense = 1
        [limits]
        nonsense = 1
        [history]
        nonsense = 1
        [log]
        nonsense = 1
        [[workspaces]]
        id = "acme"
        nonsense = 1
        [[workspaces.root_keys]]
        id = "key"
        sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
        environment = "live"
        nonsense = 1
        [[workspaces.portals]]
        slug = "first"
        url = "https://first.example/"
        [[workspaces.portals]]
        slug = "second"
        url = "https://second.example/"
        nonsense = 1
        [workspaces.portals.cookie]
        nonsense = 1
    "#;
    let faults = refused(text);
    let expected = [
        "errors.nonsense",
        "history.nonsense",
        "limits.nonsense",
        "log.nonsense",
        "nonsense",
        "section",
        "server.nonsense",
        "store.nonsense",
        "workspaces[0].nonsense",
        "workspaces[0].portals[1].cookie.nonsense",
        "workspaces[0].portals[1].nonsense",
        "workspaces[0].root_keys[0].nonsense",
    ];
    assert_eq!(locations(&faults), expected);
    assert!(faults.iter().all(|fault| !fault.message.is_empty() && fault.fix.contains("Known here: ")));
}

#[test]
fn a_fault_is_told_with_its_place() {
    let table: &[(&str, &[&str])] = &[
        ("[server]\nlisten = \"8080\"", &["server.listen"]),
        ("[server]\nlisten = 8080", &["server.listen"]),
        ("[server]\nmetrics_listen = \"127.0.0.1\"", &["server.metrics_listen"]),
        ("[server]\npublic_url = \"sessions.example.com\"", &["server.public_url"]),
        ("[server]\nsecret = \"31 characters are not enough...\"", &["server.secret"]),
        ("[server]\nsecret = 12345678901234567", &["server.secret"]),
        ("[server]\nprevious_secrets = \"x\"", &["server.previous_secrets"]),
        (
            "[server]\nprevious_secrets = [\"short\", 1]",
            &["server.previous_secrets[0]", "server.previous_secrets[1]"],
        ),
        ("[server]\nworkers = -1", &["server.workers"]),
        ("[server]\nworkers = \"4\"", &["server.workers"]),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"proxy\", \"10.0.0.0/33\"]",
            &["server.trusted_proxies[1]", "server.trusted_proxies[2]"],
        ),
        ("limits = 1", &["limits"]),
        ("[store]\nurl = \"\"", &["store.url"]),
        ("[store]\nurl = \"memory\"", &["store.url"]),
        ("[store]\nurl = \"http://localhost\"", &["store.url"]),
        ("[store]\nurl = \"redis://localhost:port\"", &["store.url"]),
        ("[store]\ntimeout_ms = 0", &["store.timeout_ms"]),
        ("[store]\nwait_replicas = 17", &["store.wait_replicas"]),
        ("[store]\nca_file = \"/nowhere\"", &["store.ca_file"]),
        ("[store]\nsentinel_password = \" word\"", &["store.sentinel_password"]),
        ("[store]\npassword_file = \"/nowhere\"", &["store.password_file"]),
        ("[store]\npassword_file = \"/dev/null\"", &["store.password_file"]),
        ("[store]\nsentinel_password_file = \"/nowhere\"", &["store.sentinel_password_file"]),
        ("[store]\nprefix = \"\"", &["store.prefix"]),
        ("[store]\nprefix = \"a{b}\"", &["store.prefix"]),
        ("[store]\nprefix = \"a*\"", &["store.prefix"]),
        ("[store]\nprefix = \"vst:team\"", &["store.prefix"]),
        ("[store]\nfence_failover = \"true\"", &["store.fence_failover"]),
        ("[errors]\ntype_base = \"/errors\"", &["errors.type_base"]),
        ("[limits]\nexchange_per_minute = 10000001", &["limits.exchange_per_minute"]),
        ("[limits]\ncreate_per_minute = 6000.5", &["limits.create_per_minute"]),
        ("[history]\ndays = 31", &["history.days"]),
        ("[history]\ndays = -1", &["history.days"]),
        ("[log]\nformat = \"xml\"", &["log.format"]),
        ("[log]\nlevel = \"vestibule=loud\"", &["log.level"]),
        ("[log]\nlevel = \"\"", &["log.level"]),
        ("[log]\nlevel = \" , \"", &["log.level"]),
        ("workspaces = \"acme\"", &["workspaces"]),
        ("workspaces = [1]", &["workspaces[0]"]),
        ("[[workspaces]]", &["workspaces[0].id"]),
        ("[[workspaces]]\nid = \"\"", &["workspaces[0].id"]),
        ("[[workspaces]]\nid = \"a\"\nportals = 1", &["workspaces[0].portals"]),
    ];
    for (text, expected) in table {
        assert_eq!(locations(&refused(text)), *expected, "{text}");
    }
}

/// Somebody believes that it does something.
#[test]
fn what_would_have_no_effect_is_found() {
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/authority.pem");
    let ca_file = format!("ca_file = {authority:?}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "a word\n").expect("a file is written");
    let password_file = format!("password_file = {:?}", file.path());
    let sentinels_file = format!("sentinel_{password_file}");
    let both = format!("sentinel_password = \"word\"\n{sentinels_file}");
    let (password, user) = ("sentinel_password = \"word\"", "sentinel_username = \"user\"");
    for (url, lines, name, fix) in [
        ("redis://a", &*ca_file, "ca_file", "rediss://"),
        ("redis+sentinel://a/main", &ca_file, "ca_file", "rediss+sentinel://"),
        ("redis+cluster://a", &ca_file, "ca_file", "rediss+cluster://"),
        ("rediss://a", password, "sentinel_password", "store.url"),
        ("rediss+cluster://a", password, "sentinel_password", "store.url"),
        ("rediss+sentinel://a/main", user, "sentinel_username", "sentinel_password"),
        ("rediss://a", &sentinels_file, "sentinel_password_file", "store.password_file"),
        ("redis+sentinel://a/main", &both, "sentinel_password_file", "one of the two"),
        ("rediss://user:pass@a", &password_file, "password_file", "redis://user@host"),
        ("redis+cluster://:pass@a", &password_file, "password_file", "redis://user@host"),
        ("redis+unix:///run/redis.sock?pass=word", &password_file, "password_file", "redis://user@host"),
    ] {
        let faults = refused(&format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\"\n{lines}"));
        assert_eq!(locations(&faults), [format!("store.{name}")], "{url} {lines}");
        assert!(faults[0].fix.contains(fix), "{}", faults[0].fix);
    }
}

#[test]
fn a_bad_address_of_several_nodes_is_found() {
    for url in [
        "redis+sentinel://",
        "redis+sentinel://a",
        "redis+sentinel://a/",
        "redis+sentinel:///main/0",
        "redis+sentinel://a:26379/main/zero",
        "redis+sentinel://a:26379/main/0/1",
        "redis+sentinel://a:26379/ma in/0",
        "redis+sentinel://a:26379,/main/0",
        "redis+sentinel://a:port/main/0",
        "redis+cluster://",
        "redis+cluster://a:7000,b:70000",
        "redis+cluster://a:7000/1",
        "redis+cluster://a:7000,,b:7000",
        "rediss+cluster://a:7000/1",
        "rediss+sentinel://a:26379",
        "valkey+cluster://a:7000",
    ] {
        let faults = refused(&format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\""));
        assert_eq!(locations(&faults), ["store.url"], "{url}");
        assert!(faults[0].fix.contains("redis+sentinel://a:26379"), "{}", faults[0].fix);
    }
}

#[test]
fn a_password_that_breaks_its_url_is_found() {
    let fault_of = |url: &str| {
        let faults = refused(&format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\""));
        assert_eq!(locations(&faults), ["store.url"], "{url}");
        assert!(!faults[0].message.contains("w0rd") && !faults[0].fix.contains("w0rd"), "{:?}", faults[0]);
        faults[0].fix.clone()
    };
    for sign in ["/", "?", "#", "@/"] {
        for (before, after) in [
            ("redis://:", "@a"),
            ("rediss://user:6", "@a:6379/0"),
            ("redis+cluster://user:", "@a,b"),
            ("rediss+sentinel://:", "@a,b/main"),
        ] {
            let fix = fault_of(&format!("{before}pass{sign}w0rd{after}"));
            assert!(fix.contains("%2F") && fix.contains("store.password_file"), "{fix}");
        }
    }
}

#[test]
fn a_certificate_without_its_key_is_found() {
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/authority.pem");
    for (name, other) in [("client_cert_file", "client_key_file"), ("client_key_file", "client_cert_file")] {
        let faults = refused(&format!("[store]\n{name} = \"{client}\""));
        assert!(locations(&faults).contains(&&*format!("store.{name}")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.fix.contains(other)), "{faults:?}");
    }
    let faults =
        refused(&format!("[store]\nclient_cert_file = \"{client}\"\nclient_key_file = \"{client}\""));
    assert_eq!(locations(&faults), ["store.client_key_file"], "a certificate is no key");
}

/// A line feed that `echo` has added makes another secret of it.
#[test]
fn white_space_at_the_ends_of_a_secret_is_found() {
    let long = "0123456789abcdefghijklmnopqrstuvwxyz";
    for bad in [format!("{long}\\n"), format!(" {long}"), format!("{long}\\t"), format!("\\u00a0{long}")] {
        let faults = refused(&format!("[server]\nsecret = \"{bad}\""));
        assert_eq!(locations(&faults), ["server.secret"], "{bad}");
        assert!(!faults[0].message.contains(long) && !faults[0].fix.contains(long));
    }
    // Sessions were made under it, and are found until it is gone.
    super::accepted(&format!("[server]\nsecret = \"{long}\"\nprevious_secrets = [\"{long}\\n\"]"));
}

/// An editor, a terminal or a page has left it there, and the other replicas have another secret.
#[test]
fn what_nobody_sees_in_a_secret_is_found() {
    let long = "canary-0123456789abcdefghijklmnopqrstuvwxyz";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    let sentinels = "url = \"redis+sentinel://a:1/main/0\"";
    for (at, code) in [("FEFF", "\u{feff}"), ("0000", "\0"), ("200B", "\u{200b}")] {
        let escaped = format!("\\u{at}");
        for (text, location) in [
            (format!("[server]\nsecret = \"{escaped}{long}\""), "server.secret"),
            (format!("[server]\nsecret = \"{long}{escaped}\""), "server.secret"),
            (format!("[server]\n{SECRET}\n[store]\nurl = \"{escaped}redis://127.0.0.1\""), "store.url"),
            (
                format!("[server]\n{SECRET}\n[store]\nurl = \"redis://:canary{escaped}@127.0.0.1\""),
                "store.url",
            ),
            (
                format!("[server]\n{SECRET}\n[store]\n{sentinels}\nsentinel_password = \"canary{escaped}\""),
                "store.sentinel_password",
            ),
        ] {
            let faults = refused(&text);
            assert_eq!(locations(&faults), [location], "{text}");
            assert!(faults[0].message.contains(&format!("U+{at}")), "{}", faults[0]);
            assert!(!format!("{faults:?}").contains("canary"), "{faults:?}");
        }
        std::fs::write(&path, format!("{code}canary\n")).expect("a file is written");
        for (url, key) in [
            ("redis://127.0.0.1", "password_file"),
            ("redis+sentinel://a:1/main/0", "sentinel_password_file"),
        ] {
            let faults = refused(&format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\"\n{key} = {path:?}"));
            assert_eq!(locations(&faults), [&*format!("store.{key}")]);
            assert!(faults[0].message.contains(&format!("U+{at}")), "{}", faults[0]);
        }
        // As with white space: sessions were made under it.
        let previous = format!("[server]\nsecret = \"{long}\"\nprevious_secrets = [\"{long}{escaped}\"]");
        super::accepted(&previous);
    }
    for (around, words) in [("\\uFEFF", "U+FEFF"), ("\\n", "white space"), (" ", "white space")] {
        let sha256 = format!("{}{around}", "0".repeat(64));
        let key =
            format!("[[workspaces.root_keys]]\nid = \"k\"\nsha256 = \"{sha256}\"\nenvironment = \"live\"");
        let faults = refused(&format!("[[workspaces]]\nid = \"acme\"\n{key}"));
        assert_eq!(locations(&faults), ["workspaces[0].root_keys[0].sha256"]);
        assert!(faults[0].message.contains(words), "{}", faults[0]);
    }
    // Who reads URLs drops these without a word, and connects with another password.
    for escaped in ["\\n", "\\t", "\\r"] {
        let text = format!("[server]\n{SECRET}\n[store]\nurl = \"redis://:ca{escaped}nary@127.0.0.1\"");
        assert_eq!(locations(&refused(&text)), ["store.url"], "{text}");
    }
}

/// Whoever mends the first of two faults and finds that the second was none has looked for nothing.
#[test]
fn what_only_follows_from_a_fault_is_not_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (none, there) = (path("none"), path("there"));
    std::fs::write(&there, "0123456789abcdefghijklmnopqrstuvwxyz").expect("a file is written");
    let redis = "[store]\nurl = \"redis://127.0.0.1\"\n";
    let public = "[server]\npublic_url = \"https://sessions.example.com\"\n";
    let list = ["VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE", "VESTIBULE__SERVER__PREVIOUS_SECRETS__1_FILE"];
    for (text, variables, location) in [
        (redis, &[("VESTIBULE__SERVER__SECRET_FILE", &*none)][..], "VESTIBULE__SERVER__SECRET_FILE"),
        (public, &[("VESTIBULE__STORE__URL_FILE", &none)], "VESTIBULE__STORE__URL_FILE"),
        ("", &[(list[0], &none), (list[1], &there)], list[0]),
    ] {
        let faults = super::load_with(text, variables).expect_err("there is no such file");
        assert_eq!(locations(&faults), [location], "{faults:#?}");
    }
    let key = format!(
        "[[workspaces.root_keys]]\nid = \"k\"\nsha256 = \"{}\"\nenvironment = \"live\"\ndefault_format = \"jwt\"\n",
        "0".repeat(64)
    );
    let signed = format!("[tokens]\nsigning_key_files = [{none:?}]\n{PORTAL}tokens.ttl_seconds = 60\n{key}");
    let cookie = format!(
        "{PORTAL}[workspaces.portals.cookie]\ndomain = \"example.com\"\nsame_site = \"none\"\npartitioned = true\n"
    );
    let own = cookie.replace("[workspaces.portals.cookie]", "public_url = \"http://portal.example.com\"\n$0");
    let own = own.replace("$0", "[workspaces.portals.cookie]");
    for (text, location) in [
        (format!("[server]\n{SECRET}\n{redis}{signed}"), "tokens.signing_key_files[0]"),
        (format!("[server]\npublic_url = \"http://sessions.example.com\"\n{cookie}"), "server.public_url"),
        (format!("{}listen = \"8080\"\n{cookie}", public), "server.listen"),
        (own, "workspaces[0].portals[0].public_url"),
    ] {
        let faults = refused(&text);
        assert_eq!(locations(&faults), [location], "{faults:#?}");
    }
}

#[test]
fn what_tls_needs_is_found_where_it_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let whole = include_str!("../testdata/authority.pem");
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("a file is written");
        path.display().to_string()
    };
    let store = |url: &str, lines: &str| format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\"\n{lines}");
    let named = |path: &str| store("rediss://localhost", &format!("ca_file = \"{path}\""));
    let garbled: String =
        whole.lines().filter(|line| !line.starts_with("MII")).map(|line| format!("{line}\n")).collect();
    for (name, text) in [
        ("cut.pem", &whole[..whole.len() / 2]),
        ("without its end.pem", whole.trim_end().trim_end_matches("-----END CERTIFICATE-----")),
        ("garbled.pem", &garbled),
        ("empty.pem", ""),
    ] {
        let faults = refused(&named(&file(name, text)));
        assert_eq!(locations(&faults), ["store.ca_file"], "{name}");
        assert!(!faults[0].message.contains('['), "no list of bytes: {}", faults[0].message);
    }
    let whole = file("whole.pem", whole);
    super::accepted(&named(&whole));
    assert_eq!(
        locations(&refused(&store("redis://localhost", &format!("ca_file = \"{whole}\"")))),
        ["store.ca_file"]
    );
    assert_eq!(locations(&refused(&store("rediss://localhost/#insecure", ""))), ["store.url"]);
}

#[test]
fn a_bad_slug_is_one_fault() {
    let key = format!(
        "[[workspaces.root_keys]]\nid = \"key\"\nsha256 = \"{}\"\nenvironment = \"live\"\n",
        "0".repeat(64)
    );
    let portal = |slug: &str| {
        format!("[[workspaces.portals]]\nslug = \"{slug}\"\nurl = \"https://{slug}.example.com/\"\n")
    };
    let text = format!(
        "[[workspaces]]\nid = \"acme\"\n{}{}{key}portals = [\"Bad_Slug\"]\ndefault_portal = \"Bad_Slug\"",
        portal("Bad_Slug").replace("https://Bad_Slug", "https://bad"),
        portal("Worse_Slug").replace("https://Worse_Slug", "https://worse"),
    );
    let slugs = ["workspaces[0].portals[0].slug", "workspaces[0].portals[1].slug"];
    assert_eq!(locations(&refused(&text)), slugs);
}

#[test]
fn many_faults_are_told_at_once() {
    let text = r#"
        extra = true
        [server]
        listen = "nowhere"
        workers = "all"
        [store]
        url = "redis://localhost"
        timeout_ms = 1
        [limits]
        create_per_minute = 10000001
        [[workspaces]]
        [[workspaces.portals]]
        url = "portal"
        enabled = 1
        cookie.same_site = 0
        [[workspaces.root_keys]]
        sha256 = "x"
        portals = ["y"]
        [[workspaces]]
        id = "b"
        names = []
    "#;
    let faults = refused(text);
    let expected = [
        "extra",
        "limits.create_per_minute",
        "server.listen",
        "server.secret",
        "server.workers",
        "store.timeout_ms",
        "workspaces[0].id",
        "workspaces[0].portals[0].cookie.same_site",
        "workspaces[0].portals[0].enabled",
        "workspaces[0].portals[0].slug",
        "workspaces[0].portals[0].url",
        "workspaces[0].root_keys[0].environment",
        "workspaces[0].root_keys[0].id",
        "workspaces[0].root_keys[0].portals[0]",
        "workspaces[0].root_keys[0].sha256",
        "workspaces[1].names",
    ];
    assert_eq!(locations(&faults), expected);
    assert!(faults.iter().all(|fault| !fault.message.is_empty() && !fault.fix.is_empty()));
}

#[test]
fn a_key_that_is_there_twice_is_found() {
    for text in [
        "[log]\nlevel = \"info\"\nlevel = \"warn\"",
        "[log]\nlevel = \"info\"\n[log]\nlevel = \"warn\"",
        "log = { level = \"info\", level = \"warn\" }",
        "log.level = \"info\"\nlog = { level = \"warn\" }",
        "[[workspaces]]\nid = \"a\"\nportals = [{ slug = \"aaa\", \"slug\" = \"bbb\" }]",
    ] {
        let faults = refused(text);
        assert_eq!(locations(&faults), ["the configuration file"], "{text}");
        assert!(faults[0].message.starts_with("At line "), "{}", faults[0].message);
    }
}

#[test]
fn no_key_is_an_instruction_and_no_key_is_a_date() {
    let dated = refused("[log]\nlevel = 1979-05-27");
    assert_eq!(
        dated[0].message,
        "At line 2, column 9: no key has a date or a time; quote it if it is meant as text."
    );
    for name in ["$__toml_private_datetime", "$serde_json::private::Number", "$serde_json::private::RawValue"]
    {
        let faults = refused(&format!("[log]\nlevel = {{ \"{name}\" = \"1979-05-27\" }}"));
        assert_eq!(locations(&faults), ["log.level"], "{name}");
        assert!(faults[0].message.contains("found an object"), "{}", faults[0].message);
    }
}

#[test]
fn the_client_address_header_is_a_header() {
    for bad in ["", "X Forwarded For", "X-Forwarded-For:", "Förwarded"] {
        let faults = refused(&format!("[server]\nclient_address_header = \"{bad}\""));
        assert_eq!(locations(&faults), ["server.client_address_header"], "{bad}");
    }
}

#[test]
fn texts_that_are_shown_can_be_seen() {
    for text in ["  ", "a\\nb", "\\u202Egnp.exe", "\\u200B"] {
        let faults = refused(&format!("{PORTAL}display_name = \"{text}\""));
        assert_eq!(locations(&faults), ["workspaces[0].portals[0].display_name"], "{text}");
        let faults = refused(&format!("[[workspaces]]\nid = \"{text}\""));
        assert_eq!(locations(&faults), ["workspaces[0].id"], "{text}");
    }
}

#[test]
fn a_root_keys_defaults_are_what_a_request_could_send() {
    let key = |line: &str| {
        format!(
            "{PORTAL}[[workspaces.root_keys]]\nid = \"key\"\nsha256 = \"{}\"\nenvironment = \"live\"\n{line}",
            "0".repeat(64)
        )
    };
    let list = |count: usize| format!("[{}]", "\"keys:read\",".repeat(count));
    for (name, bad) in [
        ("default_permissions", list(0)),
        ("default_permissions", list(101)),
        ("default_format", "\"JWT\"".to_owned()),
        ("default_format", "true".to_owned()),
    ] {
        let location = format!("workspaces[0].root_keys[0].{name}");
        assert_eq!(locations(&refused(&key(&format!("{name} = {bad}")))), [location], "{bad}");
    }
    for good in [format!("default_permissions = {}", list(100)), "default_format = \"opaque\"".to_owned()] {
        assert!(super::load(&key(&good)).is_ok(), "{good}");
    }
}
