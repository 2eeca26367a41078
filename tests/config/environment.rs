//! The environment replaces the file key by key, and reaches every key.

use super::{API_EXAMPLE, accepted, hash, load_with, locations};

fn accepted_with(text: &str, variables: &[(&str, &str)]) -> vestibule::config::Settings {
    load_with(text, variables).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

#[test]
fn a_variable_replaces_the_value_of_the_file_and_nothing_beside_it() {
    let variables = [
        ("VESTIBULE__SERVER__LISTEN", "0.0.0.0:9999"),
        ("VESTIBULE__STORE__TIMEOUT_MS", "250"),
        ("VESTIBULE__STORE__FENCE_FAILOVER", "false"),
        ("VESTIBULE__LIMITS__CREATE_PER_MINUTE", "7"),
        ("VESTIBULE__WORKSPACES__0__PORTALS__0__COOKIE__SAME_SITE", "strict"),
        ("VESTIBULE__WORKSPACES__0__PORTALS__0__ENABLED", "false"),
        ("PATH", "/bin"),
        ("VESTIBULE", "x"),
        ("VESTIBULE_URL", "x"),
        ("VESTIBULE_SERVICE_HOST", "x"),
        ("VESTIBULE_STORE_PORT", "tcp://10.0.0.1:6379"),
        ("OTHER__SERVER__LISTEN", "x"),
    ];
    let settings = accepted_with(API_EXAMPLE, &variables);
    assert_eq!(settings.server.listen.to_string(), "0.0.0.0:9999");
    assert_eq!(settings.server.metrics_listen.map(|address| address.port()), Some(9090), "as in the file");
    assert_eq!(settings.store.timeout.as_millis(), 250);
    assert!(!settings.store.fence_failover);
    assert_eq!((settings.limits.exchange_per_minute, settings.limits.create_per_minute), (60, 7));
    let portal = &settings.catalog.portals()[0];
    assert_eq!(portal.cookie.same_site, vestibule::domain::portal::SameSite::Strict);
    assert_eq!((portal.enabled, &*portal.slug), (false, "my-portal"));
}

#[test]
fn a_variable_that_is_spelt_in_another_way_is_a_fault() {
    for (name, meant) in [
        ("VESTIBULE_STORE_URL", "VESTIBULE__STORE__URL"),
        ("VESTIBULE_STORE__URL", "VESTIBULE__STORE__URL"),
        ("VESTIBULE__STORE__url", ""),
        ("vestibule__store__url", "VESTIBULE__STORE__URL"),
        ("vestibule_server_previous_secrets", "VESTIBULE__SERVER__PREVIOUS_SECRETS"),
        ("VESTIBULE_LOG_LEVEL", "VESTIBULE__LOG__LEVEL"),
        ("Vestibule__Workspaces__0__Id", "VESTIBULE__WORKSPACES__0__ID"),
    ] {
        let read = load_with("", &[(name, "memory:")]);
        if meant.is_empty() {
            assert!(read.is_ok(), "{name}");
            continue;
        }
        let faults = read.expect_err("it is refused");
        assert_eq!(locations(&faults), [name]);
        assert!(faults[0].fix.contains(&format!("Write {meant},")), "{}", faults[0].fix);
    }
}

#[test]
fn a_variable_that_was_meant_to_name_a_file_with_a_secret_is_told_its_right_name() {
    const LIST: &str = "VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE";
    for (name, right) in [
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS_FILE", LIST),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS_FILES", LIST),
        ("VESTIBULE__SERVER__PREVIOUS_SECRET_FILE", LIST),
        ("VESTIBULE_SERVER_PREVIOUS_SECRETS_0_FILE", LIST),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS__0__FILE", LIST),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS_FILE__1", "VESTIBULE__SERVER__PREVIOUS_SECRETS__1_FILE"),
        ("VESTIBULE_SERVER_SECRET_FILE", "VESTIBULE__SERVER__SECRET_FILE"),
        ("VESTIBULE__SERVER__SECRET__FILE", "VESTIBULE__SERVER__SECRET_FILE"),
        ("vestibule__server__secret_file", "VESTIBULE__SERVER__SECRET_FILE"),
        ("VESTIBULE_STORE_URL_FILE", "VESTIBULE__STORE__URL_FILE"),
    ] {
        let faults = load_with("", &[(name, "/run/secrets/canary")]).err().unwrap_or_default();
        assert_eq!(locations(&faults), [name]);
        assert!(faults[0].fix.contains(&format!("Write {right},")), "{}", faults[0].fix);
        let faults = load_with("", &[(right, "/run/secrets/canary")]).expect_err("there is no such file");
        assert!(faults[0].message.contains("cannot be read"), "{right} is read: {faults:?}");
    }
    // Others' own.
    for name in ["VESTIBULE_SECRET_FILE", "VESTIBULE_URL_FILE", "VESTIBULE_SERVER_SECRET_FILE_MODE"] {
        assert!(load_with("", &[(name, "/run/secrets/canary")]).is_ok(), "{name}");
    }
}

