//! The layers of the configuration: embedded defaults, file, environment. Each replaces single keys of the one before.
//!
//! Owns: merging and reading environment names.
//! Must not know: what any key means. (The `config` crate cannot set an element of a list from the environment; here
//! every value can be set there.)

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::document::read_value;
use super::places::Places;
use super::types::Types;
use crate::domain::invalid::{Fault, Invalid};

/// Every variable of ours begins with it.
pub const PREFIX: &str = "VESTIBULE__";

/// Puts `over` on top of `base`. Lists are replaced whole.
pub fn merge(base: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, value) in over {
        match (base.get_mut(&name), value) {
            (Some(Value::Object(base)), Value::Object(over)) => merge(base, over),
            (_, value) => {
                base.insert(name, value);
            }
        }
    }
}

/// Puts `VESTIBULE__SECTION__KEY=value` on top of `base`. A number in the name is an index into a list. `as_it_is`: whether
/// the value of this variable is the text itself, as a file holds it; quotes are a part of that.
pub fn merge_environment(
    base: &mut Map<String, Value>,
    variables: impl Iterator<Item = (String, String)>,
    as_it_is: impl Fn(&str) -> bool,
    places: &mut Places,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let types = Types::of_schema();
    let mut ours: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    // Numbers are sorted as numbers, so that element 10 of a list comes after element 9.
    ours.sort_by_cached_key(|(name, _)| {
        let steps = name.split("__");
        steps.map(|step| (step.parse::<usize>().ok(), step.to_owned())).collect::<Vec<_>>()
    });
    let mut taken = HashMap::new();
    for (name, text) in ours {
        let path = path_of(&name);
        if let Some(other) = taken.insert(path.clone(), name.clone()) {
            let message = format!("The variable {other} sets the same key.");
            faults.push(Invalid::new(message, "Set one of the two.").at(name));
            continue;
        }
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut root = Value::Object(std::mem::take(base));
        let value = match types.is_text(&path) {
            true if as_it_is(&name) => Value::String(text),
            true => Value::String(text_of(text)),
            false => value_of(text),
        };
        let placed = place(&mut root, &steps, value);
        if let Value::Object(object) = root {
            *base = object;
        }
        match placed {
            Ok(()) => places.put_variable(&joined(&steps), &name),
            Err(invalid) => faults.push(invalid.at(name)),
        }
    }
    faults
}

/// The text that a variable gives this key, by the same rules. Where two set it, no gateway starts.
pub fn text_in_environment(
    variables: impl Iterator<Item = (String, String)>,
    section: &str,
    key: &str,
) -> Option<String> {
    let mut ours = variables.filter(|(name, _)| name.starts_with(PREFIX));
    let (_, text) = ours.find(|(name, _)| path_of(name) == [section, key])?;
    Some(text_of(text))
}

/// The path of the key that a variable sets: `VESTIBULE__STORE__URL` → `store.url`.
pub fn key_of(name: &str) -> String {
    let path = path_of(name);
    joined(&path.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The steps to the key that a variable sets. Two spellings of one key have the same.
fn path_of(name: &str) -> Vec<String> {
    let path = name[PREFIX.len()..].to_ascii_lowercase();
    let step = |step: &str| step.parse::<usize>().map_or_else(|_| step.to_owned(), |index| index.to_string());
    path.split("__").map(step).collect()
}

/// `workspaces[0].id`
fn joined(steps: &[&str]) -> String {
    steps.iter().fold(String::new(), |path, step| match step.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => (*step).to_owned(),
        Err(_) => format!("{path}.{step}"),
    })
}

fn place(target: &mut Value, steps: &[&str], value: Value) -> Result<(), Invalid> {
    let Some((step, rest)) = steps.split_first() else {
        *target = value;
        return Ok(());
    };
    if let Ok(index) = step.parse::<usize>() {
        if target.is_null() {
            *target = Value::Array(Vec::new());
        }
        let next = target.as_array_mut().filter(|list| index <= list.len());
        let list = next.ok_or_else(|| {
            Invalid::new(
                format!("There is no list here with an index {index}."),
                "Count list indexes from 0, without gaps.",
            )
        })?;
        if index == list.len() {
            list.push(Value::Null);
        }
        return place(&mut list[index], rest, value);
    }
    if target.is_null() {
        *target = Value::Object(Map::new());
    }
    let object = target.as_object_mut().filter(|_| !step.is_empty()).ok_or_else(|| {
        Invalid::new(
            "The name does not lead to a key.",
            "Use VESTIBULE__<SECTION>__<KEY>, as in VESTIBULE__STORE__URL.",
        )
    })?;
    place(object.entry((*step).to_owned()).or_insert(Value::Null), rest, value)
}

/// Of a key that is no text. A float or a table is not what anybody means by a variable.
fn value_of(text: String) -> Value {
    match read_value(&text) {
        Some(value @ (Value::Bool(_) | Value::Array(_) | Value::String(_))) => value,
        Some(Value::Number(number)) if !number.is_f64() => Value::Number(number),
        Some(Value::Number(_) | Value::Object(_) | Value::Null) | None => Value::String(text),
    }
}

/// Of a key that is a text: `12345678` may be a password, and `1.5` a version. Whoever writes TOML puts it into quotes, and
/// so do those who take a file of variables for a script.
fn text_of(text: String) -> String {
    match read_value(&text) {
        Some(Value::String(quoted)) => quoted,
        Some(Value::Bool(_) | Value::Array(_) | Value::Number(_) | Value::Object(_) | Value::Null) | None => {
            text
        }
    }
}
