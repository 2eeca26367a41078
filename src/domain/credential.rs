//! Credentials, and what may be shown of them.
//!
//! Owns: the text form of tickets, browser tokens, direct tokens and root keys; minting, parsing, digests. A credential
//! has no `Display` and a masked `Debug`. Only its `Digest` may go to a store, a log or a metric.
//! Must not know: where a credential travels (header, cookie, URL) or how it is stored.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

use super::base62::{
    self, CHECKSUM_CHARS, RANDOM_CHARS, base62, checksum, is_base62, random_bytes, random_text,
};
use super::environment::Environment;
use super::handle::HandleSuffix;
use super::malformed::Malformed;
use super::user_tag::{TAG_CHARS, UserTag};

/// The SHA-256 of a credential's text. A store, a configuration or a log never holds anything else of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a text.
    pub fn of(text: &str) -> Self {
        Digest(Sha256::digest(text.as_bytes()).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Digest(bytes))
    }

    /// The digest with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }

    /// As 64 hexadecimal digits, the form the configuration keeps.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Which secret a [`Credential`] is.
pub trait Kind {
    /// The beginning of its text, before the environment.
    const PREFIX: &'static str;
}

/// The single-use session ID.
#[derive(Clone, Debug)]
pub struct TicketKind;
/// The secret in the cookie or the Bearer token.
#[derive(Clone, Debug)]
pub struct BrowserTokenKind;

/// The Bearer token of a page or an app.
#[derive(Clone, Debug)]
pub struct DirectTokenKind;

impl Kind for DirectTokenKind {
    const PREFIX: &'static str = "pt_";
}
impl Kind for TicketKind {
    const PREFIX: &'static str = "pst_";
}
impl Kind for BrowserTokenKind {
    const PREFIX: &'static str = "ps_";
}

/// The single-use session ID of the redirect URL: `pst_live_…`.
pub type Ticket = Credential<TicketKind>;
/// The secret of a browser session: `ps_live_…`.
pub type BrowserToken = Credential<BrowserTokenKind>;
/// The secret of a direct session: `pt_live_…`.
pub type DirectToken = Credential<DirectTokenKind>;

/// The digest under which a session with a signed token is stored. It may follow from public values: the signature is
/// the credential, and the gateway checks that first.
pub fn signed_token_digest(tag: UserTag, suffix: HandleSuffix) -> Digest {
    Digest::of(&["signed token ", tag.as_str(), " ", suffix.as_str()].concat())
}

/// `<prefix><environment>_<user tag><random><checksum>`.
#[derive(Clone)]
pub struct Credential<K> {
    text: SecretString,
    environment: Environment,
    tag: UserTag,
    kind: std::marker::PhantomData<K>,
}

impl<K: Kind> Credential<K> {
    /// No text of one is longer.
    pub const MOST_CHARS: usize =
        K::PREFIX.len() + Environment::MOST_CHARS + 1 + TAG_CHARS + RANDOM_CHARS + CHECKSUM_CHARS;

    /// A new one, from the operating system's random source.
    pub fn mint(environment: Environment, tag: UserTag) -> Self {
        Self::from_random(environment, tag, &random_bytes())
    }

    /// One whose secret part is made from these bytes. The caller must know why nobody can guess them.
    pub fn from_random(environment: Environment, tag: UserTag, random: &[u8; 32]) -> Self {
        let random = base62::<RANDOM_CHARS>(random);
        // As long as it gets, so that no part of it is left behind in memory that is given back.
        let mut text = String::with_capacity(Self::MOST_CHARS);
        for part in [K::PREFIX, environment.name(), "_", tag.as_str(), base62::text(&random)] {
            text.push_str(part);
        }
        text.push_str(base62::text(&checksum(&text)));
        Credential { text: SecretString::from(text), environment, tag, kind: std::marker::PhantomData }
    }

    /// Reads one that a client sent. A mistyped or invented one fails here, before any store is asked.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(K::PREFIX).ok_or(Malformed)?;
        let (environment, rest) = Environment::split(rest).ok_or(Malformed)?;
        if rest.len() != TAG_CHARS + RANDOM_CHARS + CHECKSUM_CHARS || !is_base62(rest.as_bytes()) {
            return Err(Malformed);
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
        if checksum(body) != sum.as_bytes() {
            return Err(Malformed);
        }
        let tag = UserTag::parse(&rest[..TAG_CHARS])?;
        Ok(Credential { text: SecretString::from(text), environment, tag, kind: std::marker::PhantomData })
    }

    /// Reads one out of a link that went through a mail: programs and people take the `.`, `)` or `>` after an address
    /// for its end. A credential's length is known, and its checksum vouches for it, so what follows is not part of it.
    /// Another letter or digit, or white space, is no such thing: that is another text.
    pub fn parse_from_link(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(K::PREFIX).ok_or(Malformed)?;
        let (_, rest) = Environment::split(rest).ok_or(Malformed)?;
        let end = text.len() - rest.len() + TAG_CHARS + RANDOM_CHARS + CHECKSUM_CHARS;
        let (own, appended) = text.split_at_checked(end).ok_or(Malformed)?;
        if !appended.chars().next().is_none_or(|c| c.is_ascii_punctuation() || !c.is_ascii()) {
            return Err(Malformed);
        }
        Self::parse(own)
    }

    /// The digest to look it up by.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.expose_secret())
    }

    /// The environment it names.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The user tag it carries. A client may have invented it; it only says where to look.
    pub fn tag(&self) -> UserTag {
        self.tag
    }

    /// The secret text, for the one answer or cookie that hands it to its owner.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl<K: Kind> fmt::Debug for Credential<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[masked]", K::PREFIX)
    }
}

/// A backend's key: `rk_live_…`. The gateway knows only its digest.
pub struct RootKey {
    text: SecretString,
}

impl RootKey {
    /// The beginning of its text, before the environment.
    pub const PREFIX: &'static str = "rk_";

    /// A new one.
    pub fn mint(environment: Environment) -> Self {
        let mut text = format!("{}{}_{}", Self::PREFIX, environment.name(), random_text());
        text.push_str(base62::text(&checksum(&text)));
        RootKey { text: SecretString::from(text) }
    }

    /// Reads one that a caller sent. Only the digest decides whether it is configured, so operators may use keys that
    /// were made elsewhere, as long as they begin with `rk_`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        // To the end in any case, so that many are looked at at a time.
        let is_graphic = text.bytes().fold(true, |all, byte| all & byte.is_ascii_graphic());
        if is_graphic && text.starts_with(Self::PREFIX) {
            Ok(RootKey { text: SecretString::from(text) })
        } else {
            Err(Malformed)
        }
    }

    /// The digest that the configuration holds.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.expose_secret())
    }

    /// The secret text, for the operator who has just made it.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rk_[masked]")
    }
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
