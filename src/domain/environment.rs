//! The environment: live or test.
//!
//! Owns: its two names. Every credential and session belongs to one, and the two never mix.
//! Must not know: credentials, or what a test does differently.

/// Whether a credential belongs to real users or to a test; decided by the root key that mints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Production users.
    Live,
    /// The backend's own tests; never mixed with live sessions.
    Test,
}

impl Environment {
    /// No name is longer.
    pub const MOST_CHARS: usize = 4;

    /// The stable name, as in `rk_live_…` and in every answer.
    pub fn name(self) -> &'static str {
        match self {
            Environment::Live => "live",
            Environment::Test => "test",
        }
    }

    /// The reverse of [`Environment::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Environment::Live, Environment::Test].into_iter().find(|environment| environment.name() == name)
    }
}
