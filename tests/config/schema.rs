//! The JSON Schema says of the configuration what its readers say: the same keys, types, bounds and words.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Value, json};
use vestibule::config::{DEFAULT, Fault, KEYS, SCHEMA, Settings};

use super::{load_with, locations};

/// A document in which every object that the schema knows is there once.
const WHOLE: &str = r#"
[server]
[store]
allow_memory = true
[errors]
[limits]
[history]
[tokens]
[log]
[telemetry]
[[workspaces]]
id = "acme"
[[workspaces.root_keys]]
id = "key"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
environment = "live"
[[workspaces.portals]]
slug = "first"
url = "https://first.example/"
[workspaces.portals.cookie]
[workspaces.portals.tokens]
"#;

/// The paths of these objects in a document, and where the schema has them.
const OBJECTS: [(&str, &str); 14] = [
    ("", ""),
    ("server", "/properties/server"),
    ("store", "/properties/store"),
    ("errors", "/properties/errors"),
    ("limits", "/properties/limits"),
    ("history", "/properties/history"),
    ("tokens", "/properties/tokens"),
    ("log", "/properties/log"),
    ("telemetry", "/properties/telemetry"),
    ("workspaces[0]", "/definitions/workspace"),
    ("workspaces[0].root_keys[0]", "/definitions/root_key"),
    ("workspaces[0].portals[0]", "/definitions/portal"),
    ("workspaces[0].portals[0].cookie", "/definitions/portal/properties/cookie"),
    ("workspaces[0].portals[0].tokens", "/definitions/portal/properties/tokens"),
];

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_vestibule")).args(arguments).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("JSON")
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).expect("a JSON Schema")
}

