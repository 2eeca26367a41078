//! A grant in the form that nearly all have: one object of texts without an escape, lists of them, whole numbers and `true`.
//!
//! Owns: giving up on everything else, which serde then reads: a field that is not known, metadata, an escape, a space, any
//! fault. It takes a third of what serde takes, and every verification reads a grant.
//! Must not know: what a field means.

use memchr::memchr2;

/// What is left of the text.
pub struct Plain<'a>(&'a str);

impl<'a> Plain<'a> {
    /// Hands over the name of each field, which is one small letter, and the place of its value, to be read there. Nothing if
    /// anything is not plain, or one of `required` is missing.
    pub fn read(
        json: &'a str,
        required: &[u8],
        mut field: impl FnMut(u8, &mut Plain<'a>) -> Option<()>,
    ) -> Option<()> {
        let mut rest = Plain(json);
        // A bit for each letter.
        let mut seen = 0_u32;
        rest.skip("{\"")?;
        loop {
            let name = *rest.0.as_bytes().first().filter(|name| name.is_ascii_lowercase())?;
            rest.0 = &rest.0[1..];
            rest.skip("\":")?;
            if seen & bit(name) != 0 {
                return None;
            }
            seen |= bit(name);
            field(name, &mut rest)?;
            if rest.0 == "}" {
                return required.iter().all(|name| seen & bit(*name) != 0).then_some(());
            }
            rest.skip(",\"")?;
        }
    }

    pub fn text(&mut self) -> Option<&'a str> {
        self.skip("\"")?;
        let end = memchr2(b'"', b'\\', self.0.as_bytes())?;
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        self.skip("\"")?;
        // JSON has control characters only escaped.
        text.bytes().fold(true, |fits, byte| fits & (byte >= b' ')).then_some(text)
    }

    pub fn texts(&mut self, mut each: impl FnMut(&'a str)) -> Option<()> {
        self.skip("[")?;
        loop {
            each(self.text()?);
            if self.skip("]").is_some() {
                return Some(());
            }
            self.skip(",")?;
        }
    }

    /// A whole number of the usual length.
    pub fn number(&mut self) -> Option<u64> {
        let count = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok().filter(|_| count == 1 || !digits.starts_with('0'))
    }

    /// Of the two, only this one is ever written.
    pub fn yes(&mut self) -> Option<bool> {
        self.skip("true").map(|()| true)
    }

    fn skip(&mut self, expected: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }
}

fn bit(letter: u8) -> u32 {
    1 << (letter - b'a')
}
