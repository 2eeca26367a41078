//! The error of every text that is not of its form: credentials, handles, tags.
//!
//! Must not know: the text. A text that was nearly a credential must not find its way into a log.

/// What is wrong with a text that should be a credential. It says nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;
