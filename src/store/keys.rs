//! The names of all keys in Redis.
//!
//! Owns: that all keys of one user have the same hash tag, so that they are on the same node of a cluster.
//! Must not know: what is stored under a key, or who asks for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

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
    pub fn ticket(&self, tag: UserTag, ticket: &Digest) -> String {
        self.named(tag, "}:t:", DigestText::of(ticket).as_str())
    }

    /// Of a live session's record.
    pub fn browser(&self, tag: UserTag, token: &Digest) -> String {
        self.named(tag, "}:b:", DigestText::of(token).as_str())
    }

    /// Says that a direct token was given out.
    pub fn given_out(&self, tag: UserTag, token: &Digest) -> String {
        self.named(tag, "}:o:", &DigestText::of(token).as_str()[..GIVEN_OUT_CHARS])
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
    pub fn history(&self, tag: UserTag, first: &Digest) -> String {
        self.named(tag, "}:h:", &DigestText::of(first).as_str()[..HISTORY_CHARS])
    }

    /// All that may be kept under a tag and these digests, of whatever they are, and of the workspace without a name.
    pub fn all(&self, tag: UserTag, digests: &[Digest]) -> Vec<String> {
        let of = |digest| {
            [
                self.ticket(tag, digest),
                self.browser(tag, digest),
                self.given_out(tag, digest),
                self.history(tag, digest),
            ]
        };
        [self.index(tag), self.portals("")].into_iter().chain(digests.iter().flat_map(of)).collect()
    }

    /// Of a user's index.
    pub fn index(&self, tag: UserTag) -> String {
        self.named(tag, "}:u", "")
    }

    fn named(&self, tag: UserTag, kind: &str, name: &str) -> String {
        let parts = [&*self.0, ":{", tag.as_str(), kind, name];
        let mut key = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.into_iter().for_each(|part| key.push_str(part));
        key
    }
}

/// What [`DigestText`] wrote.
pub fn read_digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

/// A digest as a key has it: shorter than hexadecimal, for every live session holds it twice.
pub struct DigestText([u8; DIGEST_CHARS]);

impl DigestText {
    pub fn of(digest: &Digest) -> Self {
        let mut chars = [0; DIGEST_CHARS];
        // The place is as long as 32 bytes take.
        let _ = URL_SAFE_NO_PAD.encode_slice(digest.as_bytes(), &mut chars);
        DigestText(chars)
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
