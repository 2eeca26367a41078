//! What happened to a session, for whoever has to explain it.
//!
//! Must not know: where it is kept, or who asks.

/// What the request for a landing page looked like. It decides nothing: a scanner that runs a whole browser looks like
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksLike {
    /// A browser that loads a page for somebody.
    Browser,
    /// A program: a mail scanner, a link preview, a monitor.
    Scanner,
}

impl LooksLike {
    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            LooksLike::Browser => "browser",
            LooksLike::Scanner => "scanner",
        }
    }
}
