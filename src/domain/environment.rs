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

    const ALL: [Environment; 2] = [Environment::Live, Environment::Test];

    /// The one whose name and a `_` a text begins with, and the rest of it.
    pub fn split(text: &str) -> Option<(Self, &str)> {
        let rest_after = |one: Self| Some((one, text.strip_prefix(one.name())?.strip_prefix('_')?));
        Self::ALL.into_iter().find_map(rest_after)
    }

    /// The reverse of [`Environment::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.name() == name)
    }
}
