//! The layers of the configuration: embedded default, file, environment; each replaces the one before it key
//! by key.
//!
//! Owns: merging and reading environment names.
//! Must not know: what any key means. (Not the `config` crate: it cannot set an element of a list from the
//! environment, and every value of ours can be set there.)

use serde_json::{Map, Value};

use crate::domain::invalid::{Fault, Invalid};

const PREFIX: &str = "VESTIBULE__";

/// Reads TOML as an untyped document.
pub fn read_toml(text: &str, source: &str) -> Result<Map<String, Value>, Fault> {
    let unreadable = |message: String| Invalid::new(message, "Correct the TOML at this place.").at(source);
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        // Not the error's own form: it repeats the line, which may hold a secret.
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.split('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        unreadable(format!("At line {line}, column {column}: {}.", error.message()))
    })?;
    match serde_json::to_value(table) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(unreadable("The file is no TOML table.".into())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

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

/// Puts `VESTIBULE__SECTION__KEY=value` on top of `base`. A number in the name is the index of a list. A value
/// that reads as a TOML boolean, number or list is one; anything else is a string.
pub fn merge_environment(
    base: &mut Map<String, Value>,
    variables: impl Iterator<Item = (String, String)>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut ours: Vec<_> = variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
    // By number where a step is one, so that element 10 of a list comes after element 9.
    ours.sort_by_cached_key(|(name, _)| {
        let steps = name.split("__");
        steps.map(|step| (step.parse::<usize>().ok(), step.to_owned())).collect::<Vec<_>>()
    });
    for (name, text) in ours {
        let path = name[PREFIX.len()..].to_ascii_lowercase();
        let steps: Vec<&str> = path.split("__").collect();
        let mut root = Value::Object(std::mem::take(base));
        let placed = place(&mut root, &steps, value_of(&text));
        if let Value::Object(object) = root {
            *base = object;
        }
        if let Err(invalid) = placed {
            faults.push(invalid.at(name));
        }
    }
    faults
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

fn value_of(text: &str) -> Value {
    let parsed = toml::from_str::<toml::Table>(&format!("value = {text}")).ok();
    let value = parsed.and_then(|mut table| table.remove("value"));
    match value {
        Some(value @ (toml::Value::Boolean(_) | toml::Value::Integer(_) | toml::Value::Array(_))) => {
            serde_json::to_value(value).unwrap_or(Value::Null)
        }
        Some(toml::Value::String(quoted)) => Value::String(quoted),
        Some(toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_)) | None => {
            Value::String(text.to_owned())
        }
    }
}