/// Or a misspelt one would not be found.
#[test]
fn every_key_of_the_default_can_be_recognised() {
    let commented = |line: &str| line.trim_start_matches("# ").split(" = ").next().map(str::to_owned);
    let mut section = String::new();
    for line in vestibule::config::DEFAULT.lines().take_while(|line| !line.starts_with("# [[workspaces]]")) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.to_owned();
        }
        let is_key = |key: &String| {
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let Some(key) = commented(line).filter(|_| line.contains(" = ")).filter(is_key) else { continue };
        let keys = vestibule::config::KEYS.iter().find(|(name, _)| *name == section).map(|(_, keys)| *keys);
        assert!(keys.is_some_and(|keys| keys.contains(&&*key)), "{section}.{key}");
    }
}

#[test]
fn traces_are_on_where_opentelemetrys_own_variables_say_so() {
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const WHOLE: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const OURS: &str = "VESTIBULE__TELEMETRY__TRACES_ENDPOINT";
    let in_file = "telemetry.traces_endpoint = \"http://file:4318\"";
    let of_base = Some("http://base:4318/v1/traces");
    for (text, variables, expected) in [
        ("", &[][..], None),
        ("", &[(BASE, "http://base:4318")], of_base),
        ("", &[(BASE, "http://base:4318/")], of_base),
        ("", &[(BASE, "https://base/otlp/")], Some("https://base/otlp/v1/traces")),
        ("", &[(BASE, " ")], None),
        ("", &[(BASE, "http://base:4318"), (WHOLE, "http://whole/take")], Some("http://whole/take")),
        ("", &[(BASE, "http://base:4318"), ("OTEL_SDK_DISABLED", "TRUE")], None),
        ("", &[(BASE, "http://base:4318"), (OURS, "")], None),
        ("", &[(BASE, "http://base:4318"), (OURS, "http://ours:1")], Some("http://ours:1/v1/traces")),
        (in_file, &[], Some("http://file:4318/v1/traces")),
        (in_file, &[(BASE, "http://base:4318")], of_base),
    ] {
        let settings = accepted_with(text, variables);
        let endpoint = settings.telemetry.traces_endpoint;
        assert_eq!(endpoint.as_ref().map(|url| url.as_str()), expected, "{text} {variables:?}");
    }
    for bad in ["collector:4318", "http://user:canary@collector:4318", "http://collector/?key=canary"] {
        let faults = load_with("", &[(BASE, bad)]).expect_err("it is refused");
        assert_eq!(locations(&faults), ["telemetry.traces_endpoint"], "{bad}");
        assert!(!format!("{faults:?}").contains("canary"), "{faults:?}");
    }
}

