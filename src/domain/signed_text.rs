//! A text that looks like a signed token, before anything of it has been checked.
//!
//! Owns: its form, and that it cannot be printed.
//! Must not know: keys, claims, or how it came.

use secrecy::{ExposeSecret, SecretString};

use super::malformed::Malformed;
use super::signed_token::MAX_TOKEN_BYTES;

/// A text that looks like a signed token. It has no readable `Debug`, as any credential.
#[derive(Clone)]
pub struct SignedText(SecretString);

impl SignedText {
    /// Three parts of base64url, the first of them a JSON object.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let dots = text.bytes().filter(|byte| *byte == b'.').count();
        let fits = text.len() <= MAX_TOKEN_BYTES && text.starts_with("ey") && dots == 2;
        if fits && text.bytes().all(allowed) {
            Ok(SignedText(SecretString::from(text)))
        } else {
            Err(Malformed)
        }
    }

    /// The text, for whoever checks it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for SignedText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("jwt[masked]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_signed_token() {
        let long = format!("ey.a.{}", "a".repeat(MAX_TOKEN_BYTES));
        for bad in ["", "ey", "ey.a", "ey.a.b.c", "xx.a.b", "ey.a.b=", "ey.a.b ", "ey.a\n.b", "ey.é.b", &long]
        {
            assert!(SignedText::parse(bad).is_err(), "{bad:.40}");
        }
        let text = SignedText::parse("ey.a.b").expect("three parts");
        assert_eq!(format!("{text:?}"), "jwt[masked]");
    }
}
