//! `config/default.toml` is the reference of every key: what it shows is known, what is known it shows, and
//! the environment reaches all of it.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};
use vestibule::config::{DEFAULT, Settings};

use super::{accepted, load_with, refused};

/// The default with everything in it that is commented out.
fn all_of_the_default() -> String {
    let is_toml = |line: &str| {
        let name = line.split(" = ").next().unwrap_or_default();
        let is_key = line.contains(" = ")
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        is_key || (line.starts_with('[') && line.trim_end().ends_with(']'))
    };
    let mut all = String::new();
    for line in DEFAULT.lines() {
        let commented = line.strip_prefix("# ").filter(|line| is_toml(line));
        all.push_str(commented.unwrap_or(line));
        all.push('\n');
    }
    let digest = format!("sha256 = \"{}\"", "0".repeat(64));
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/authority.pem");
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/client.pem");
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/client_key.pem");
    // A folder with a file that adds a portal.
    let all = all
        .replace("\"teams/acme\"", concat!("\"", env!("CARGO_MANIFEST_DIR"), "/tests/testdata/included\""));
    let all = all.replace("/etc/vestibule/redis-ca.pem", authority);
    let all = all
        .replace("/etc/vestibule/redis-client.pem", client)
        .replace("/etc/vestibule/redis-client.key", key)
        .replace("/run/secrets/redis", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/store_password"))
        .replace(
            "/run/secrets/sentinels",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/store_password"),
        );
    all.replace("sha256 = \"…\"", &digest).replace("secret = \"…\"", super::SECRET)
}

/// The keys of every section, a list counting as what it holds.
fn keys_of(table: &Table, section: &str, found: &mut BTreeMap<String, BTreeSet<String>>) {
    for (name, value) in table {
        found.entry(section.to_owned()).or_default().insert(name.clone());
        let inner = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let elements = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for table in elements.iter().filter_map(Value::as_table) {
            keys_of(table, &inner, found);
        }
    }
}

fn parse(text: &str) -> Table {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn every_key_that_the_default_shows_is_known() {
    let all = all_of_the_default();
    let mut shown = BTreeMap::new();
    keys_of(&parse(&all), "", &mut shown);
    assert!(shown["server"].contains("metrics_listen"), "what is commented out counts: {shown:?}");
    assert!(shown["workspaces.portals.cookie"].contains("domain"), "{shown:?}");
    let settings = accepted(&all);
    assert_eq!(settings.catalog.portals().len(), 2, "that of the file, and that of the included one");
}

#[test]
fn every_key_that_is_known_is_shown() {
    let mut shown = BTreeMap::new();
    keys_of(&parse(&all_of_the_default()), "", &mut shown);
    for (section, keys) in &shown {
        // An unknown key makes the gateway say which it knows.
        let mut table = parse(&all_of_the_default());
        let mut place = &mut table;
        for step in section.split('.').filter(|step| !step.is_empty()) {
            let next = place.get_mut(step).expect("a section of the default");
            let inner = if next.is_array() { &mut next[0] } else { next };
            place = inner.as_table_mut().expect("a table");
        }
        place.insert("nonsense".to_owned(), Value::Boolean(true));
        let faults = refused(&toml::to_string(&table).expect("TOML"));
        let [fault] = faults.as_slice() else { panic!("one fault: {faults:?}") };
        let known =
            fault.fix.split("Known here: ").nth(1).expect("the keys that are known").trim_end_matches('.');
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        assert_eq!(*keys, known, "in [{section}]");
    }
}

/// One variable for every value that is no table.
fn variables_of(table: &Table, prefix: &str, variables: &mut Vec<(String, String)>) {
    for (name, value) in table {
        let name = format!("{prefix}__{}", name.to_uppercase());
        let tables = value.as_array().into_iter().flatten().filter_map(Value::as_table);
        let before = variables.len();
        for (index, table) in tables.enumerate() {
            variables_of(table, &format!("{name}__{index}"), variables);
        }
        if let Some(table) = value.as_table() {
            variables_of(table, &name, variables);
        } else if variables.len() == before {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            variables.push((name, text));
        }
    }
}

/// All that can be compared; a catalog's maps have no order of their own.
fn told(settings: &Settings) -> String {
    let Settings { server, store, error_type_base, limits, history, log, signing_keys, catalog, .. } =
        settings;
    assert!(signing_keys.is_empty());
    format!(
        "{server:?} {store:?} {error_type_base} {limits:?} {history:?} {log:?} {:?} {}",
        catalog.portals(),
        catalog.root_key_count()
    )
}

#[test]
fn every_value_can_be_set_by_the_environment_alone() {
    let all = all_of_the_default();
    let changed = all
        .replace("8080", "8181")
        .replace("allow_memory = false", "allow_memory = true")
        .replace("timeout_ms = 1000", "timeout_ms = 1001")
        .replace("session_id_ttl_seconds = 900", "session_id_ttl_seconds = 800")
        .replace("enabled = true", "enabled = false")
        .replace("= 6000", "= 6001");
    let mut variables = Vec::new();
    variables_of(&parse(&changed), "VESTIBULE", &mut variables);
    assert!(variables.len() > 30, "{variables:?}");
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let by_environment = load_with("", &variables).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_eq!(told(&by_environment), told(&accepted(&changed)));
    assert_ne!(told(&by_environment), told(&accepted(&all)));
}