#[test]
fn a_list_is_set_whole_or_by_index() {
    let proxies = |variables: &[(&str, &str)]| {
        let settings = accepted_with(API_EXAMPLE, variables);
        settings.server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let whole = [("VESTIBULE__SERVER__TRUSTED_PROXIES", "[\"192.0.2.0/24\", \"198.51.100.7\"]")];
    assert_eq!(proxies(&whole), ["192.0.2.0/24", "198.51.100.7/32"]);
    assert_eq!(proxies(&[("VESTIBULE__SERVER__TRUSTED_PROXIES", "[]")]), [""; 0]);
    let second = [("VESTIBULE__SERVER__TRUSTED_PROXIES__1", "192.0.2.0/24")];
    assert_eq!(proxies(&second), ["10.0.0.0/8", "192.0.2.0/24"]);
    let both = [
        ("VESTIBULE__SERVER__TRUSTED_PROXIES__1", "192.0.2.0/24"),
        ("VESTIBULE__SERVER__TRUSTED_PROXIES__0", "198.51.100.0/24"),
    ];
    assert_eq!(proxies(&both), ["198.51.100.0/24", "192.0.2.0/24"]);
}

#[test]
fn a_list_may_have_more_than_ten_elements() {
    let names: Vec<_> = (0..12).map(|index| format!("VESTIBULE__SERVER__TRUSTED_PROXIES__{index}")).collect();
    let values: Vec<_> = (0..12).map(|index| format!("10.0.0.{index}")).collect();
    let variables: Vec<_> = names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect();
    let settings = accepted_with("", &variables);
    let found: Vec<_> =
        settings.server.trusted_proxies.iter().map(|network| network.addr().to_string()).collect();
    assert_eq!(found, values, "in their order");
}

#[test]
fn a_whole_workspace_can_come_from_the_environment() {
    let settings = accepted_with(
        "",
        &[
            ("VESTIBULE__WORKSPACES__0__ID", "acme"),
            ("VESTIBULE__WORKSPACES__0__PORTALS__0__SLUG", "my-portal"),
            ("VESTIBULE__WORKSPACES__0__PORTALS__0__URL", "https://portal.example.com/"),
            ("VESTIBULE__WORKSPACES__0__PORTALS__1__SLUG", "second"),
            ("VESTIBULE__WORKSPACES__0__PORTALS__1__URL", "https://second.example.com/"),
            ("VESTIBULE__WORKSPACES__0__ROOT_KEYS__0__ID", "backend"),
            ("VESTIBULE__WORKSPACES__0__ROOT_KEYS__0__SHA256", &"0a".repeat(32)),
            ("VESTIBULE__WORKSPACES__0__ROOT_KEYS__0__ENVIRONMENT", "live"),
            ("VESTIBULE__WORKSPACES__0__ROOT_KEYS__0__PORTALS", "[\"second\"]"),
        ],
    );
    let slugs: Vec<_> = settings.catalog.portals().iter().map(|portal| portal.slug.as_str()).collect();
    assert_eq!(slugs, ["my-portal", "second"]);
    assert_eq!(settings.catalog.root_key_count(), 1);
}

#[test]
fn what_looks_like_a_number_can_be_quoted_and_need_not_be() {
    let id = |text: &str| {
        let text = text.to_owned();
        load_with("", &[("VESTIBULE__WORKSPACES__0__ID", &text)])
    };
    for text in ["\"123\"", "'123'", "\"true\"", "acme", "a\"b", "2024-01-01", "1.5", "", "x # y"] {
        let expected: &[&str] = if text.is_empty() { &["workspaces[0].id"] } else { &[] };
        let faults = id(text).err().unwrap_or_default();
        assert_eq!(locations(&faults), expected, "{text:?}");
    }
    for text in ["123", "true", "[\"a\"]", "[abc", "{ a = 1 }"] {
        assert!(id(text).is_ok(), "{text}");
    }
}

/// A password may look like anything.
#[test]
fn a_text_is_a_text_whatever_it_looks_like() {
    use secrecy::ExposeSecret;
    let sentinels = ("VESTIBULE__STORE__URL", "redis+sentinel://a/main");
    let secret = ("VESTIBULE__SERVER__SECRET", "12345678901234567890123456789012");
    for password in ["12345678", "true", "[abc", "[\"a\"]", "0x1F", "{ a = 1 }", "1.5", "\"", "a\"b"] {
        let settings =
            accepted_with("", &[secret, sentinels, ("VESTIBULE__STORE__SENTINEL_PASSWORD", password)]);
        let found = settings.store.sentinel_password.expect("a password");
        assert_eq!(found.expose_secret(), password);
    }
    // One that is no text is read by its own type.
    for (name, value) in [("VESTIBULE__STORE__TIMEOUT_MS", "slow"), ("VESTIBULE__STORE__FENCE_FAILOVER", "1")]
    {
        assert_eq!(load_with("", &[(name, value)]).expect_err(name).len(), 1, "{name}");
    }
}

/// What is in a file is the text, and nothing of it is a quote, a number or a list.
#[test]
fn a_secret_in_a_file_is_the_text_of_the_file() {
    use secrecy::ExposeSecret;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().to_str().expect("a path");
    for text in [
        "1234567890123456789012345678901234567890".to_owned(),
        format!("\"{}\"", "quoted".repeat(8)),
        format!("'{}'", "quoted".repeat(8)),
        format!("[\"{}\"]", "a".repeat(40)),
        format!("[{}", "a".repeat(40)),
    ] {
        std::fs::write(file.path(), format!("{text}\n")).expect("a file is written");
        let settings = accepted_with("", &[("VESTIBULE__SERVER__SECRET_FILE", path)]);
        assert_eq!(settings.server.secret.expose_secret(), text);
        let settings = accepted_with("", &[("VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE", path)]);
        assert_eq!(settings.server.previous_secrets[0].expose_secret(), text);
    }
    std::fs::write(file.path(), "12345678\n").expect("a file is written");
    for name in ["VESTIBULE__SERVER__SECRET_FILE", "VESTIBULE__STORE__URL_FILE"] {
        let faults = load_with("", &[(name, path)]).expect_err("it is refused");
        assert_eq!(faults.len(), 1, "{faults:?}");
        let told = faults[0].to_string();
        assert!(told.starts_with(&format!("{name}: ")) && !told.contains("integer"), "{told}");
    }
}

#[test]
fn a_secret_of_any_characters_arrives_as_it_is() {
    use secrecy::ExposeSecret;
    for secret in [
        "0123456789012345678901234567890123456789",
        "with spaces and = and # and \\ and \" and ' in it",
        "[not a list, just brackets at its beginning]",
        "{not a table, just a brace at its beginning}",
        "true, but only at its beginning, then other words",
    ] {
        let settings = accepted_with("", &[("VESTIBULE__SERVER__SECRET", secret)]);
        assert_eq!(settings.server.secret.expose_secret(), secret);
    }
}

#[test]
fn a_fault_in_the_environment_is_found_like_one_in_the_file() {
    for (name, value, location) in [
        ("VESTIBULE__SERVER__LISTEN", "nowhere", "server.listen"),
        ("VESTIBULE__SERVER__NONSENSE", "1", "server.nonsense"),
        ("VESTIBULE__NONSENSE__X", "1", "nonsense"),
        ("VESTIBULE__WORKSPACES__0__PORTALS__0__SLUG", "X", "workspaces[0].portals[0].slug"),
        ("VESTIBULE__SERVER__TRUSTED_PROXIES__0", "proxy", "server.trusted_proxies[0]"),
        // These lead to no key at all.
        ("VESTIBULE__SERVER__TRUSTED_PROXIES__7", "10.0.0.1", "VESTIBULE__SERVER__TRUSTED_PROXIES__7"),
        ("VESTIBULE__SERVER__LISTEN__PORT", "1", "VESTIBULE__SERVER__LISTEN__PORT"),
        ("VESTIBULE__SERVER__0", "1", "VESTIBULE__SERVER__0"),
        ("VESTIBULE__WORKSPACES__FIRST__ID", "a", "VESTIBULE__WORKSPACES__FIRST__ID"),
        ("VESTIBULE____LISTEN", "1", "VESTIBULE____LISTEN"),
        ("VESTIBULE__", "1", "VESTIBULE__"),
    ] {
        let faults = load_with(API_EXAMPLE, &[(name, value)]).expect_err(name);
        assert_eq!(locations(&faults), [location], "{name}");
    }
    accepted(API_EXAMPLE);
}

#[test]
fn two_variables_for_one_key_are_a_fault() {
    for (first, second) in [
        ("VESTIBULE__LOG__LEVEL", "VESTIBULE__log__level"),
        ("VESTIBULE__SERVER__TRUSTED_PROXIES__0", "VESTIBULE__SERVER__TRUSTED_PROXIES__00"),
    ] {
        let faults = load_with("", &[(first, "10.0.0.1"), (second, "10.0.0.2")]).expect_err("it is refused");
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].message.contains(first) || faults[0].location == first, "{faults:?}");
    }
}

