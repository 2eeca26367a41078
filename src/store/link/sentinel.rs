//! The route to the primary that sentinels name.
//!
//! Owns: asking the sentinels, for every new connection and twice a second. The latter finds out what no broken
//! connection would show: that another server was promoted while the old primary was cut off. All connections lead to
//! the same server: when one call learns of another primary, all move to it.
//! Must not know: what is asked of the primary, or whom to follow of several that are named.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::stream::{FuturesUnordered, StreamExt};
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Client, RedisError, RedisResult, Value, from_redis_value};
use tokio::time::Instant;

use super::connector::{Connector, connect};
use super::dissent::Heard;
use super::fault::{outage, outage_of};
use super::flight::Flight;
use super::lanes::{Attempt, Lanes};
use super::node::{Lane, Live, by};
use super::passwords::Passwords;
use super::quorum::{Named, Verdict, verdict};
use super::rounds::{Decision, Rounds};
use super::topology::Address;

/// How long it may take a worker to notice another primary in this way alone.
const ASK_EVERY: Duration = Duration::from_millis(500);

pub struct Sentinels {
    sentinels: Vec<(Client, Lane)>,
    passwords: Arc<Passwords>,
    master: String,
    connector: Arc<Connector>,
    primary: ArcSwapOption<Primary>,
    rounds: Rounds,
    asking: Flight<Arc<Primary>>,
}

/// The server that is followed, and every connection to it.
struct Primary {
    named: Named,
    lanes: Arc<Lanes>,
}

impl Sentinels {
    /// `passwords`: of the sentinels themselves.
    pub fn new(
        sentinels: Vec<Client>,
        passwords: Passwords,
        master: String,
        connector: Connector,
    ) -> Arc<Self> {
        Arc::new(Sentinels {
            sentinels: sentinels.into_iter().map(|client| (client, Lane::default())).collect(),
            passwords: Arc::new(passwords),
            master,
            connector: Arc::new(connector),
            primary: ArcSwapOption::empty(),
            rounds: Rounds::default(),
            asking: Flight::default(),
        })
    }

    pub fn server(&self) -> String {
        match self.primary.load().as_deref() {
            Some(primary) => primary.named.server(),
            None => format!("the primary {}, whom no sentinel has named", self.master),
        }
    }

    pub async fn attempt(self: &Arc<Self>, attempt: &Attempt<'_>) -> RedisResult<Value> {
        let known = self.primary.load_full().filter(|primary| primary.lanes.are_ready_for(attempt));
        let primary = match known {
            Some(primary) => primary,
            None => Box::pin(by(attempt.deadline, self.named())).await?,
        };
        let connect = || {
            let (connector, address) = (self.connector.clone(), primary.named.address.clone());
            async move {
                // As in `Connector::to`: a call is not to carry the work of connecting along.
                let mut live = Box::pin(connector.connect(&address)).await?;
                // Everybody waits for this one connection, so a server that falls silent now must not hold it up.
                by(Instant::now() + connector.limits.answer, check_role(&mut live.connection)).await?;
                Ok(live)
            }
        };
        primary.lanes.attempt(attempt, connect).await
    }

    /// The primary that the sentinels name now. Every call goes to it from then on.
    async fn named(self: &Arc<Self>) -> RedisResult<Arc<Primary>> {
        let work = || {
            let sentinels = self.clone();
            async move { sentinels.follow().await }
        };
        self.asking.join(work).await
    }

    async fn follow(&self) -> RedisResult<Arc<Primary>> {
        let named = self.decide().await?;
        let known = self.primary.load_full();
        let lanes = match known {
            Some(primary) if primary.named == named => return Ok(primary),
            // A later failover has led back to it.
            Some(primary) if primary.named.address == named.address => primary.lanes.clone(),
            Some(_) | None => Arc::default(),
        };
        let primary = Arc::new(Primary { named, lanes });
        self.primary.store(Some(primary.clone()));
        Ok(primary)
    }

    /// The primary to follow, by what they say now, what they said before, and what other workers have heard.
    async fn decide(&self) -> RedisResult<Named> {
        let (standing, listed) = (self.connector.standing(), self.sentinels.len());
        let known = standing.primary();
        let told = self.ask_all(known.is_none() || self.rounds.are_open()).await?;
        let names: Vec<Named> = told.iter().map(|(_, named)| named.clone()).collect();
        let named = match self.rounds.hear(listed, &names, known.as_ref()) {
            Decision::Most(named) => Some(standing.follow(known.as_ref(), named, None)),
            Decision::Few(named) => {
                let answered = format!("{} of {listed}", told.len());
                Some(standing.follow(known.as_ref(), named, Some(&answered)))
            }
            Decision::Undecided => standing.primary(),
        };
        standing.hear_sentinels(told.iter().map(|(sentinel, told)| {
            let is_followed = named.as_ref().is_some_and(|named| named.address == told.address);
            Heard { sentinel: sentinel.clone(), other: (!is_followed).then(|| told.server()) }
        }));
        named.ok_or_else(|| undecided(listed, &told))
    }

