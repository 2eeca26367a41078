//! The mark of `server.secret`: what gateways on one store compare, to find out that they have the same.
//!
//! Owns: its derivation. It may be stored where the sessions are: like the user tags, it lets its reader do no more than
//! test guesses of the secret.
//! Must not know: where marks are compared.

use std::time::Duration;

use hmac::Mac;
use secrecy::SecretString;

use super::base62::text_of;
use super::user_tag::keyed_hash;

/// Keeps it apart from everything else that comes from the secret. No list of names of a user begins like this.
const PURPOSE: &[u8] = b"\0the mark of server.secret";

/// The marks of the secrets that a gateway knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretMarks {
    /// Of `server.secret`.
    pub present: String,
    /// Of `server.previous_secrets`.
    pub previous: Vec<String>,
}

/// A gateway tells so often that it is there.
pub const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Who compares.
#[derive(Clone, Copy, Debug)]
pub enum Presence<'a> {
    /// Somebody who leaves nothing.
    Looks,
    /// A gateway of this name, which counts from now on, unless it may not start.
    Starts(&'a str),
    /// One that counts, whatever the comparison shows.
    Serves(&'a str),
}

/// What the comparison has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The others have the same secret, or there are none.
    Same,
    /// They have another one, or had one as long as sessions may live. This gateway knows it, and they know this gateway's:
    /// the secret is being rotated.
    InRotation,
    /// They have, or had, one that this gateway does not know.
    Other,
    /// At least one of those that run does not know this gateway's.
    Unannounced,
}

impl SecretMarks {
    /// The marks of these secrets.
    pub fn new(present: &SecretString, previous: &[SecretString]) -> Self {
        SecretMarks { present: mark(present), previous: previous.iter().map(mark).collect() }
    }
}

fn mark(secret: &SecretString) -> String {
    let mut hash = keyed_hash(secret);
    hash.update(PURPOSE);
    text_of(&hash.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_tells_secrets_apart_and_holds_none() {
        let marks = SecretMarks::new(&"one".into(), &["one".into(), "another".into()]);
        assert_eq!(marks.previous[0], marks.present);
        assert_ne!(marks.previous[1], marks.present);
        assert!(!marks.previous[1].contains("another"));
    }
}
