//! Reads single values of an untyped document: their types, and the simplest rules.
//!
//! Owns: the wording for a wrong type and for a value out of bounds.
//! Must not know: any particular field, or where a value is.

use serde_json::{Map, Value};

use crate::domain::invalid::Invalid;
use crate::domain::shown_text;

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
    parse: impl FnOnce(&'d str) -> Result<T, Invalid>,
) -> impl FnOnce(&'d Value) -> Result<T, Invalid> {
    move |value| parse(string(value)?)
}

/// A string of `min` to `max` characters.
pub fn text<'d>(min: usize, max: usize) -> impl Fn(&'d Value) -> Result<&'d str, Invalid> {
    move |value| {
        let text = string(value)?;
        let chars = text.chars().count();
        if (min..=max).contains(&chars) {
            return Ok(text);
        }
        let fix = format!("Use a string of {min} to {max} characters.");
        Err(Invalid::new(format!("The string has {chars} characters; allowed are {min} to {max}."), fix))
    }
}

/// A [`text`] that people or headers show.
pub fn shown_text<'d>(min: usize, max: usize) -> impl Fn(&'d Value) -> Result<&'d str, Invalid> {
    move |value| {
        let shown = text(min, max)(value)?;
        shown_text::check(shown).map(|()| shown)
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
        // JSON has only one kind of number, so 60.0 is a whole number.
        let whole =
            |number: f64| (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64);
        let number = value.as_u64().or_else(|| value.as_f64().and_then(whole));
        let number = number.filter(|number| (min..=max).contains(number));
        number.ok_or_else(|| Invalid::new(format!("{value} is not a whole number from {min} to {max}."), fix))
    }
}

/// A list.
pub fn array(value: &Value) -> Result<&[Value], Invalid> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong_type(value, "a list", "[]"))
}

/// An object.
pub fn object(value: &Value) -> Result<&Map<String, Value>, Invalid> {
    value.as_object().ok_or_else(|| wrong_type(value, "an object", "{}"))
}

/// As much of a text as is shown to its sender.
pub fn shortened(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
