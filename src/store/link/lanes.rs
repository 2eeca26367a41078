//! How a call is made on the connections to one server.
//!
//! Owns: the shared connection, which is multiplexed; the few that wait for replicas; and `WAIT`. A connection that
//! waits serves one call at a time, because `WAIT` blocks everything after it and looks only at the last write of its
//! own connection.
//! Must not know: which server is the right one.

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Cmd, ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};
use tokio::sync::{AcquireError, Semaphore};
use tokio::time::Instant;

use super::call::{Call, Replicas};
use super::fault::{crowded, is_broken, is_refused_command, too_few_replicas};
use super::idle::Idle;
use super::node::{Lane, Live, by};
use super::probe::NO_WAIT;
use super::standing::Standing;

/// How many calls of one worker may wait for the replicas of one server at the same time. A replica that hangs holds
/// each of them for the whole time-out.
const WAITING: usize = 8;
/// How many of these anybody may take who shows a credential of their own making.
const DOUBTFUL: usize = 2;

/// One try of a call.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub call: &'a Call<'a>,
    /// Set if the answer counts only once they have what was written.
    pub replicas: Option<Replicas<'a>>,
    /// The deadline for locks, for everything that must be learned first, for connecting, and for the answer.
    pub deadline: Instant,
    /// How long to wait for the replicas after the answer, and until when at most.
    pub patience: Duration,
    pub end: Instant,
    /// Learns that nobody may wait here.
    pub standing: &'a Standing,
    /// The server is about to get the key's slot from another one.
    pub asking: bool,
}

/// The connections to one server.
#[derive(Default)]
pub struct Lanes {
    shared: Lane,
    waiting: Waiting,
}

