//! Reads an untyped document field by field and keeps every fault, not only the first.
//!
//! Owns: the wording for missing, mistyped and unknown fields; used for request bodies and for the
//! configuration alike, so that both report the same way.
//! Must not know: any particular field. A deserializer stops at the first fault; a person wants them all.

use serde_json::{Map, Value};

use crate::domain::invalid::{Fault, Invalid};

/// One object of a document.
pub struct Fields<'d, 'f> {
    object: &'d Map<String, Value>,
    at: String,
    faults: &'f mut Vec<Fault>,
    known: Vec<&'static str>,
}

impl<'d, 'f> Fields<'d, 'f> {
    /// The fields of `object`, which stands at `at` in its document (empty for the top).
    pub fn new(object: &'d Map<String, Value>, at: impl Into<String>, faults: &'f mut Vec<Fault>) -> Self {
        Fields { object, at: at.into(), faults, known: Vec::new() }
    }

    /// Where a field stands.
    pub fn location(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// Adds a fault of one field.
    pub fn fault(&mut self, name: &str, invalid: Invalid) {
        let location = self.location(name);
        self.faults.push(invalid.at(location));
    }

    /// The raw value; from now on the name is known.
    pub fn value(&mut self, name: &'static str) -> Option<&'d Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.object.get(name)
    }

    /// Which of a field's two names this document uses; the older where it uses neither. Both at once are
    /// a fault of the newer.
    pub fn name_used(&mut self, older: &'static str, newer: &'static str) -> &'static str {
        match (self.value(older), self.value(newer)) {
            (None, Some(_)) => newer,
            (Some(_), Some(_)) => {
                let message = format!("This is another name of the field {older}, which is there too.");
                self.fault(newer, Invalid::new(message, format!("Send one of the two: {older} or {newer}.")));
                older
            }
            (_, None) => older,
        }
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'d Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        if self.value(name).is_none() {
            self.fault(name, Invalid::new("This field is missing.", format!("Add the field {name}.")));
            return None;
        }
        self.optional(name, read)
    }

    /// A field that may be left out.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'d Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        match read(self.value(name)?) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.fault(name, invalid);
                None
            }
        }
    }

    /// A list whose every element is read; the faults name their index.
    pub fn list<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'d Value) -> Result<T, Invalid>,
    ) -> Option<Vec<T>> {
        let elements = self.optional(name, array)?;
        let mut values = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            match read(element) {
                Ok(value) => values.push(value),
                Err(invalid) => self.fault(&format!("{name}[{index}]"), invalid),
            }
        }
        Some(values)
    }

    /// The fields of a nested object; an absent one reads as empty.
    pub fn section(&mut self, name: &'static str) -> Fields<'d, '_> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        let object = self.optional(name, object).unwrap_or(&EMPTY);
        Fields::new(object, self.location(name), self.faults)
    }

    /// Reads every object of a list of objects.
    pub fn sections<T>(&mut self, name: &'static str, mut read: impl FnMut(Fields<'d, '_>) -> T) -> Vec<T> {
        let elements = self.optional(name, array).unwrap_or_default();
        let mut values = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            match object(element) {
                Ok(object) => {
                    let at = self.location(&format!("{name}[{index}]"));
                    values.push(read(Fields::new(object, at, self.faults)));
                }
                Err(invalid) => self.fault(&format!("{name}[{index}]"), invalid),
            }
        }
        values
    }

    /// Reports every field that nothing has asked for. Call it last.
    pub fn finish(mut self) {
        let unknown: Vec<_> =
            self.object.keys().filter(|name| !self.known.contains(&name.as_str())).collect();
        for name in unknown {
            let known = if self.known.is_empty() { "none".to_owned() } else { self.known.join(", ") };
            let fix = format!("Remove it, or correct its spelling. Known here: {known}.");
            // The name is the writer's own, of any length.
            let name: String = name.chars().take(64).collect();
            self.fault(&name, Invalid::new("This field is unknown.", fix));
        }
    }
}

fn wrong_type(value: &Value, expected: &str, example: &str) -> Invalid {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Invalid::new(
        format!("Expected {expected}, found {found}."),
        format!("Write {expected}, for example {example}."),
    )
}

/// A string.
pub fn string(value: &Value) -> Result<&str, Invalid> {
    value.as_str().ok_or_else(|| wrong_type(value, "a string", "\"text\""))
}

/// A string that `parse` accepts.
pub fn parsed<'d, T>(
    parse: impl FnOnce(&str) -> Result<T, Invalid>,
) -> impl FnOnce(&'d Value) -> Result<T, Invalid> {
    move |value| parse(string(value)?)
}

/// A string of `min` to `max` characters.
pub fn text<'d>(min: usize, max: usize) -> impl Fn(&'d Value) -> Result<String, Invalid> {
    move |value| {
        let text = string(value)?;
        let chars = text.chars().count();
        if (min..=max).contains(&chars) {
            return Ok(text.to_owned());
        }
        let fix = format!("Use a string of {min} to {max} characters.");
        Err(Invalid::new(format!("The string has {chars} characters; allowed are {min} to {max}."), fix))
    }
}

/// A boolean.
pub fn boolean(value: &Value) -> Result<bool, Invalid> {
    value.as_bool().ok_or_else(|| wrong_type(value, "a boolean", "true"))
}

/// A whole number of `min` to `max`.
pub fn integer<'d>(min: u64, max: u64) -> impl Fn(&'d Value) -> Result<u64, Invalid> {
    move |value| {
        if !value.is_number() {
            return Err(wrong_type(value, "a whole number", &min.to_string()));
        }
        let fix = format!("Use a whole number from {min} to {max}.");
        // JSON knows one kind of number: 60.0 is a whole one.
        let whole =
            |number: f64| (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64);
        let number = value.as_u64().or_else(|| value.as_f64().and_then(whole));
        let number = number.filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| Invalid::new(format!("{value} is not a whole number from {min} to {max}."), fix))
    }
}

fn array(value: &Value) -> Result<&[Value], Invalid> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_type(value, "a list", "[]"))
}

/// An object.
pub fn object(value: &Value) -> Result<&Map<String, Value>, Invalid> {
    value.as_object().ok_or_else(|| wrong_type(value, "an object", "{}"))
}
