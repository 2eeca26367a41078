//! Credentials and what may be told of them.
//!
//! Owns: the text form of tickets, browser tokens, root keys and handles; minting, checksums, digests and
//! the user tag. A credential has no `Display` and a masked `Debug`; only its `Digest` may leave this file
//! for a store, a log or a metric.
//! Must not know: where a credential travels (header, cookie, URL) or how it is stored.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

/// Ascending in ASCII, so that fixed-width numbers sort as text the way they sort as numbers.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const TAG_CHARS: usize = 16;
/// 62^33 > 2^196: above the 192 bits that the contract asks for (API.md section 1).
const RANDOM_CHARS: usize = 33;
const CHECKSUM_CHARS: usize = 6;
const HANDLE_TIME_CHARS: usize = 8;
const HANDLE_SUFFIX_CHARS: usize = 8;

/// Whether a credential belongs to real users or to a test; decided by the root key that mints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Production users.
    Live,
    /// The backend's own trials; never mixed with live sessions.
    Test,
}

impl Environment {
    /// The stable name, as in `rk_live_…` and in every answer.
    pub fn name(self) -> &'static str {
        match self {
            Environment::Live => "live",
            Environment::Test => "test",
        }
    }

    /// The reverse of [`Environment::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Environment::Live, Environment::Test]
            .into_iter()
            .find(|environment| environment.name() == name)
    }
}

/// The SHA-256 of a credential's text: all that a store, a configuration or a log ever holds of it.
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

    /// As 64 hexadecimal digits, the form the configuration keeps.
    pub fn to_hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// 16 characters that every credential and handle of one user share, so that one handle is enough to find
/// everything of its user in a sharded store. Keyed: it tells nobody who the user is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserTag([u8; TAG_CHARS]);

impl UserTag {
    /// The characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for UserTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Derives user tags from `server.secret`.
pub struct UserTagger {
    keyed: Vec<Hmac<Sha256>>,
}

impl UserTagger {
    /// `secrets`: the present one first, then the previous ones. Never empty.
    pub fn new(secrets: &[SecretString]) -> Self {
        let keyed = secrets
            .iter()
            .map(|secret| keyed_hash(secret.expose_secret().as_bytes()))
            .collect();
        UserTagger { keyed }
    }

    /// The tag of one user under the present secret.
    pub fn tag(&self, user: &UserRef<'_>) -> UserTag {
        self.keyed
            .first()
            .map_or(UserTag([b'0'; TAG_CHARS]), |hash| user.tag_under(hash))
    }

    /// The user's tags under the present and every previous secret: where sessions of this user may lie.
    pub fn all_tags(&self, user: &UserRef<'_>) -> Vec<UserTag> {
        self.keyed.iter().map(|hash| user.tag_under(hash)).collect()
    }
}

fn keyed_hash(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length (RFC 2104), so this cannot fail.
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts every key length")
}

/// Who a user is: an external id means nothing outside its portal, workspace and environment.
pub struct UserRef<'a> {
    /// The workspace's id.
    pub workspace: &'a str,
    /// Live and test sessions never share an index.
    pub environment: Environment,
    /// The portal's slug.
    pub slug: &'a str,
    /// The caller's own identifier of its user.
    pub external_id: &'a str,
}

impl UserRef<'_> {
    fn tag_under(&self, hash: &Hmac<Sha256>) -> UserTag {
        let mut hash = hash.clone();
        // Only the last part may hold a NUL, so no two users give the same bytes.
        for part in [self.workspace, self.environment.name(), self.slug] {
            hash.update(part.as_bytes());
            hash.update(b"\0");
        }
        hash.update(self.external_id.as_bytes());
        UserTag(base62(&hash.finalize().into_bytes().into()))
    }
}

/// What is wrong with a text that should be a credential. It says nothing of the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// Which secret a [`Credential`] is.
pub trait Kind {
    /// What its text begins with, before the environment.
    const PREFIX: &'static str;
}

/// The single-use session ID.
#[derive(Clone, Debug)]
pub struct TicketKind;
/// The secret in the cookie or the Bearer token.
#[derive(Clone, Debug)]
pub struct BrowserTokenKind;

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

/// `<prefix><environment>_<user tag><random><checksum>`.
#[derive(Clone)]
pub struct Credential<K> {
    text: SecretString,
    environment: Environment,
    tag: UserTag,
    kind: std::marker::PhantomData<K>,
}

impl<K: Kind> Credential<K> {
    /// A new one, from the operating system's random source.
    pub fn mint(environment: Environment, tag: UserTag) -> Self {
        let random = random_text();
        let mut text = format!("{}{}_{}{}", K::PREFIX, environment.name(), tag.as_str(), random);
        text.push_str(&checksum(&text));
        Credential {
            text: SecretString::from(text),
            environment,
            tag,
            kind: std::marker::PhantomData,
        }
    }

