//! Whether a store serves: everything, sessions only, or nothing (docs/operations.md has the table). And what time it is
//! there, which any of its servers may tell.
//!
//! Owns: what is tried, and what is made of the answers. A store that is full still finds every session; if it counted as
//! down, an orchestrator would take every gateway away and make an outage of it. One that was never able to create a session
//! is not ready: its address or its user is wrong, and a rollout must stop there.
//! Must not know: connections, or who asks.

use std::sync::LazyLock;

use futures_util::StreamExt;
use futures_util::future::select_ok;
use futures_util::stream::FuturesUnordered;

use super::keys::Keys;
use super::link::{Call, Deadline, RedisLink, Standing, spread_tags};
use super::reply::{Reply, corrupt, words};
use super::scripts::READY;
use crate::domain::ports::{Readiness, StoreError};

/// One in each eighth of a cluster's slots: every master has some.
static TAGS: LazyLock<Vec<String>> = LazyLock::new(|| spread_tags(8));

/// What a server says that could take writes, and at present does not.
const NO_WRITES: [&str; 4] = ["OOM", "NOREPLICAS", "MISCONF", READONLY];
const READONLY: &str = "READONLY";

const PART_OF_CLUSTER: &str = "store.url leads to one node of a cluster, which serves only some of the users. Write \
                               redis+cluster:// in place of redis://";
const REPLICA: &str =
    "store.url leads to a replica, which takes no writes (READONLY). It must lead to the primary";

/// What became of one try.
enum Tried {
    Done,
    NoWrites(String),
    Lacks(String),
}

/// Tries every command on one server, or on every master. `wait_replicas` as in the settings.
pub async fn readiness(link: &RedisLink, keys: &Keys, wait_replicas: u64) -> Result<Readiness, StoreError> {
    let (standing, deadline) = (link.standing(), link.deadline());
    let moves = standing.moves();
    // A single server that has proven itself needs no more than one try.
    let has_proven_itself = standing.has_taken_writes() && !standing.is_part_of_cluster();
    let tries = if has_proven_itself && !link.has_many_masters() { 1 } else { TAGS.len() };
    let mut tries: FuturesUnordered<_> =
        TAGS[..tries].iter().map(|tag| try_all(link, keys, tag, wait_replicas, deadline)).collect();
    let mut tried = Vec::new();
    while let Some(answer) = tries.next().await {
        // Where some masters of a cluster are down, the users of the others are served.
        if matches!(answer, Ok(Tried::Done)) && standing.has_taken_writes() && !standing.is_part_of_cluster()
        {
            standing.tell(None);
            return Ok(Readiness::Serves);
        }
        tried.push(answer);
    }
    if standing.moves() > moves {
        return Err(told(standing, PART_OF_CLUSTER.to_owned()));
    }
    // Another server may stand at its address now, or it has got all slots.
    if tried.iter().all(Result::is_ok) {
        standing.note_serves_all(moves);
    }
    judge(tried, standing)
}

async fn try_all(
    link: &RedisLink,
    keys: &Keys,
    tag: &str,
    wait_replicas: u64,
    deadline: Deadline,
) -> Result<Tried, StoreError> {
    let script = READY.on(&keys.ready(tag));
    if wait_replicas > 0 {
        let mut wait = redis::cmd("WAIT");
        // For no replica: it answers at once.
        wait.arg(0).arg(1);
        let wait = Call::Command { key: script.first_key(), command: &wait };
        link.call::<u64>("ready", wait, deadline).await?;
    }
    let reply: Reply = link.call("ready", Call::Script(&script), deadline).await?;
    let refused = match words(&reply)[..] {
        ["ready"] => return Ok(Tried::Done),
        ["refused", ref refused @ ..] => refused.to_vec(),
        _ => return Err(corrupt("an unknown reply of ready.lua")),
    };
    let state = |why: &str| NO_WRITES.into_iter().find(|state| why.contains(state));
    let mut lacks = Vec::new();
    let mut no_writes = None;
    for refusal in refused.chunks_exact(2) {
        let &[command, why] = refusal else { continue };
        match state(why) {
            Some(state) => no_writes = Some(state.to_owned()),
            None => lacks.push(format!("{command} ({why})")),
        }
    }
    match no_writes {
        _ if !lacks.is_empty() => Ok(Tried::Lacks(lacks.join(", "))),
        Some(state) => Ok(Tried::NoWrites(state)),
        None => Ok(Tried::Done),
    }
}

/// Of the same master each time, as long as it answers; the clocks of a cluster are the operator's to keep together.
pub async fn now_ms(link: &RedisLink, keys: &Keys) -> Result<u64, StoreError> {
    let [first, others @ ..] = TAGS.as_slice() else { return Err(corrupt("there are no slots")) };
    match time_at(link, keys, first).await {
        Err(_) if link.has_many_masters() => {
            let (now_ms, _) = select_ok(others.iter().map(|tag| Box::pin(time_at(link, keys, tag)))).await?;
            Ok(now_ms)
        }
        answer => answer,
    }
}

async fn time_at(link: &RedisLink, keys: &Keys, tag: &str) -> Result<u64, StoreError> {
    let [key, _] = keys.ready(tag);
    let call = Call::Command { key: key.as_bytes(), command: &redis::cmd("TIME") };
    let (seconds, micros): (u64, u64) = link.call("time", call, link.deadline()).await?;
    Ok(seconds * 1_000 + micros / 1_000)
}

fn judge(tried: Vec<Result<Tried, StoreError>>, standing: &Standing) -> Result<Readiness, StoreError> {
    let (mut is_done, mut no_writes, mut failure) = (false, None, None);
    for answer in tried {
        match answer {
            Ok(Tried::Done) => is_done = true,
            Ok(Tried::NoWrites(state)) => no_writes = Some(state),
            Ok(Tried::Lacks(what)) => {
                let what = format!("the store refuses what no session can be made without: {what}");
                return Err(told(standing, what));
            }
            Err(error) => failure = Some(error),
        }
    }
    match (no_writes, failure) {
        _ if is_done => {
            standing.note_write();
            standing.tell(None);
            Ok(Readiness::Serves)
        }
        (Some(state), _) if state == READONLY && !standing.has_taken_writes() => {
            Err(told(standing, REPLICA.to_owned()))
        }
        (Some(state), _) => {
            let reason = format!("the store takes no new sessions ({state}); those that are open are served");
            standing.tell(Some(&reason));
            Ok(Readiness::FindsOnly { reason })
        }
        // The link has told it.
        (None, Some(error)) => Err(error),
        (None, None) => Err(StoreError::Unavailable("the store was not asked".to_owned())),
    }
}

fn told(standing: &Standing, why: String) -> StoreError {
    standing.tell(Some(&why));
    StoreError::Unavailable(why)
}