impl Lanes {
    /// `connect` is used where there is no connection yet.
    pub async fn attempt<C>(&self, attempt: &Attempt<'_>, connect: impl FnOnce() -> C) -> RedisResult<Value>
    where
        C: Future<Output = RedisResult<Live>> + Send + 'static,
    {
        if let Some(replicas) = attempt.replicas {
            return Box::pin(self.waiting.attempt(attempt, replicas, connect)).await;
        }
        let live = self.shared.get(attempt.deadline, connect).await?;
        let result = send(&live, attempt).await;
        if let Err(error) = &result {
            if live.is_spent_by(error) {
                self.shared.forget(&live);
            }
            if is_broken(error) {
                self.waiting.idle.leave_out_older_than(Instant::now());
            }
        }
        result
    }

    /// Whether the attempt needs no new connection.
    pub fn are_ready_for(&self, attempt: &Attempt<'_>) -> bool {
        match attempt.replicas {
            Some(_) => !self.waiting.idle.is_empty(),
            None => self.shared.is_connected(),
        }
    }
}

/// Connections that are used by one call each.
struct Waiting {
    idle: Idle<Live>,
    turns: Semaphore,
    doubtful: Semaphore,
}

impl Default for Waiting {
    fn default() -> Self {
        let [turns, doubtful] = [WAITING, DOUBTFUL].map(Semaphore::new);
        Waiting { idle: Idle::default(), turns, doubtful }
    }
}

impl Waiting {
    /// The connection is given back only if nothing more can arrive on it. A caller that gives up closes it.
    async fn attempt<C>(
        &self,
        attempt: &Attempt<'_>,
        replicas: Replicas<'_>,
        connect: impl FnOnce() -> C,
    ) -> RedisResult<Value>
    where
        C: Future<Output = RedisResult<Live>>,
    {
        let turn = async {
            let doubtful = if replicas.is_doubtful { Some(self.doubtful.acquire().await?) } else { None };
            Ok::<_, AcquireError>((doubtful, self.turns.acquire().await?))
        };
        let Ok(Ok(_turn)) = tokio::time::timeout_at(attempt.deadline, turn).await else {
            return Err(crowded());
        };
        let live = match self.idle.take() {
            Some(live) => live,
            None => by(attempt.deadline, connect()).await?,
        };
        let answer = send(&live, attempt).await;
        let result = match answer {
            Ok(value) => {
                let count = (replicas.of)(&value);
                let waited = wait(&live.connection, count, attempt).await;
                let waited =
                    waited.or_else(|error| without_waiting(error, count, replicas, attempt.standing));
                waited.map(|acknowledged| (value, count, acknowledged))
            }
            Err(error) => Err(error),
        };
        match &result {
            Err(error) if live.is_spent_by(error) => self.idle.leave_out_older_than(Instant::now()),
            Ok(_) | Err(_) => {
                let made_at = live.made_at;
                self.idle.give_back(live, made_at);
            }
        }
        let (value, count, acknowledged) = result?;
        if acknowledged < count {
            return Err(too_few_replicas(acknowledged, count));
        }
        Ok(value)
    }
}

/// A server that forbids `WAIT`, or has none, would fail every revocation for ever, though each is done there. The
/// operator is told once what that costs. Where waiting was asked for, it stays an error.
fn without_waiting(
    error: RedisError,
    count: u64,
    replicas: Replicas<'_>,
    standing: &Standing,
) -> RedisResult<u64> {
    if replicas.at_least > 0 || !is_refused_command(&error) {
        return Err(error);
    }
    if standing.learn_no_wait() {
        tracing::warn!(%error, "{NO_WAIT}");
    }
    Ok(count)
}

/// By the deadline. A time-out looks like a broken connection.
async fn send(live: &Live, attempt: &Attempt<'_>) -> RedisResult<Value> {
    match attempt.call {
        Call::Command { command, .. } => query(live, command, attempt).await,
        Call::Script(script) if live.knows_no_hashes() => query(live, &script.with_source(), attempt).await,
        Call::Script(script) => {
            let error = match query(live, script.by_hash(), attempt).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let has_no_hashes = is_refused_command(&error);
            if !has_no_hashes && error.kind() != ErrorKind::Server(ServerErrorKind::NoScript) {
                return Err(error);
            }
            let result = query(live, &script.with_source(), attempt).await;
            // Such as a proxy. The next calls spare themselves the question.
            if has_no_hashes && result.is_ok() {
                live.note_no_hashes();
            }
            result
        }
    }
}

async fn query(live: &Live, command: &Cmd, attempt: &Attempt<'_>) -> RedisResult<Value> {
    let mut connection = MultiplexedConnection::clone(&live.connection);
    connection.set_response_timeout(attempt.deadline.saturating_duration_since(Instant::now()));
    if !attempt.asking {
        // Not `query_async`, which takes a place on the heap for each call.
        return connection.send_packed_command(command).await?.extract_error();
    }
    // It counts for the very next command only, and others use this connection too, so both are sent together.
    let mut both = redis::pipe();
    both.cmd("ASKING").add_command(command.clone());
    let mut answers = connection.req_packed_commands(&both, 1, 1).await?;
    answers.pop().unwrap_or(Value::Nil).extract_error()
}

/// How many replicas have acknowledged the connection's last write, once there are as many as wanted or the time is up.
/// The server measures the time, and gets a quarter of it more to answer.
async fn wait(connection: &MultiplexedConnection, count: u64, attempt: &Attempt<'_>) -> RedisResult<u64> {
    if count == 0 {
        return Ok(0);
    }
    let left = attempt.end.saturating_duration_since(Instant::now()) * 4 / 5;
    // Zero would mean no limit.
    let limit_ms = u64::try_from(left.min(attempt.patience).as_millis()).unwrap_or(u64::MAX).max(1);
    let mut command = redis::cmd("WAIT");
    command.arg(count).arg(limit_ms);
    let end = attempt.end.min(Instant::now() + attempt.patience * 5 / 4);
    by(end, command.query_async(&mut MultiplexedConnection::clone(connection))).await
}