    /// Reads one that a client sent. A mistyped or made-up one fails here, before any store is asked.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(K::PREFIX).ok_or(Malformed)?;
        let (environment, rest) = rest.split_once('_').ok_or(Malformed)?;
        let environment = Environment::from_name(environment).ok_or(Malformed)?;
        let well_formed = rest.len() == TAG_CHARS + RANDOM_CHARS + CHECKSUM_CHARS
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !well_formed {
            return Err(Malformed);
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM_CHARS);
        if checksum(body) != sum {
            return Err(Malformed);
        }
        let tag = UserTag(rest.as_bytes()[..TAG_CHARS].try_into().map_err(|_| Malformed)?);
        Ok(Credential {
            text: SecretString::from(text),
            environment,
            tag,
            kind: std::marker::PhantomData,
        })
    }

    /// The digest to look it up by.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.expose_secret())
    }

    /// The environment it names.
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The user tag it carries. A client may have made it up: it only says where to look.
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

/// A backend's key: `rk_live_…`. Known to the gateway only by its digest.
pub struct RootKey {
    text: SecretString,
}

impl RootKey {
    /// A new one.
    pub fn mint(environment: Environment) -> Self {
        let mut text = format!("rk_{}_{}", environment.name(), random_text());
        text.push_str(&checksum(&text));
        RootKey {
            text: SecretString::from(text),
        }
    }

    /// Reads one that a caller sent. The digest alone decides whether it is configured, so an operator may
    /// bring keys of another make, as long as they begin with `rk_`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let well_formed = text.starts_with("rk_") && text.bytes().all(|byte| byte.is_ascii_graphic());
        if well_formed {
            Ok(RootKey {
                text: SecretString::from(text),
            })
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

/// The random part of a handle, and so its name inside the user's index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandleSuffix([u8; HANDLE_SUFFIX_CHARS]);

impl HandleSuffix {
    /// A new one. 47 bits are enough: it only has to differ among one user's sessions of one millisecond.
    pub fn mint() -> Self {
        HandleSuffix(base62(&random_bytes()))
    }

    /// Reads the characters back.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes: [u8; HANDLE_SUFFIX_CHARS] = text.as_bytes().try_into().map_err(|_| Malformed)?;
        if bytes.iter().all(u8::is_ascii_alphanumeric) {
            Ok(HandleSuffix(bytes))
        } else {
            Err(Malformed)
        }
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for HandleSuffix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The public name of a portal session, `sess_…`: no credential, and the only name of it that may be logged.
/// It holds the user tag and the time of its creation, so that it alone finds its session.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Where its user's sessions lie.
    pub tag: UserTag,
    /// The store's time when it was minted, Unix milliseconds.
    pub created_at_ms: u64,
    /// Tells it from the user's other sessions of that millisecond.
    pub suffix: HandleSuffix,
}

impl Handle {
    /// Reads `sess_…`.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix("sess_").ok_or(Malformed)?;
        let expected = TAG_CHARS + HANDLE_TIME_CHARS + HANDLE_SUFFIX_CHARS;
        if rest.len() != expected || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Malformed);
        }
        let (tag, rest) = rest.split_at(TAG_CHARS);
        let (time, suffix) = rest.split_at(HANDLE_TIME_CHARS);
        let digit = |byte: u8| {
            BASE62
                .iter()
                .position(|&d| d == byte)
                .map(|position| position as u64)
        };
        let created_at_ms = time
            .bytes()
            .try_fold(0u64, |total, byte| Some(total * 62 + digit(byte)?))
            .ok_or(Malformed)?;
        Ok(Handle {
            tag: UserTag(tag.as_bytes().try_into().map_err(|_| Malformed)?),
            created_at_ms,
            suffix: HandleSuffix::parse(suffix)?,
        })
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut number = [0; 32];
        number[24..].copy_from_slice(&self.created_at_ms.to_be_bytes());
        let time: [u8; HANDLE_TIME_CHARS] = base62(&number);
        let time = std::str::from_utf8(&time).unwrap_or_default();
        write!(f, "sess_{}{}{}", self.tag.as_str(), time, self.suffix.as_str())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 192 bits and more from the operating system, as text; also what `vestibule keys secret` prints.
pub fn random_text() -> String {
    let text: [u8; RANDOM_CHARS] = base62(&random_bytes());
    text.iter().map(|&byte| char::from(byte)).collect()
}

fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without randomness there is no safe answer; the panic becomes a 500 and the process goes on.
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .expect("the operating system has a random source");
    bytes
}

/// The last `N` base62 digits of a 256-bit big-endian number. For `N` = 33 the bias is below 2^-59.
fn base62<const N: usize>(number: &[u8; 32]) -> [u8; N] {
    let mut limbs = [0u32; 8];
    for (limb, bytes) in limbs.iter_mut().zip(number.as_chunks::<4>().0) {
        *limb = u32::from_be_bytes(*bytes);
    }
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u64;
        for limb in &mut limbs {
            let dividend = (remainder << 32) | u64::from(*limb);
            *limb = (dividend / 62) as u32;
            remainder = dividend % 62;
        }
        *digit = BASE62[remainder as usize];
    }
    digits
}

/// CRC-32 in six base62 digits: finds typing errors and lets secret scanners recognise a credential. It is
/// no protection against forgery; the digest in the store is.
fn checksum(text: &str) -> String {
    let mut number = [0; 32];
    number[28..].copy_from_slice(&crc32fast::hash(text.as_bytes()).to_be_bytes());
    let digits: [u8; CHECKSUM_CHARS] = base62(&number);
    digits.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
