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
        [&self.0, ":{", tag.as_str(), "}:t:", &digest_text(ticket)].concat()
    }

    /// Of a live session's record.
    pub fn browser(&self, tag: UserTag, token: &Digest) -> String {
        [&self.0, ":{", tag.as_str(), "}:b:", &digest_text(token)].concat()
    }

    /// Says that a direct token was given out.
    pub fn given_out(&self, tag: UserTag, token: &Digest) -> String {
        [&self.0, ":{", tag.as_str(), "}:o:", &digest_text(token)[..GIVEN_OUT_CHARS]].concat()
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
        [&self.0, ":{", tag.as_str(), "}:h:", &digest_text(first)[..HISTORY_CHARS]].concat()
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
        [&self.0, ":{", tag.as_str(), "}:u"].concat()
    }
}

/// What [`digest_text`] wrote.
pub fn read_digest(text: &str) -> Option<Digest> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

/// 43 characters. It is shorter than hexadecimal, and every live session holds it twice.
pub fn digest_text(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}