#[test]
fn a_table_in_a_variable_is_no_way_around() {
    let twice = [("VESTIBULE__WORKSPACES", "[{ id = \"a\", id = \"b\" }]")];
    let faults = load_with("", &twice).expect_err("it is refused");
    assert_eq!(locations(&faults), ["workspaces"]);
}

#[test]
fn replicas_that_listen_elsewhere_have_the_same_configuration() {
    let one = hash(&accepted_with("", &[]));
    for listens in ["VESTIBULE__SERVER__LISTEN", "VESTIBULE__SERVER__METRICS_LISTEN"] {
        assert_eq!(hash(&accepted_with("", &[(listens, "127.0.0.1:8099")])), one, "{listens}");
    }
    assert_ne!(hash(&accepted_with("", &[("VESTIBULE__SERVER__WORKERS", "7")])), one);
}

#[test]
fn a_variable_may_name_the_file_of_a_secret() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path.to_str().expect("a path of text").to_owned()
    };
    let (secret, previous) = ("s".repeat(40), "p".repeat(40));
    let (now, before) = (file("secret", &format!("{secret}\n")), file("previous", &previous));
    let url = file("url", "redis://:canary-password@127.0.0.1:6379\r\n");
    let variables = [
        ("VESTIBULE__SERVER__SECRET_FILE", now.as_str()),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE", before.as_str()),
        ("VESTIBULE__STORE__URL_FILE", url.as_str()),
    ];
    let by_file = accepted_with("", &variables);
    let by_value = accepted_with(
        "",
        &[
            ("VESTIBULE__SERVER__SECRET", secret.as_str()),
            ("VESTIBULE__SERVER__PREVIOUS_SECRETS__0", previous.as_str()),
            ("VESTIBULE__STORE__URL", "redis://:canary-password@127.0.0.1:6379"),
        ],
    );
    assert_eq!(hash(&by_file), hash(&by_value), "the whole configuration is the same");

    let several = file("several", "one canary-line\nanother\n");
    for path in [several, file("empty", "\n"), folder.path().join("none").display().to_string()] {
        let refused =
            load_with("", &[("VESTIBULE__SERVER__SECRET_FILE", path.as_str())]).expect_err("a fault");
        assert_eq!(locations(&refused), ["VESTIBULE__SERVER__SECRET_FILE"], "{path}");
        assert!(!format!("{refused:?}").contains("canary"), "{refused:?}");
    }
    let both =
        [("VESTIBULE__SERVER__SECRET_FILE", now.as_str()), ("VESTIBULE__SERVER__SECRET", secret.as_str())];
    assert_eq!(locations(&load_with("", &both).expect_err("a fault")), ["VESTIBULE__SERVER__SECRET_FILE"]);
    // Such a key there is not.
    assert!(load_with("", &[("VESTIBULE__SERVER__LISTEN_FILE", now.as_str())]).is_err());
}
