//! One call: what is asked of Redis, and how many replicas must have it.
//!
//! Must not know: connections, or which server answers.

use redis::{Cmd, Value};

use crate::store::script::ScriptCall;

/// What to ask Redis; safe to repeat, so never a bare GETDEL.
pub enum Call<'a> {
    /// One of our scripts.
    Script(&'a ScriptCall),
    /// A command without a script: it reads, or writes what nobody reads.
    Command {
        /// Decides on the node of a cluster.
        key: &'a str,
        /// The whole command.
        command: &'a Cmd,
    },
}

impl Call<'_> {
    /// Decides on the node of a cluster.
    pub fn key(&self) -> &str {
        match self {
            Call::Script(script) => script.first_key(),
            Call::Command { key, .. } => key,
        }
    }
}

/// How many replicas must have what an answer tells of before it counts.
pub type Replicas<'a> = &'a (dyn Fn(&Value) -> u64 + Sync);
