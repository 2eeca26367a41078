//! The handle: the public name of a portal session.
//!
//! Owns: its text form. It holds the user tag and the time of creation, so it alone finds its session.
//! Must not know: credentials. A handle opens nothing; it may be logged and passed around.

use std::fmt;
use std::ops::Deref;

use super::base62::{base62_of, is_base62, number, text};
use super::malformed::Malformed;
use super::user_tag::{TAG_CHARS, UserTag};

const PREFIX: &str = "sess_";
const TIME_CHARS: usize = 8;
const SUFFIX_CHARS: usize = 8;
const CHARS: usize = PREFIX.len() + TAG_CHARS + TIME_CHARS + SUFFIX_CHARS;

/// The random part of a handle: its name in the user's index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandleSuffix([u8; SUFFIX_CHARS]);

impl HandleSuffix {
    /// A new one. 47 bits are enough: it has to be unique only among one user's sessions of one millisecond.
    pub fn mint() -> Self {
        HandleSuffix(base62_of(rand::random()))
    }

    /// Made from these bytes, so that a repeated call gets the same. Anybody may see a handle, so the bytes must be a
    /// digest, never those that a credential is made of.
    pub fn from_digest(bytes: &[u8; 32]) -> Self {
        let [.., a, b, c, d, e, f, g, h] = *bytes;
        HandleSuffix(base62_of(u64::from_be_bytes([a, b, c, d, e, f, g, h])))
    }

    /// Reads the characters back.
    pub fn parse(chars: &str) -> Result<Self, Malformed> {
        let bytes: [u8; SUFFIX_CHARS] = chars.as_bytes().try_into().map_err(|_| Malformed)?;
        if is_base62(&bytes) { Ok(HandleSuffix(bytes)) } else { Err(Malformed) }
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

impl fmt::Debug for HandleSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The public name of a portal session, `sess_…`: no credential, and the only name of it that may be logged.
/// It holds the user tag and the time of its creation, so it is enough to find its session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Says where its user's sessions are stored.
    pub tag: UserTag,
    /// When it was minted, by the store's clock, in Unix milliseconds.
    pub created_at_ms: u64,
    /// Tells it from the user's other sessions of that millisecond.
    pub suffix: HandleSuffix,
}

impl Handle {
    /// Reads `sess_…`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(PREFIX).ok_or(Malformed)?;
        let expected = TAG_CHARS + TIME_CHARS + SUFFIX_CHARS;
        if rest.len() != expected || !is_base62(rest.as_bytes()) {
            return Err(Malformed);
        }
        let (tag, rest) = rest.split_at(TAG_CHARS);
        let (time, suffix) = rest.split_at(TIME_CHARS);
        Ok(Handle {
            tag: UserTag::parse(tag)?,
            created_at_ms: number(time).ok_or(Malformed)?,
            suffix: HandleSuffix::parse(suffix)?,
        })
    }

    /// The text, for the answers and log lines that every request has: without a formatter, and without the heap.
    pub fn text(&self) -> HandleText {
        let time: [u8; TIME_CHARS] = base62_of(self.created_at_ms);
        let mut chars = [0; CHARS];
        let parts = [PREFIX.as_bytes(), self.tag.as_bytes(), &time, &self.suffix.0];
        let mut rest = chars.as_mut_slice();
        for part in parts {
            let (place, after) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = after;
        }
        HandleText(chars)
    }
}

/// A handle's text, where it is needed.
#[derive(Clone, Copy)]
pub struct HandleText([u8; CHARS]);

impl Deref for HandleText {
    type Target = str;

    fn deref(&self) -> &str {
        text(&self.0)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
