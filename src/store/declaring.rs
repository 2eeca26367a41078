//! Scripts that find out while they run which records they touch, and which of their answers wait for replicas.
//!
//! Owns: calling a script again with the keys that it asked to declare, and the choice of connection. A call that
//! probably waits for no replica goes over the shared connection; if its answer must wait, it is made once more on
//! one that may.
//! Must not know: what a script does.

use std::sync::{Mutex, PoisonError};

use redis::Value;

use super::link::{Call, Deadline, RedisLink, Replicas};
use super::reply::{Reply, words};
use super::script::ScriptCall;
use crate::domain::ports::StoreError;

/// How often a user's sessions may change between the two steps of a call before it counts as an outage.
const MAX_DECLARATIONS: usize = 16;

/// Whether an answer counts only once the replicas have what was written.
#[derive(Clone, Copy)]
pub enum Waits {
    /// It counts at once.
    No,
    /// Only an answer that there is nothing has to wait. One that finds something does not.
    IfGone,
    /// The same, for whoever may have made up what they ask for: few of these wait at a time.
    IfGoneForAnybody,
    /// Every answer has to wait.
    Always,
}

/// Why no answer counts.
pub struct NoAnswer {
    pub why: StoreError,
    /// What the server has answered nonetheless, and too few replicas have, as far as is known; empty where there is nothing.
    pub unconfirmed: Reply,
}

impl From<NoAnswer> for StoreError {
    fn from(none: NoAnswer) -> Self {
        none.why
    }
}

impl From<StoreError> for NoAnswer {
    fn from(why: StoreError) -> Self {
        NoAnswer { why, unconfirmed: Reply::new() }
    }
}

/// Calls a script until it has all the keys it needs. Never waits for fewer than `wait_replicas` replicas.
pub async fn declaring(
    link: &RedisLink,
    name: &'static str,
    script: ScriptCall,
    waits: Waits,
    wait_replicas: u64,
) -> Result<Reply, NoAnswer> {
    let deadline = match waits {
        Waits::No => link.deadline(),
        Waits::IfGone | Waits::IfGoneForAnybody | Waits::Always => link.deadline_with_wait(),
    };
    let wait = Wait {
        link,
        name,
        at_least: wait_replicas,
        is_doubtful: matches!(waits, Waits::IfGoneForAnybody),
        deadline,
    };
    let mut further = Vec::new();
    for _ in 0..MAX_DECLARATIONS {
        let script = script.with_keys(&further);
        let reply = match waits {
            Waits::No => link.call(name, Call::Script(&script), deadline).await?,
            Waits::Always if script.names_records() => wait.call(&script).await?,
            Waits::IfGone | Waits::IfGoneForAnybody | Waits::Always => {
                let reply: Reply = link.call(name, Call::Script(&script), deadline).await?;
                match awaited_replicas(&reply, wait_replicas) {
                    0 => reply,
                    _ => wait.call(&script).await?,
                }
            }
        };
        match reply.split_first() {
            Some((first, keys)) if first == "declare" => further = keys.to_vec(),
            Some(_) | None => return Ok(reply),
        }
    }
    Err(StoreError::Unavailable("the user's sessions change too quickly".into()).into())
}

/// Calls that wait for replicas.
struct Wait<'a> {
    link: &'a RedisLink,
    name: &'static str,
    at_least: u64,
    is_doubtful: bool,
    deadline: Deadline,
}

impl Wait<'_> {
    async fn call(&self, script: &ScriptCall) -> Result<Reply, NoAnswer> {
        let answered = Mutex::new(Reply::new());
        let of = |reply: &Value| {
            let Ok(reply) = redis::from_redis_value_ref::<Reply>(reply) else { return 0 };
            let replicas = awaited_replicas(&reply, self.at_least);
            if replicas > 0 {
                *answered.lock().unwrap_or_else(PoisonError::into_inner) = reply;
            }
            replicas
        };
        let replicas = Replicas { of: &of, at_least: self.at_least, is_doubtful: self.is_doubtful };
        let reply = self.link.call_and_wait(self.name, Call::Script(script), replicas, self.deadline).await;
        reply.map_err(|why| {
            let unconfirmed = answered.into_inner().unwrap_or_else(PoisonError::into_inner);
            NoAnswer { why, unconfirmed }
        })
    }
}

/// All replicas that are online, as the scripts count them, but never fewer than are wanted: a primary that was deposed
/// and does not know it yet has lost its replicas.
fn awaited_replicas(reply: &Reply, wanted: u64) -> u64 {
    match words(reply).as_slice() {
        ["removed", _, online, ..] | ["gone", online] => online.parse().unwrap_or(wanted).max(wanted),
        _ => 0,
    }
}
