//! Warnings: a call that is legal and yet is probably not what its writer meant (API.md section 9).
//!
//! Owns: when there is one, and its sentence, which an SDK shows to a developer.
//! Must not know: who is warned. Nothing of the call's own data is repeated.

use super::portal::{Landing, Portal};
use super::session::Grant;

/// A doubtful thing about a call that has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The hosted page asks whether the person is who the session is for, and has no address to show.
    NoEmailToConfirm,
    /// One of the permissions is `*`.
    Everything,
    /// The user has more live sessions than a person needs.
    ManySessions,
}

/// Live sessions of one user that are not worth a word.
pub const FEW_SESSIONS: u64 = 50;

impl Warning {
    /// What the developer reads.
    pub fn sentence(self) -> &'static str {
        match self {
            Warning::NoEmailToConfirm => {
                "The portal asks \"Continue as …?\", but the call has no email: the page shows externalId. Send email too."
            }
            Warning::Everything => {
                "The permissions hold \"*\", which covers everything the portal will ever ask for. Name what the user may do."
            }
            Warning::ManySessions => {
                "This user has more than 50 live sessions. Keep a token until it expires, or revoke the ones that are not needed."
            }
        }
    }
}

/// Of a call that asked for this grant; `live`: the user's live sessions, the new one among them.
pub fn of(portal: &Portal, grant: &Grant, live: u64) -> Vec<Warning> {
    let asks = portal.landing == Landing::Hosted { confirm: true };
    let all = [
        (asks && grant.email.is_none(), Warning::NoEmailToConfirm),
        (grant.permissions.iter().any(|permission| permission.as_str() == "*"), Warning::Everything),
        (live > FEW_SESSIONS, Warning::ManySessions),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, warning)| warning).collect()
}