fn document(text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Reads a document as the gateway does.
fn read(document: &Value) -> Result<Settings, Vec<Fault>> {
    load_with(&toml::to_string(document).expect("TOML"), &[])
}

/// `workspaces[0].id` → `/workspaces/0/id`
fn pointer(path: &str) -> String {
    let steps = path.replace('[', ".").replace(']', "");
    if path.is_empty() { String::new() } else { format!("/{}", steps.replace('.', "/")) }
}

fn with(object: &str, key: &str, value: &Value) -> Value {
    let mut whole = document(WHOLE);
    let object = whole.pointer_mut(&pointer(object)).and_then(Value::as_object_mut).expect("an object");
    object.insert(key.to_owned(), value.clone());
    whole
}

fn path_of(object: &str, key: &str) -> String {
    if object.is_empty() { key.to_owned() } else { format!("{object}.{key}") }
}

/// All keys, each with its part of the schema.
fn keys() -> Vec<(&'static str, String, Value)> {
    let schema = schema();
    let resolved = |part: &Value| match part["$ref"].as_str() {
        Some(name) => schema.pointer(&name[1..]).expect("a definition").clone(),
        None => part.clone(),
    };
    let keys_of = |(object, place): &(&'static str, &str)| {
        let properties = schema.pointer(place).and_then(|part| part["properties"].as_object()).expect(place);
        let keys = properties.iter().map(|(key, part)| (*object, key.clone(), resolved(part)));
        keys.collect::<Vec<_>>()
    };
    OBJECTS.iter().flat_map(keys_of).collect()
}

#[test]
fn the_program_prints_the_schemas() {
    assert_eq!(printed(&["schema"]), text_of("config/vestibule.schema.json"));
    let included: Value = serde_json::from_str(&printed(&["schema", "--included"])).expect("JSON");
    let validator = jsonschema::validator_for(&included).expect("a JSON Schema");
    let portal = "[[portals]]\nslug = \"billing\"\nurl = \"https://billing.example.com/\"\n";
    assert!(validator.is_valid(&document(portal)));
    for bad in ["[server]\n", "[[portals]]\nslug = \"billing\"\n", "[[workspaces]]\nid = \"a\"\n"] {
        assert!(!validator.is_valid(&document(bad)), "{bad}");
    }
}

/// A reader tells which keys it knows where it meets one that it does not know.
#[test]
fn it_has_the_keys_that_the_readers_know_and_no_others() {
    for (object, place) in OBJECTS {
        let faults = read(&with(object, "nonsense", &json!(1))).expect_err("the key is unknown");
        assert_eq!(locations(&faults), [path_of(object, "nonsense")]);
        let known = faults[0].fix.split_once("Known here: ").expect("the keys").1.trim_end_matches('.');
        let known: BTreeSet<&str> = known.split(", ").collect();
        let schema = schema();
        let part = schema.pointer(place).expect(place);
        let own: BTreeSet<&str> =
            part["properties"].as_object().expect(place).keys().map(String::as_str).collect();
        assert_eq!(own, known, "{object}");
        assert_eq!(part["additionalProperties"], json!(false), "{object}");
    }
    for (section, names) in KEYS {
        let own: BTreeSet<String> =
            keys().into_iter().filter(|(object, ..)| *object == section).map(|(_, key, _)| key).collect();
        assert_eq!(own, names.iter().map(ToString::to_string).collect(), "{section}");
    }
}

#[test]
fn it_describes_every_key_and_tells_the_defaults() {
    let defaults = document(DEFAULT);
    for (object, key, part) in keys() {
        let path = path_of(object, &key);
        let is_named = part["description"].as_str().is_some_and(|text| text.len() > 3);
        assert!(is_named || ["slug", "default_portal"].contains(&&*key), "{path}");
        if object.is_empty() || object.starts_with("workspaces") {
            continue;
        }
        assert_eq!(part.get("default"), defaults[object].get(&key), "{path}");
    }
}

/// The schema refuses nothing that a reader accepts. What has another type, or is out of bounds, both refuse.
#[test]
fn it_agrees_with_the_readers_on_every_key() {
    let validator = validator();
    assert!(validator.is_valid(&document(WHOLE)));
    for (object, key, part) in keys() {
        let path = path_of(object, &key);
        let is_refused = |value: &Value| {
            let faults = read(&with(object, &key, value)).err().unwrap_or_default();
            faults.into_iter().find(|fault| fault.location.starts_with(&path))
        };
        let mut probes =
            vec![json!(true), json!(-1), json!(0), json!(7), json!(1.5), json!(""), json!("some words")];
        probes.extend([json!([]), json!([1]), json!([""]), json!(["some words"]), json!({ "x": 1 })]);
        for bound in ["minimum", "maximum"] {
            let Some(bound) = part[bound].as_i64() else { continue };
            probes.extend([bound - 1, bound, bound + 1].map(Value::from));
        }
        probes.extend(part["enum"].as_array().into_iter().flatten().cloned());
        probes.extend(part["items"]["enum"].as_array().into_iter().flatten().map(|word| json!([word])));
        for value in probes {
            let fault = is_refused(&value);
            let by_schema = !validator.is_valid(&with(object, &key, &value));
            let wrong = |fault: &Fault| {
                let words = ["found ", "whole number", "is unknown", "Expected \"", "no such right"];
                words.iter().any(|word| fault.message.contains(word))
            };
            if by_schema {
                assert!(fault.is_some(), "only the schema refuses {path} = {value}");
            } else if let Some(fault) = fault.filter(wrong) {
                panic!("only the reader refuses {path} = {value}: {fault}");
            }
        }
    }
}

#[test]
fn it_refuses_what_people_mistake() {
    let validator = validator();
    for (object, key, value) in [
        ("", "sever", json!({})),
        ("server", "listen", json!("8080")),
        ("server", "public_url", json!("http://sessions.example.com")),
        ("server", "public_url", json!("sessions.example.com")),
        ("server", "secret", json!("too short")),
        ("server", "trusted_proxies", json!(["nginx"])),
        ("server", "client_address_header", json!("X Forwarded For")),
        ("store", "url", json!("mongodb://localhost")),
        ("store", "url", json!("memory")),
        ("store", "prefix", json!("vst:team")),
        ("store", "sentinel_password", json!(" word")),
        ("errors", "type_base", json!("/errors")),
        ("log", "level", json!(" , ")),
        ("telemetry", "traces_endpoint", json!("collector:4318")),
        ("workspaces[0]", "id", json!("")),
        ("workspaces[0].root_keys[0]", "sha256", json!("rk_live_abc")),
        ("workspaces[0].root_keys[0]", "rights", json!([])),
        ("workspaces[0].root_keys[0]", "permissions", json!(["keys:"])),
        ("workspaces[0].root_keys[0]", "default_permissions", json!([])),
        ("workspaces[0].portals[0]", "slug", json!("My-Portal")),
        ("workspaces[0].portals[0]", "url", json!("portal.example.com")),
        ("workspaces[0].portals[0]", "return_url", json!("app://x")),
        ("workspaces[0].portals[0]", "allowed_origins", json!(["https://x.example/path"])),
        ("workspaces[0].portals[0]", "primary_color", json!("blue")),
        ("workspaces[0].portals[0]", "logo_url", json!("http://x.example/logo.svg")),
        ("workspaces[0].portals[0]", "session_parameter", json!("a b")),
        ("workspaces[0].portals[0]", "idle_timeout_seconds", json!(59)),
        ("workspaces[0].portals[0].cookie", "name", json!("a;b")),
        ("workspaces[0].portals[0].cookie", "domain", json!("example")),
    ] {
        let changed = with(object, key, &value);
        assert!(read(&changed).is_err(), "the reader accepts {object}.{key} = {value}");
        assert!(!validator.is_valid(&changed), "the schema accepts {object}.{key} = {value}");
    }
    for (object, key) in [
        ("workspaces[0]", "id"),
        ("workspaces[0].portals[0]", "url"),
        ("workspaces[0].portals[0]", "slug"),
        ("workspaces[0].root_keys[0]", "id"),
        ("workspaces[0].root_keys[0]", "sha256"),
        ("workspaces[0].root_keys[0]", "environment"),
    ] {
        let mut whole = document(WHOLE);
        let table = whole.pointer_mut(&pointer(object)).and_then(Value::as_object_mut).expect("an object");
        table.remove(key);
        assert!(read(&whole).is_err() && !validator.is_valid(&whole), "without {object}.{key}");
    }
}

fn text_of(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A placeholder stands for what a reader fills in.
fn filled(text: &str) -> String {
    let digest = "0".repeat(64);
    text.replace("\"…\"", &format!("\"{digest}\"")).replace("{signing-key}", "key.pem")
}

#[test]
fn it_accepts_every_configuration_of_the_project() {
    let validator = validator();
    let uncommented = DEFAULT.replace("secret = \"…\"", "");
    for text in [
        uncommented,
        text_of("config/development.toml"),
        text_of("examples/gateway.toml"),
        text_of("deploy/compose/gateway/gateway.toml"),
        text_of("fuzz/portals.toml"),
        text_of("tests/testdata/api_example.toml"),
    ] {
        let errors: Vec<String> =
            validator.iter_errors(&document(&text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{text}");
    }
}

/// Blocks show parts of a file, so what is missing is no mistake.
#[test]
fn it_accepts_every_configuration_in_the_documents() {
    let (validator, mut blocks) = (validator(), 0);
    let included = vestibule::config::schema_of_included().expect("a schema");
    let included = jsonschema::validator_for(&included).expect("a JSON Schema");
    for (name, block) in
        documents().iter().flat_map(|(name, text)| toml_blocks(text).map(move |block| (name, block)))
    {
        blocks += 1;
        let block = filled(&block);
        let (validator, block) =
            match block.lines().find(|line| line.starts_with("[[") || line.contains("[[workspaces.")) {
                Some("[[portals]]") => (&included, block),
                Some(line) if line.starts_with('#') => {
                    (&validator, format!("[[workspaces]]\n[[workspaces.portals]]\n{block}"))
                }
                Some("[[workspaces]]") | None => (&validator, block),
                Some(_) => (&validator, format!("[[workspaces]]\n{block}")),
            };
        let is_missing = |kind: &ValidationErrorKind| matches!(kind, ValidationErrorKind::Required { .. });
        let document = document(&block);
        let errors = validator.iter_errors(&document).filter(|error| !is_missing(error.kind()));
        let errors: Vec<String> = errors.map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, [""; 0], "{name}:\n{block}");
    }
    assert!(blocks > 15, "{blocks}");
}

fn documents() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut folders) =
        (vec![("README.md".to_owned(), text_of("README.md"))], vec![root.join("docs")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            match path.extension().and_then(|extension| extension.to_str()) {
                None if path.is_dir() => folders.push(path),
                Some("md") => {
                    found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a text")))
                }
                Some(_) | None => {}
            }
        }
    }
    found
}

fn toml_blocks(text: &str) -> impl Iterator<Item = String> {
    let blocks = text.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned())
}
