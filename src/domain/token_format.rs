//! The two kinds of token that a direct session may have.
//!
//! Must not know: how either is made or checked.

/// Which kind of token a direct session gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFormat {
    /// Random text; only the gateway can check it.
    Opaque,
    /// A signed token, which others can check without asking.
    Jwt,
}

impl TokenFormat {
    /// The stable name, as requests and the configuration have it.
    pub fn name(self) -> &'static str {
        match self {
            TokenFormat::Opaque => "opaque",
            TokenFormat::Jwt => "jwt",
        }
    }

    /// The reverse of [`TokenFormat::name`].
    pub fn from_name(name: &str) -> Option<TokenFormat> {
        [TokenFormat::Opaque, TokenFormat::Jwt].into_iter().find(|format| format.name() == name)
    }
}
