//! One round of asking all sentinels.
//!
//! Owns: how long a round takes: those that are late are waited for only as long as the others do not suffice.
//! Must not know: whom to follow, or what was said before.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Client, RedisError, RedisResult, Value, from_redis_value};
use tokio::time::Instant;

use super::connector::{Limits, connect};
use super::fault::{is_broken, outage, timed_out};
use super::node::{Lane, Live, by};
use super::passwords::Passwords;
use super::quorum::{Named, Said, Verdict, verdict};
use super::topology::{Address, place_of};

/// All of them, and how each is asked.
pub struct Asking {
    sentinels: Vec<Sentinel>,
    passwords: Arc<Passwords>,
    master: String,
    limits: Limits,
}

struct Sentinel {
    address: String,
    client: Client,
    lane: Lane,
}

/// What came of it.
pub struct Round {
    pub told: Vec<Said>,
    /// Why the others say nothing, by address.
    pub silent: BTreeMap<String, RedisError>,
}

impl Asking {
    /// `passwords`: of the sentinels themselves.
    pub fn new(clients: Vec<Client>, passwords: Passwords, master: String, limits: Limits) -> Self {
        let sentinels = clients.into_iter().map(|client| {
            let address = client.get_connection_info().addr().to_string();
            Sentinel { address, client, lane: Lane::default() }
        });
        // One that is listed twice has one voice.
        let mut seen = BTreeSet::new();
        let sentinels = sentinels.filter(|one| seen.insert(place_of(one.client.get_connection_info())));
        Asking { sentinels: sentinels.collect(), passwords: Arc::new(passwords), master, limits }
    }

    pub fn master(&self) -> &str {
        &self.master
    }

    pub fn listed(&self) -> usize {
        self.sentinels.len()
    }

    /// `known`: the primary that was followed so far. `is_patient`: those that are late may change what follows from it.
    pub async fn round(&self, known: Option<&Named>, is_patient: bool) -> Round {
        let begun_at = Instant::now();
        let (soon, late) = (begun_at + self.limits.topology, begun_at + self.limits.majority);
        let ask = async |one| (one, self.ask(one, late).await);
        let mut asked: FuturesUnordered<_> = self.sentinels.iter().map(ask).collect();
        let silent = self.sentinels.iter().map(|one| (one.address.clone(), timed_out())).collect();
        let mut round = Round { told: Vec::new(), silent };
        loop {
            let deadline = match wait(self.listed(), &round.told, known, is_patient) {
                Wait::Over => return round,
                Wait::Short => soon,
                Wait::Long => late,
            };
            match tokio::time::timeout_at(deadline, asked.next()).await {
                Ok(Some((sentinel, Ok(said)))) => {
                    round.silent.remove(&sentinel.address);
                    round.told.push(said);
                }
                Ok(Some((sentinel, Err(error)))) => {
                    round.silent.insert(sentinel.address.clone(), error);
                }
                Ok(None) | Err(_) => return round,
            }
        }
    }

    /// A connection that broke since the last round says nothing of the sentinel.
    async fn ask(&self, sentinel: &Sentinel, deadline: Instant) -> RedisResult<Said> {
        match self.ask_once(sentinel, deadline).await {
            Err(error) if is_broken(&error) => self.ask_once(sentinel, deadline).await,
            answer => answer,
        }
    }

    async fn ask_once(&self, sentinel: &Sentinel, deadline: Instant) -> RedisResult<Said> {
        let Sentinel { address, client, lane } = sentinel;
        // It goes on beyond the deadline: what takes so long is there for the next round.
        let limit = self.limits.answer;
        let connecting = || {
            let (passwords, info) = (self.passwords.clone(), client.get_connection_info().clone());
            async move { connect(&passwords.client(info, limit).await?, limit).await.map(Live::new) }
        };
        let live = lane.get(deadline, connecting).await?;
        // Both are needed: in the middle of a failover, MASTER gives the new epoch with the old address.
        let mut both = redis::pipe();
        let master = &self.master;
        both.cmd("SENTINEL")
            .arg("GET-MASTER-ADDR-BY-NAME")
            .arg(master)
            .cmd("SENTINEL")
            .arg("MASTER")
            .arg(master);
        let mut connection = MultiplexedConnection::clone(&live.connection);
        let mut unanswered = Unanswered { lane, live: Some(&live) };
        let answers = by(deadline, connection.req_packed_commands(&both, 0, 2)).await;
        if !answers.as_ref().is_err_and(|error| live.is_spent_by(error)) {
            unanswered.live = None;
        }
        let mut answers = answers?.into_iter();
        // One by one: of a pipeline that failed the library keeps no code.
        let mut next = || answers.next().unwrap_or(Value::Nil).extract_error();
        let (primary, fields) = (next()?, next()?);
        let primary: Option<Address> = from_redis_value(primary)?;
        let fields: HashMap<String, String> = from_redis_value(fields)?;
        let epoch = fields.get("config-epoch").and_then(|text| text.parse().ok());
        let named = epoch.zip(primary).map(|(epoch, address)| Named { epoch, address });
        let named = named.ok_or_else(|| outage("a sentinel does not tell the primary's address"))?;
        let is_alone = fields.get("num-other-sentinels").is_some_and(|count| count == "0");
        Ok(Said { sentinel: address.clone(), named, is_alone })
    }
}

/// How long those that are late are worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// Most name another primary than the known one: calls fail meanwhile.
    Over,
    /// Only the operator is told what they say.
    Short,
    /// Where fewer than most have answered, nobody can be followed to another primary, and it may be that all are slow.
    Long,
}

fn wait(listed: usize, told: &[Said], known: Option<&Named>, is_patient: bool) -> Wait {
    match verdict(listed, told) {
        Verdict::Sure(named) if known.is_none_or(|known| known.address != named.address) => Wait::Over,
        Verdict::Sure(_) => Wait::Short,
        Verdict::Unopposed(_) | Verdict::Open if !is_patient && told.len() * 2 > listed => Wait::Short,
        Verdict::Unopposed(_) | Verdict::Open => Wait::Long,
    }
}

/// Its answer has not come. Whoever gives up makes the next one connect anew: a server that is gone says nothing.
struct Unanswered<'a> {
    lane: &'a Lane,
    live: Option<&'a Arc<Live>>,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(live) = self.live {
            self.lane.forget(live);
        }
    }
}

impl Round {
    /// Why it told nothing: of several reasons, one that tells more than that no answer came.
    pub fn failure(self) -> RedisError {
        let (late, other): (Vec<_>, Vec<_>) = self.silent.into_values().partition(|error| error.is_timeout());
        let first = other.into_iter().chain(late).next();
        first.unwrap_or_else(|| outage("there are no sentinels"))
    }

    /// How many of so many answer, and why the others do not.
    pub fn attendance(&self, listed: usize) -> String {
        let answered = format!("{} of {listed} answer", self.told.len());
        let silent = self.silent.iter().map(|(sentinel, why)| format!("{sentinel} ({why})"));
        let silent = silent.collect::<Vec<_>>().join(", ");
        if silent.is_empty() { answered } else { format!("{answered}; not {silent}") }
    }
}

#[cfg(test)]
#[path = "asking_tests.rs"]
mod tests;
