//! Reads JSON as an untyped document.
//!
//! Owns: that a text has only one meaning. A field that an object has twice is a fault, because another reader of the
//! same text may take the other one. And no name is special: `serde_json::Value` would read an object with one of
//! serde_json's private names as a number, or its text as more JSON.
//! Must not know: any particular field.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::hash::Hash;

use serde::de::{DeserializeSeed, IgnoredAny};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::{Entry, Map};
use serde_json::value::RawValue;
use serde_json::{Number, Value};
use smol_str::SmolStr;

use super::values::shortened;
use crate::domain::invalid::{Faults, Invalid};

/// The most characters of a name that are shown in a path. Names may have any length.
const MAX_NAME_CHARS: usize = 64;
const MAX_PATH_CHARS: usize = 256;

/// More fields than this are not compared one with another: that would take the square of their number.
const FEW_FIELDS: usize = 24;

/// What a text says.
pub struct Document {
    /// The whole document. Of a field that is there twice, it has the first.
    pub value: Root,
    /// Every field that its object has twice.
    pub repeated: Faults,
}

/// A whole document. It may hold a ticket, so it cannot be printed.
pub enum Root {
    /// The fields of an object, in their order.
    Object(Vec<(SmolStr, Value)>),
    /// Anything else.
    Other(Value),
}

/// Reads a whole text. Paths in faults begin with `root`.
pub fn read(text: &str, root: &str) -> Result<Document, serde_json::Error> {
    let repeated = RefCell::new(Faults::default());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let element = Element { place: &Place::Root(root), repeated: &repeated };
    let value = if text.trim_ascii_start().starts_with('{') {
        Root::Object(deserializer.deserialize_map(Outermost(element))?)
    } else {
        Root::Other(element.deserialize(&mut deserializer)?)
    };
    deserializer.end()?;
    Ok(Document { value, repeated: repeated.into_inner() })
}

/// One field of the object in `text`, exactly as it was written but without white space: numbers keep every digit.
pub fn text_of(text: &[u8], name: &str) -> Option<String> {
    let fields: BTreeMap<String, &RawValue> = serde_json::from_slice(text).ok()?;
    fields.get(name).map(|field| without_space(field.get()))
}

fn without_space(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |character: &char| {
        let quote = *character == '"' && !escaped;
        escaped = in_string && *character == '\\' && !escaped;
        in_string ^= quote;
        in_string || !character.is_ascii_whitespace()
    };
    json.chars().filter(keep).collect()
}

/// The path of a value. It is written out only for a fault.
enum Place<'p> {
    Root(&'p str),
    Field(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root(name) => f.write_str(name),
            Place::Field(object, name) => write!(f, "{object}.{}", shortened(name, MAX_NAME_CHARS)),
            Place::Element(list, index) => write!(f, "{list}[{index}]"),
        }
    }
}

#[derive(Clone, Copy)]
struct Element<'p> {
    place: &'p Place<'p>,
    repeated: &'p RefCell<Faults>,
}

impl Element<'_> {
    fn repeats(&self, name: &str) {
        self.repeated.borrow_mut().add(|| {
            let place = Place::Field(self.place, name).to_string();
            let fix = "Send each field once: programs disagree about which of the two counts.";
            let fault = Invalid::new("This object has the field twice.", fix);
            fault.at(shortened(&place, MAX_PATH_CHARS))
        });
    }
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let place = Place::Element(self.place, values.len());
            match list.next_element_seed(Element { place: &place, ..self })? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            match fields.entry(name) {
                Entry::Occupied(first) => {
                    self.repeats(first.key());
                    object.next_value::<IgnoredAny>()?;
                }
                Entry::Vacant(field) => {
                    let place = Place::Field(self.place, field.key());
                    let value = object.next_value_seed(Element { place: &place, ..self })?;
                    field.insert(value);
                }
            }
        }
        Ok(Value::Object(fields))
    }
}

/// The object that is the whole document.
struct Outermost<'p>(Element<'p>);

impl<'de> Visitor<'de> for Outermost<'_> {
    type Value = Vec<(SmolStr, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut fields: Self::Value = Vec::with_capacity(4);
        let mut names = HashSet::new();
        while let Some(name) = object.next_key::<SmolStr>()? {
            if is_among(&fields, &mut names, &name) {
                self.0.repeats(&name);
                object.next_value::<IgnoredAny>()?;
            } else {
                let place = Place::Field(self.0.place, &name);
                let value = object.next_value_seed(Element { place: &place, ..self.0 })?;
                fields.push((name, value));
            }
        }
        Ok(fields)
    }
}

/// Whether one of the fields has this name. `names` is what this has put there for the same fields.
fn is_among<N: Clone + Eq + Hash, V>(fields: &[(N, V)], names: &mut HashSet<N>, name: &N) -> bool {
    if fields.len() < FEW_FIELDS {
        return fields.iter().any(|(other, _)| other == name);
    }
    names.extend(fields[names.len()..].iter().map(|(other, _)| other.clone()));
    names.contains(name)
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
