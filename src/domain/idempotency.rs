//! What makes it safe for a client to repeat its own exchange (API.md section 4).
//!
//! Owns: the form of an `Idempotency-Key`, and the browser token that is derived from ticket and key.
//! Must not know: headers, or how long a repeat is honoured; the store decides that by its own clock.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::credential::{BrowserToken, Digest, Ticket};
use super::invalid::Invalid;
use super::user_tag::{UserTag, keyed_hash};

const MIN_CHARS: usize = 16;
const MAX_CHARS: usize = 128;

/// A random value that a client makes for one exchange and uses again when it repeats it.
pub struct IdempotencyKey(SecretString);

impl IdempotencyKey {
    /// 16 to 128 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if (MIN_CHARS..=MAX_CHARS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(IdempotencyKey(SecretString::from(text)));
        }
        let message = format!("The key must have {MIN_CHARS} to {MAX_CHARS} visible ASCII characters.");
        Err(Invalid::new(
            message,
            "Make one random value for each session ID, such as a UUID, and keep it for repeats.",
        ))
    }
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[masked]")
    }
}

/// Derives tokens from `server.secret`. If they were derived from ticket and key alone, a script on the page, which may
/// know both, could compute the token in the HttpOnly cookie.
pub struct TokenDeriver {
    keyed: Hmac<Sha256>,
}

impl TokenDeriver {
    /// Every replica must have the same secret, or a repeat that reaches another replica is refused.
    pub fn new(secret: &SecretString) -> Self {
        TokenDeriver { keyed: keyed_hash(secret) }
    }

    /// The same ticket and key always give the same token.
    pub fn derive(&self, ticket: &Ticket, key: &IdempotencyKey) -> BrowserToken {
        let random = self.random("browser token", &[ticket.expose(), key.0.expose_secret()]);
        BrowserToken::from_random(ticket.environment(), ticket.tag(), &random)
    }

    /// The secret part of a direct token. The same root key that repeats its request with the same idempotency key gets
    /// the same token. `asked` holds the whole request, so that a key used for another request gives another token.
    pub fn direct(&self, root_key: &Digest, key: &IdempotencyKey, tag: UserTag, asked: &str) -> [u8; 32] {
        self.random("direct token", &[&root_key.to_hex(), tag.as_str(), key.0.expose_secret(), asked])
    }

    /// `purpose` keeps these values apart from the user tags, which come from the same secret. Only the last part may
    /// hold a NUL, so no two lists of parts give the same bytes.
    fn random(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let mut hash = self.keyed.clone();
        for part in std::iter::once(&purpose).chain(parts) {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        hash.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::user_tag::{UserRef, UserTagger};

    fn ticket() -> Ticket {
        let user = UserRef {
            workspace: "acme",
            environment: Environment::Test,
            slug: "my-portal",
            external_id: "user_123",
        };
        Ticket::mint(Environment::Test, UserTagger::new(&"s".into(), &[]).tag(&user))
    }

    fn key(text: &str) -> IdempotencyKey {
        IdempotencyKey::parse(text).expect("a valid key")
    }

    #[test]
    fn a_token_follows_from_ticket_key_and_secret_alone() {
        let (ticket, deriver) = (ticket(), TokenDeriver::new(&"secret".into()));
        let token = deriver.derive(&ticket, &key("0123456789abcdef"));
        assert_eq!(token.digest(), deriver.derive(&ticket, &key("0123456789abcdef")).digest());
        assert!(BrowserToken::parse(token.expose()).is_ok());
        assert_eq!((token.tag(), token.environment()), (ticket.tag(), Environment::Test));
        let others = [
            deriver.derive(&ticket, &key("0123456789abcdeg")),
            deriver.derive(&self::ticket(), &key("0123456789abcdef")),
            TokenDeriver::new(&"other".into()).derive(&ticket, &key("0123456789abcdef")),
        ];
        assert!(others.iter().all(|other| other.digest() != token.digest()));
    }

    #[test]
    fn the_form_of_a_key() {
        for good in ["0123456789abcdef", &"~".repeat(128), "7b8e9c6e-1f0a-4d6c-9b1e-2f3a4b5c6d7e"] {
            assert!(IdempotencyKey::parse(good).is_ok(), "refused {good}");
        }
        for bad in ["", "0123456789abcde", "0123456789 abcdef", "0123456789abcdé", &"a".repeat(129)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "accepted {bad:?}");
        }
        assert_eq!(format!("{:?}", key("0123456789abcdef")), "[masked]");
    }
}
