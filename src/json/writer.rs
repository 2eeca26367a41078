//! A value as JSON, through `serde`.
//!
//! Owns: the shapes that answers have. The names of fields stand in the code, so they are written as they are. Whatever else
//! there is, `serde_json` writes: what comes out is the same.
//! Must not know: any answer.

use std::fmt;

use serde::Serialize;
use serde::ser::{Impossible, SerializeSeq, SerializeStruct, Serializer};

use super::text::{write, write_text};

/// Room for most answers.
const BYTES: usize = 1_024;
/// The name under which `serde_json` passes on what is JSON already.
const RAW: &str = "$serde_json::private::RawValue";

/// The value as JSON.
pub fn to_vec(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    written(value).or_else(|OtherShape| serde_json::to_vec(value))
}

fn written(value: &impl Serialize) -> Result<Vec<u8>, OtherShape> {
    let mut out = Vec::with_capacity(BYTES);
    value.serialize(Writer { out: &mut out, is_raw: false })?;
    Ok(out)
}

/// The value has a shape that is left to `serde_json`.
#[derive(Debug)]
struct OtherShape;

impl fmt::Display for OtherShape {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("not the shape of an answer")
    }
}

impl std::error::Error for OtherShape {}

impl serde::ser::Error for OtherShape {
    fn custom<T: fmt::Display>(_: T) -> Self {
        OtherShape
    }
}

type Other = Impossible<(), OtherShape>;

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// A text is JSON already.
    is_raw: bool,
}

macro_rules! as_serde_json {
    ($($method:ident: $kind:ty),* $(,)?) => {
        $(fn $method(self, value: $kind) -> Result<(), OtherShape> {
            write(self.out, &value);
            Ok(())
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = OtherShape;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Other;
    type SerializeTupleStruct = Other;
    type SerializeTupleVariant = Other;
    type SerializeMap = Other;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Other;

    as_serde_json! {
        serialize_bool: bool, serialize_char: char, serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
    }

    fn serialize_str(self, text: &str) -> Result<(), OtherShape> {
        if self.is_raw {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            write_text(self.out, text);
        }
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), OtherShape> {
        Err(OtherShape)
    }

    fn serialize_none(self) -> Result<(), OtherShape> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), OtherShape> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), OtherShape> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), OtherShape> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), OtherShape> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), OtherShape> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), OtherShape> {
        Err(OtherShape)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, OtherShape> {
        Ok(Members::begin(self.out, Kind::List))
    }

    fn serialize_tuple(self, _: usize) -> Result<Other, OtherShape> {
        Err(OtherShape)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Other, OtherShape> {
        Err(OtherShape)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Other, OtherShape> {
        Err(OtherShape)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Other, OtherShape> {
        Err(OtherShape)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'a>, OtherShape> {
        Ok(Members::begin(self.out, if name == RAW { Kind::Raw } else { Kind::Object }))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Other, OtherShape> {
        Err(OtherShape)
    }
}

#[derive(Clone, Copy)]
enum Kind {
    List,
    Object,
    /// Has one member, which stands for the whole.
    Raw,
}

/// A list or an object that has begun.
struct Members<'a> {
    out: &'a mut Vec<u8>,
    kind: Kind,
    is_empty: bool,
}

impl<'a> Members<'a> {
    fn begin(out: &'a mut Vec<u8>, kind: Kind) -> Self {
        match kind {
            Kind::List => out.push(b'['),
            Kind::Object => out.push(b'{'),
            Kind::Raw => {}
        }
        Members { out, kind, is_empty: true }
    }

    fn next(&mut self) {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(b',');
        }
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = OtherShape;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), OtherShape> {
        self.next();
        value.serialize(Writer { out: self.out, is_raw: false })
    }

    fn end(self) -> Result<(), OtherShape> {
        self.out.push(b']');
        Ok(())
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = OtherShape;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), OtherShape> {
        let is_raw = match self.kind {
            Kind::Raw => true,
            Kind::List | Kind::Object => {
                self.next();
                self.out.reserve(name.len() + 3);
                self.out.push(b'"');
                self.out.extend_from_slice(name.as_bytes());
                self.out.extend_from_slice(b"\":");
                false
            }
        };
        value.serialize(Writer { out: self.out, is_raw })
    }

    fn end(self) -> Result<(), OtherShape> {
        match self.kind {
            Kind::List | Kind::Object => self.out.push(b'}'),
            Kind::Raw => {}
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
