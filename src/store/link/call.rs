//! One call: what Redis is asked, and how many replicas must have the result.
//!
//! Must not know: connections, or which server answers.

use redis::{Cmd, Value};

use crate::store::script::ScriptCall;

/// What to ask Redis. It must be safe to repeat, so it is never a bare GETDEL.
pub enum Call<'a> {
    /// One of our scripts.
    Script(&'a ScriptCall),
    /// A command without a script, which only reads, or writes something that nobody reads.
    Command {
        /// Determines the node of a cluster.
        key: &'a [u8],
        /// The whole command.
        command: &'a Cmd,
    },
}

impl Call<'_> {
    /// Determines the node of a cluster.
    pub fn key(&self) -> &[u8] {
        match self {
            Call::Script(script) => script.first_key(),
            Call::Command { key, .. } => key,
        }
    }
}

/// How many replicas must have the result before an answer counts.
#[derive(Clone, Copy)]
pub struct Replicas<'a> {
    /// Read from the answer.
    pub of: &'a (dyn Fn(&Value) -> u64 + Sync),
    /// So many the operator insists on. Beyond these, a server that does not let anybody wait is taken as it is.
    pub at_least: u64,
    /// Perhaps nobody needs the answer: such calls leave room for others.
    pub is_doubtful: bool,
}
