//! Reads TOML as an untyped document.
//!
//! Owns: that every key is read as a key. serde would take a table with TOML's private name for dates for a date.
//! Messages never repeat a line, which may hold a secret.
//! Must not know: what any key means.

use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::domain::invalid::{Fault, Invalid};

/// A whole file.
#[derive(Debug, Default)]
pub struct Document {
    /// What it holds.
    pub table: Map<String, Value>,
    /// The path of every key and of every element of a list, with its line.
    pub lines: Vec<(String, usize)>,
}

/// Reads a whole file.
pub fn read_toml(text: &str, source: &str) -> Result<Document, Fault> {
    let unreadable = |message: &str, span: Option<Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.split('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let message = format!("At line {line}, column {column}: {message}.");
        Invalid::new(message, "Correct the TOML at this place.").at(source)
    };
    let table = DeTable::parse(text).map_err(|error| unreadable(error.message(), error.span()))?;
    let mut offsets = Vec::new();
    let table = plain_table(table.into_inner(), "", &mut offsets)
        .map_err(|odd| unreadable(odd.message, Some(odd.span)))?;
    let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
    let line_of = |offset| ends.partition_point(|end| *end < offset) + 1;
    let lines = offsets.into_iter().map(|(path, offset)| (path, line_of(offset))).collect();
    Ok(Document { table, lines })
}

/// The text of one key, from a file of which the rest may be no TOML.
pub fn text_at(text: &str, section: &str, key: &str) -> Option<String> {
    let (table, _) = DeTable::parse_recoverable(text);
    let read = table.get_ref().get(section).and_then(|section| section.get_ref().as_table()?.get(key));
    let read = read.and_then(|value| value.get_ref().as_str().map(str::to_owned));
    // The parser gives up at some faults, so the lines are looked through as well.
    read.or_else(|| text_in_lines(text, section, key))
}

fn text_in_lines(text: &str, section: &str, key: &str) -> Option<String> {
    let header = format!("[{section}]");
    let lines = text.lines().map(str::trim).skip_while(|line| *line != header).skip(1);
    let mut pairs = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == key)?;
    let quote = value.trim_start().chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Some(value.split(quote).nth(1)?.to_owned())
}

/// Reads a single value, if it is of a type that a key can have.
pub fn read_value(text: &str) -> Option<Value> {
    plain(DeValue::parse(text).ok()?, "", &mut Vec::new()).ok()
}

/// A value of a type that no key of ours has.
struct Odd {
    message: &'static str,
    span: Range<usize>,
}

/// Where the keys begin, in bytes.
type Offsets = Vec<(String, usize)>;

fn plain_table(table: DeTable<'_>, at: &str, offsets: &mut Offsets) -> Result<Map<String, Value>, Odd> {
    let read = |(name, value): (Spanned<DeString<'_>>, Spanned<DeValue<'_>>)| {
        let begin = name.span().start;
        let name = name.into_inner().into_owned();
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        let value = plain(value, &path, offsets)?;
        offsets.push((path, begin));
        Ok((name, value))
    };
    table.into_iter().map(read).collect()
}

fn plain(value: Spanned<DeValue<'_>>, at: &str, offsets: &mut Offsets) -> Result<Value, Odd> {
    let span = value.span();
    let odd = |message| Odd { message, span };
    match value.into_inner() {
        DeValue::String(text) => Ok(Value::String(text.into_owned())),
        DeValue::Boolean(value) => Ok(Value::Bool(value)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .map_err(|_| odd("this number is too large")),
        DeValue::Float(number) => {
            let number = number.as_str().parse().ok().and_then(Number::from_f64);
            number.map(Value::Number).ok_or_else(|| odd("this number is not finite"))
        }
        DeValue::Datetime(_) => Err(odd("no key has a date or a time; quote it if it is meant as text")),
        DeValue::Array(values) => {
            let read = |(index, value): (usize, Spanned<DeValue<'_>>)| {
                let path = format!("{at}[{index}]");
                offsets.push((path.clone(), value.span().start));
                plain(value, &path, offsets)
            };
            values.into_iter().enumerate().map(read).collect::<Result<_, _>>().map(Value::Array)
        }
        DeValue::Table(table) => plain_table(table, at, offsets).map(Value::Object),
    }
}
