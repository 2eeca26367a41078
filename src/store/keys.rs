//! The names of all keys in Redis.
//!
//! Owns: that all keys of one user have the same hash tag, so that they are on the same node of a cluster.
//! Must not know: what is stored under a key, or who asks for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::{RedisWrite, ToRedisArgs};

use super::joined::Joined;
use crate::domain::credential::Digest;
use crate::domain::user_tag::UserTag;

/// 48 bits are enough among the sessions of one user, and the index has them of every session.
const HISTORY_CHARS: usize = 8;

/// 256 bits in base64.
const DIGEST_CHARS: usize = 43;

/// 132 bits: nobody finds two tokens that begin alike.
const GIVEN_OUT_CHARS: usize = 22;

/// Names keys under one prefix, which sets this gateway's keys apart from all others in the same Redis.
#[derive(Clone, Debug)]
pub struct Keys(Arc<str>);

impl Keys {
    /// The prefix has no braces, so that the user's tag alone decides where a key is.
    pub fn under(prefix: &str) -> Self {
        Keys(prefix.into())
    }

    /// Of a pending record.
    pub fn ticket(&self, tag: UserTag, ticket: impl Into<DigestText>) -> Key<'_> {
        self.named(tag, "}:t:", ticket.into(), DIGEST_CHARS)
    }

    /// Of a live session's record.
    pub fn browser(&self, tag: UserTag, token: impl Into<DigestText>) -> Key<'_> {
        self.named(tag, "}:b:", token.into(), DIGEST_CHARS)
    }

    /// Says that a direct token was given out.
    pub fn given_out(&self, tag: UserTag, token: impl Into<DigestText>) -> Key<'_> {
        self.named(tag, "}:o:", token.into(), GIVEN_OUT_CHARS)
    }

    /// What gateways of 0.2.0 have in its place.
    pub fn former_secret(&self) -> String {
        [&self.0, ":secret"].concat()
    }

    /// The marks of the gateways' secrets.
    pub fn secrets(&self) -> String {
        [&self.0, ":secrets"].concat()
    }

    /// The portals of a workspace that may have sessions.
    pub fn portals(&self, workspace: &str) -> String {
        [&self.0, ":portals:", workspace].concat()
    }

    /// Two of nobody, to try commands on.
    pub fn ready(&self, tag: &str) -> [String; 2] {
        ["t", "s"].map(|kind| [&self.0, ":{", tag, "}:", kind].concat())
    }

    /// Of a session's history, by the digest of what the session began with.
    pub fn history(&self, tag: UserTag, first: impl Into<DigestText>) -> Key<'_> {
        self.named(tag, "}:h:", first.into(), HISTORY_CHARS)
    }

    /// All that may be kept under a tag and these digests, of whatever they are, and of the workspace without a name.
    pub fn all(&self, tag: UserTag, digests: &[Digest]) -> Vec<Vec<u8>> {
        let of = |digest| {
            [
                self.ticket(tag, digest),
                self.browser(tag, digest),
                self.given_out(tag, digest),
                self.history(tag, digest),
            ]
        };
        let of_user = [self.index(tag)].into_iter().chain(digests.iter().flat_map(of));
        let portals = self.portals("").into_bytes();
        of_user.map(|key| key.parts().concat()).chain([portals]).collect()
    }

    /// Of a user's index.
    pub fn index(&self, tag: UserTag) -> Key<'_> {
        self.named(tag, "}:u", DigestText([0; DIGEST_CHARS]), 0)
    }

    fn named(&self, tag: UserTag, kind: &'static str, name: DigestText, name_chars: usize) -> Key<'_> {
        Key { prefix: &self.0, tag, kind, name, name_chars }
    }
}

/// The name of one of a user's keys. It is written where it goes, without being made a text first.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    prefix: &'a str,
    tag: UserTag,
    kind: &'static str,
    name: DigestText,
    /// How many of them it has.
    name_chars: usize,
}

impl Key<'_> {
    /// In bytes.
    pub fn len(&self) -> usize {
        self.parts().iter().map(|part| part.len()).sum()
    }

    fn parts(&self) -> [&[u8]; 5] {
        let name = &self.name.as_bytes()[..self.name_chars];
        [self.prefix.as_bytes(), b":{", self.tag.as_bytes(), self.kind.as_bytes(), name]
    }
}

impl ToRedisArgs for Key<'_> {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        Joined(self.parts()).write_redis_args(out);
    }
}

/// What [`DigestText`] wrote.
pub fn read_digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

/// A digest as a key has it: shorter than hexadecimal, for every live session holds it twice.
#[derive(Clone, Copy)]
pub struct DigestText([u8; DIGEST_CHARS]);

impl From<&Digest> for DigestText {
    fn from(digest: &Digest) -> Self {
        let mut chars = [0; DIGEST_CHARS];
        // The place is as long as 32 bytes take.
        let _ = URL_SAFE_NO_PAD.encode_slice(digest.as_bytes(), &mut chars);
        DigestText(chars)
    }
}

impl DigestText {
    /// In ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
