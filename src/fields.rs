//! Reads an untyped document field by field, and reports every fault, not only the first.
//!
//! Owns: the wording for missing, mistyped and unknown fields; used for request bodies and for the
//! configuration alike, so that both report the same way.
//! Must not know: any particular field. (A deserializer would stop at the first fault; a person wants to see them all.)

pub mod json;
mod values;

use std::borrow::Cow;
use std::fmt::Display;

use serde_json::{Map, Value};
use smallvec::SmallVec;
use smol_str::SmolStr;

use crate::domain::invalid::{Faults, Invalid};
use values::{array, shortened};
pub use values::{boolean, integer, object, parsed, shown_text, string, text};

const MAX_NAME_CHARS: usize = 64;

/// Few objects are asked for more.
const USUAL_FIELDS: usize = 24;

/// The names and values of an object.
#[derive(Clone, Copy)]
pub enum Object<'d> {
    /// Of the configuration, or within another object.
    Map(&'d Map<String, Value>),
    /// Of a request, whose names are few and short: to make a map of them takes longer than to compare.
    List(&'d [(SmolStr, Value)]),
}

impl<'d> Object<'d> {
    /// (Not by `Map::get`: hashing each known name takes longer than to compare.)
    fn get(self, name: &str) -> Option<&'d Value> {
        match self {
            Object::Map(map) => map.iter().find(|(other, _)| *other == name).map(|(_, value)| value),
            Object::List(list) => list.iter().find(|(other, _)| other == name).map(|(_, value)| value),
        }
    }

    fn names_but(self, known: &[&str]) -> Vec<&'d str> {
        let is_other = |name: &&str| !known.contains(name);
        match self {
            Object::Map(map) => map.keys().map(String::as_str).filter(is_other).collect(),
            Object::List(list) => list.iter().map(|(name, _)| name.as_str()).filter(is_other).collect(),
        }
    }
}

/// One object of a document.
pub struct Fields<'d, 'f> {
    object: Object<'d>,
    at: Cow<'f, str>,
    faults: &'f mut Faults,
    /// In the order in which they were asked for, some several times.
    known: SmallVec<[&'static str; USUAL_FIELDS]>,
}

impl<'d, 'f> Fields<'d, 'f> {
    /// The fields of `object`, whose path in its document is `at` (empty at the top).
    pub fn new(object: Object<'d>, at: impl Into<Cow<'f, str>>, faults: &'f mut Faults) -> Self {
        Fields { object, at: at.into(), faults, known: SmallVec::new() }
    }

    /// The path of the object.
    pub fn path(&self) -> &str {
        &self.at
    }

    /// The path of a field.
    pub fn location(&self, name: &str) -> String {
        location(&self.at, &name)
    }

    /// Adds a fault of one field, or of a part of it.
    pub fn fault(&mut self, name: impl Display, invalid: Invalid) {
        self.faults.add(|| invalid.at(location(&self.at, &name)));
    }

    /// The raw value. The name counts as known from now on. A `null` is as if left out: typed clients send one for what
    /// they do not set.
    pub fn value(&mut self, name: &'static str) -> Option<&'d Value> {
        self.known.push(name);
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// Which of a field's two names this document uses, or the older if it uses neither. If it uses both, the newer
    /// is a fault.
    pub fn name_used(&mut self, older: &'static str, newer: &'static str) -> &'static str {
        match (self.value(older), self.value(newer)) {
            (None, Some(_)) => newer,
            (Some(_), Some(_)) => {
                let message = format!("This is another name of the field {older}, which is set too.");
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
        let value = self.value(name);
        if value.is_none() {
            self.fault(name, Invalid::new("This field is missing.", format!("Add the field {name}.")));
        }
        self.read(name, value?, read)
    }

    /// A field that may be left out.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'d Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        let value = self.value(name)?;
        self.read(name, value, read)
    }

    fn read<T>(
        &mut self,
        name: &str,
        value: &'d Value,
        read: impl FnOnce(&'d Value) -> Result<T, Invalid>,
    ) -> Option<T> {
        match read(value) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.fault(name, invalid);
                None
            }
        }
    }

    /// A list. Every element is read, and faults name their index.
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
                Err(invalid) => self.fault(format_args!("{name}[{index}]"), invalid),
            }
        }
        Some(values)
    }

    /// The fields of a nested object. An absent one reads as empty.
    pub fn section(&mut self, name: &'static str) -> Fields<'d, '_> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        let object = self.optional(name, object).unwrap_or(&EMPTY);
        Fields::new(Object::Map(object), self.location(name), self.faults)
    }

    /// Reads every object of a list of objects.
    pub fn sections<T>(&mut self, name: &'static str, mut read: impl FnMut(Fields<'d, '_>) -> T) -> Vec<T> {
        let elements = self.optional(name, array).unwrap_or_default();
        let mut values = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            match object(element) {
                Ok(object) => {
                    let at = self.location(&format!("{name}[{index}]"));
                    values.push(read(Fields::new(Object::Map(object), at, self.faults)));
                }
                Err(invalid) => self.fault(format_args!("{name}[{index}]"), invalid),
            }
        }
        values
    }

    /// Reports every field that was not asked for. Call it last.
    pub fn finish(self) {
        for name in self.object.names_but(&self.known) {
            self.faults.add(|| {
                let known = names_once(&self.known);
                let fix = format!("Remove it, or correct its spelling. Known here: {known}.");
                // The name is the writer's own, of any length.
                let place = location(&self.at, &shortened(name, MAX_NAME_CHARS));
                Invalid::new("This field is unknown.", fix).at(place)
            });
        }
    }
}

fn location(at: &str, name: &dyn Display) -> String {
    if at.is_empty() { name.to_string() } else { format!("{at}.{name}") }
}

fn names_once(known: &[&str]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in known {
        if !names.contains(name) {
            names.push(name);
        }
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
