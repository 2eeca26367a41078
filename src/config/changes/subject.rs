//! What of two configurations is compared.
//!
//! Owns: by what a workspace, a portal and a root key are known in both, and their names for people.
//! Must not know: what changes of them.

use std::fmt;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Whatever is in no workspace.
    Gateway,
    /// By its id.
    Workspace(String),
    /// By its slug, and its workspace: in another one it is another portal.
    Portal {
        /// The id of its workspace.
        workspace: String,
        /// Its slug.
        slug: String,
    },
    /// By its id, or by the beginning of its digest.
    RootKey {
        /// The id of its workspace.
        workspace: String,
        /// Its id.
        id: String,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Gateway => form.write_str("The gateway"),
            Subject::Workspace(id) => write!(form, "The workspace {id}"),
            Subject::Portal { workspace, slug } => write!(form, "The portal {slug} of {workspace}"),
            Subject::RootKey { workspace, id } => write!(form, "The root key {id} of {workspace}"),
        }
    }
}
