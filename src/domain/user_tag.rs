//! The user tag: the part that all credentials and handles of one user have in common.
//!
//! Owns: its derivation from `server.secret`, and finding older sessions after that secret was changed.
//! Must not know: the store's keys, or who asks.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::base62::{self, base62, is_base62};
use super::environment::Environment;
use super::malformed::Malformed;

/// How long a tag is.
pub const TAG_CHARS: usize = 16;

/// 16 characters in every credential and handle of one user, so that one handle is enough to find everything of that
/// user in a sharded store. It is keyed, so it tells nobody who the user is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserTag([u8; TAG_CHARS]);

impl UserTag {
    /// Reads the characters back.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let bytes: [u8; TAG_CHARS] = text.as_bytes().try_into().map_err(|_| Malformed)?;
        if is_base62(&bytes) { Ok(UserTag(bytes)) } else { Err(Malformed) }
    }

    /// The characters.
    pub fn as_str(&self) -> &str {
        base62::text(&self.0)
    }

    /// The same in ASCII.
    pub fn as_bytes(&self) -> &[u8; TAG_CHARS] {
        &self.0
    }
}

impl fmt::Debug for UserTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Derives user tags from `server.secret`.
pub struct UserTagger {
    present: Hmac<Sha256>,
    previous: Vec<Hmac<Sha256>>,
}

impl UserTagger {
    /// `previous`: other secrets under which sessions may have been created.
    pub fn new(present: &SecretString, previous: &[SecretString]) -> Self {
        let previous = previous.iter().map(keyed_hash).collect();
        UserTagger { present: keyed_hash(present), previous }
    }

    /// The tag of one user under the present secret.
    pub fn tag(&self, user: &UserRef<'_>) -> UserTag {
        user.tag_under(&self.present)
    }

    /// Whether none of the secrets gives this tag to its user: to revoke by user would miss that user's sessions.
    pub fn is_of_another_secret(&self, tag: UserTag, user: &UserRef<'_>) -> bool {
        // One after the other: mostly the first one gives it.
        !self.tags(user).any(|known| known == tag)
    }

    /// The user's tags under the present and every previous secret: all places where sessions of this user may be.
    pub fn all_tags(&self, user: &UserRef<'_>) -> Vec<UserTag> {
        self.tags(user).collect()
    }

    /// The present one first.
    fn tags(&self, user: &UserRef<'_>) -> impl Iterator<Item = UserTag> {
        std::iter::once(&self.present).chain(&self.previous).map(|hash| user.tag_under(hash))
    }
}

/// The hash keyed by this secret, for everything that is derived from it.
pub fn keyed_hash(secret: &SecretString) -> Hmac<Sha256> {
    // HMAC takes a key of any length (RFC 2104), so this cannot fail.
    Hmac::new_from_slice(secret.expose_secret().as_bytes()).expect("HMAC accepts every key length")
}

/// Identifies a user. An external id means nothing outside its portal, workspace and environment.
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