    /// What each of those says that answer. `is_patient`: whether more time is worth it, while most of them are silent.
    async fn ask_all(&self, is_patient: bool) -> RedisResult<Vec<(String, Named)>> {
        let (limits, begun_at) = (&self.connector.limits, Instant::now());
        let soon = begun_at + limits.topology;
        let deadline = if is_patient { begun_at + limits.majority } else { soon };
        let ask = async |client: &Client, lane| {
            let sentinel = client.get_connection_info().addr().to_string();
            self.ask(client, lane, deadline).await.map(|named| (sentinel, named))
        };
        let mut asked: FuturesUnordered<_> =
            self.sentinels.iter().map(|(client, lane)| ask(client, lane)).collect();
        let (mut told, mut names, mut first_error) = (Vec::new(), Vec::new(), None);
        loop {
            let is_sure = matches!(verdict(self.sentinels.len(), &names), Verdict::Sure(_));
            // Otherwise each gives up by itself.
            let answer = if is_patient && is_sure {
                tokio::time::timeout_at(soon, asked.next()).await.unwrap_or(None)
            } else {
                asked.next().await
            };
            match answer {
                Some(Ok((sentinel, named))) => {
                    names.push(named.clone());
                    told.push((sentinel, named));
                }
                Some(Err(error)) => first_error = first_error.or(Some(error)),
                None => break,
            }
        }
        if told.is_empty() {
            return Err(first_error.unwrap_or_else(|| outage("there are no sentinels")));
        }
        Ok(told)
    }

    async fn ask(&self, client: &Client, lane: &Lane, deadline: Instant) -> RedisResult<Named> {
        // It goes on beyond the deadline: what takes so long is there for the next round.
        let limit = self.connector.limits.answer;
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
        let answers = by(deadline, connection.req_packed_commands(&both, 0, 2)).await;
        if answers.as_ref().is_err_and(|error| live.is_spent_by(error)) {
            lane.forget(&live);
        }
        let mut answers = answers?.into_iter();
        // One by one: of a pipeline that failed the library keeps no code.
        let mut next = || answers.next().unwrap_or(Value::Nil).extract_error();
        let (address, fields) = (next()?, next()?);
        let address: Option<Address> = from_redis_value(address)?;
        let fields: HashMap<String, String> = from_redis_value(fields)?;
        let epoch = fields.get("config-epoch").and_then(|text| text.parse().ok());
        let named = epoch.zip(address).map(|(epoch, address)| Named { epoch, address });
        named.ok_or_else(|| outage("a sentinel does not tell the primary's address"))
    }
}

/// Nobody is known, and these do not tell whom to follow, or not yet.
fn undecided(listed: usize, told: &[(String, Named)]) -> RedisError {
    let names = told.iter().map(|(sentinel, named)| format!("{sentinel} names {}", named.server()));
    let (names, answered) = (names.collect::<Vec<_>>().join(", "), told.len());
    outage_of(if answered * 2 > listed {
        format!("the sentinels do not agree on a primary: {names}")
    } else {
        format!("too few sentinels answer to be sure of the primary, {answered} of {listed}: {names}")
    })
}

/// Follows the sentinels for as long as the link lives.
pub fn watch(sentinels: &Arc<Sentinels>) {
    let sentinels = Arc::downgrade(sentinels);
    tokio::spawn(async move {
        while let Some(sentinels) = sentinels.upgrade() {
            // It does no harm if sentinels are down, as long as the primary stays.
            let _ = sentinels.named().await;
            drop(sentinels);
            tokio::time::sleep(ASK_EVERY).await;
        }
    });
}

/// The sentinels may not have noticed yet, or may not have told the server yet.
async fn check_role(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let role: Vec<Value> = redis::cmd("ROLE").query_async(connection).await?;
    let is_primary = role.first().is_some_and(|role| *role == Value::BulkString(b"master".to_vec()));
    if is_primary { Ok(()) } else { Err(outage("the server that the sentinels name is no primary")) }
}
