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
    /// As requests and the configuration name it.
    pub fn from_name(name: &str) -> Option<TokenFormat> {
        match name {
            "opaque" => Some(TokenFormat::Opaque),
            "jwt" => Some(TokenFormat::Jwt),
            _ => None,
        }
    }
}
