//! Which key can cut off a person, a link, a call or a token, and what `vestibule check --against` says of each.
//!
//! Each key of the schema has at least one line here, so that a new one does not land without being looked at.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use vestibule::config::{Change, SCHEMA, Settings};
use vestibule::tokens::{Algorithm, SigningKey};

use ::secrecy::ExposeSecret;

const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// With what is needed and nothing else. `signing_key.pem` is not published elsewhere.
fn base() -> Value {
    let text = format!(
        r#"
[server]
public_url = "https://sessions.example.com"
secret = "0123456789abcdefghijklmnopqrstuvwxyz"
[store]
url = "redis://127.0.0.1"
[errors]
[limits]
[history]
[tokens]
signing_key_files = [{:?}]
[log]
[telemetry]
[[workspaces]]
id = "acme"
[[workspaces.root_keys]]
id = "backend"
sha256 = "{}"
environment = "live"
[[workspaces.portals]]
slug = "first"
url = "https://first.example.com/"
public_url = "https://gateway.example.com"
return_url = "https://app.example.com/billing"
[[workspaces.portals]]
slug = "second"
url = "https://second.example.com/"
public_url = "https://second.example.com"
"#,
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/signing_key.pem"),
        "1".repeat(64)
    );
    toml::from_str(&text).expect("TOML")
}

/// What becomes of a change.
enum Loss {
    Told(&'static str),
    Nobody,
    Unknown,
}

use Loss::{Nobody, Told, Unknown};

struct Line {
    key: &'static str,
    before: String,
    after: String,
    loss: Loss,
}

fn lines() -> Vec<Line> {
    let written = include_str!("../testdata/cut_off.txt").lines();
    let written = written.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &'static str| {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [key, before, after, loss] = parts[..] else { panic!("four parts: {line}") };
        let section = |part: &str| if part == "-" { String::new() } else { part.replace("; ", "\n") };
        let loss = match loss.strip_prefix("told: ") {
            Some(words) => Told(words),
            None if loss == "nobody" => Nobody,
            None if loss == "unknown" => Unknown,
            None => panic!("what is told: {line}"),
        };
        Line { key, before: section(before), after: section(after), loss }
    };
    written.map(read).collect()
}

/// `base` with this in the section of the key.
fn with(base: &Value, key: &str, fragment: &str) -> Value {
    let mut document = base.clone();
    let fragment: Map<String, Value> = toml::from_str(fragment).expect("TOML");
    if fragment.is_empty() {
        return document;
    }
    let mut section = &mut document;
    for step in key.split('.').take(key.matches('.').count()) {
        section = &mut section[step];
        if section.is_array() {
            section = &mut section[0];
        }
    }
    if section.is_null() {
        *section = Value::Object(Map::new());
    }
    section.as_object_mut().expect(key).extend(fragment);
    document
}

fn settings(document: &Value) -> Settings {
    let text = toml::to_string(document).expect("TOML");
    Settings::from_layers(&text, std::iter::empty()).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

fn losses(old: &Value, new: &Value) -> Vec<String> {
    Change::between(&settings(old), &settings(new), Ok(settings(new))).losses
}

#[test]
fn every_change_that_cuts_somebody_off_is_told_and_no_other() {
    for Line { key, before, after, loss } in lines() {
        let told = losses(&with(&base(), key, &before), &with(&base(), key, &after));
        match loss {
            Told(words) => {
                assert!(told.iter().any(|loss| loss.contains(words)), "{key}: {after}: {told:#?}");
            }
            Nobody => assert!(told.is_empty(), "{key}: {after}: {told:#?}"),
            Unknown => {}
        }
    }
}

#[test]
fn every_key_is_classified() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut keys = BTreeSet::new();
    leaves(&schema, &schema, "", &mut keys);
    assert!(keys.len() > 60, "the keys are found: {keys:#?}");
    let classified: BTreeSet<String> = lines().into_iter().map(|line| line.key.to_owned()).collect();
    assert_eq!(classified, keys);
}

/// Follows lists and references to what is no object.
fn leaves(schema: &Value, part: &Value, path: &str, keys: &mut BTreeSet<String>) {
    let name = part["$ref"].as_str().or_else(|| part["items"]["$ref"].as_str());
    let part = name.map_or(part, |name| schema.pointer(&name[1..]).expect("a definition"));
    match part["properties"].as_object() {
        Some(properties) => {
            for (key, part) in properties {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(schema, part, &path, keys);
            }
        }
        None => {
            keys.insert(path.to_owned());
        }
    }
}

#[test]
fn what_two_files_cannot_tell_is_documented() {
    let section = OPERATIONS.split_once("\n## What a change would do\n").expect("it is there").1;
    let section = section.split_once("\n## ").expect("another section").0;
    for Line { key, loss, .. } in lines() {
        let named = key.strip_prefix("workspaces.").unwrap_or(key);
        let is_named = section.contains(&format!("`{named}`"));
        assert!(is_named || !matches!(loss, Unknown), "{key} is not named");
    }
}

#[test]
fn a_second_portal_takes_away_what_only_one_could_mean() {
    let two = base();
    let mut one = base();
    one["workspaces"][0]["portals"].as_array_mut().expect("a list").pop();
    let losses = losses(&one, &two);
    assert!(losses.len() == 1 && losses[0].contains("is not the only one any more"), "{losses:#?}");
}

/// At the gateway's own address most portals list an origin together, and have no pages there.
#[test]
fn a_portal_that_shares_the_gateways_address_cuts_nobody_off() {
    let mut old = base();
    old["workspaces"][0]["portals"][0].as_object_mut().expect("a portal").remove("public_url");
    let mut new = old.clone();
    let mut third = new["workspaces"][0]["portals"][0].clone();
    third["slug"] = "third".into();
    third["url"] = "https://third.example.com/".into();
    new["workspaces"][0]["portals"].as_array_mut().expect("a list").push(third);
    assert_eq!(losses(&old, &new), Vec::<String>::new());
}

#[test]
fn a_signing_key_that_nobody_has_read_yet_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.pem");
    let key = SigningKey::generate(Algorithm::Es256).expect("a key");
    std::fs::write(&path, key.expose_secret()).expect("a file is written");
    let old = base();
    let published = old["tokens"]["signing_key_files"][0].clone();
    let with_keys = |keys: Vec<Value>| {
        let mut document = base();
        document["tokens"]["signing_key_files"] = Value::Array(keys);
        document
    };
    let fresh = Value::from(path.to_str().expect("text"));
    let last = with_keys(vec![published.clone(), fresh.clone()]);
    let first = with_keys(vec![fresh, published]);
    assert_eq!(losses(&old, &last), Vec::<String>::new());
    assert_eq!(losses(&last, &first), Vec::<String>::new());
    let losses = losses(&old, &first);
    assert!(losses.len() == 1 && losses[0].contains("signs without having been published"), "{losses:#?}");
}
