//! The error for texts that do not have the form they should: credentials, handles, tags.
//!
//! Must not know: the text. A text that is nearly a credential must not get into a log.

/// What is wrong with a text that should be a credential, without the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;
