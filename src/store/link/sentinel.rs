//! The route to the primary that sentinels name.
//!
//! Owns: when the sentinels are asked: for every new connection and twice a second. The latter finds out what no broken
//! connection would show: that another server was promoted while the old primary was cut off. All connections lead to
//! the same server: when one call learns of another primary, all move to it.
//! Must not know: what is asked of the primary, how a sentinel is asked, or whom to follow of several that are named.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError, RedisResult, Value};
use tokio::time::Instant;

use super::asking::{Asking, Round};
use super::connector::Connector;
use super::dissent::Heard;
use super::fault::{outage, outage_of};
use super::flight::Flight;
use super::lanes::{Attempt, Lanes};
use super::node::by;
use super::passwords::Passwords;
use super::quorum::Named;
use super::rounds::{Decision, Rounds};

/// How long it may take a worker to notice another primary in this way alone.
const ASK_EVERY: Duration = Duration::from_millis(500);

pub struct Sentinels {
    asking: Asking,
    connector: Arc<Connector>,
    primary: ArcSwapOption<Primary>,
    rounds: Rounds,
    following: Flight<Arc<Primary>>,
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
            asking: Asking::new(sentinels, passwords, master, connector.limits),
            connector: Arc::new(connector),
            primary: ArcSwapOption::empty(),
            rounds: Rounds::default(),
            following: Flight::default(),
        })
    }

    pub fn server(&self) -> String {
        match self.primary.load().as_deref() {
            Some(primary) => primary.named.server(),
            None => format!("the primary {}, whom no sentinel has named", self.asking.master()),
        }
    }

    pub async fn attempt(self: &Arc<Self>, attempt: &Attempt<'_>) -> RedisResult<Value> {
        let known = self.primary.load_full().filter(|primary| primary.lanes.are_ready_for(attempt));
        let primary = match known {
            Some(primary) => primary,
            None => Box::pin(self.named_by(attempt.deadline)).await?,
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

    /// The same for a call, which sentinels that are silent do not keep from the primary that was followed so far.
    async fn named_by(self: &Arc<Self>, deadline: Instant) -> RedisResult<Arc<Primary>> {
        // Twice what a round takes where enough of them answer.
        let soon = Instant::now() + self.connector.limits.topology * 2;
        let limit = if self.connector.standing().primary().is_some() { deadline.min(soon) } else { deadline };
        let named = by(limit, self.named()).await;
        named.or_else(|error| {
            self.connector.standing().primary().map(|known| self.turn_to(known)).ok_or(error)
        })
    }

    /// The primary that the sentinels name now. Every call goes to it from then on.
    async fn named(self: &Arc<Self>) -> RedisResult<Arc<Primary>> {
        let work = || {
            let sentinels = self.clone();
            async move { sentinels.follow().await }
        };
        self.following.join(work).await
    }

    async fn follow(&self) -> RedisResult<Arc<Primary>> {
        self.decide().await.map(|named| self.turn_to(named))
    }

    fn turn_to(&self, named: Named) -> Arc<Primary> {
        let lanes = match self.primary.load_full() {
            Some(primary) if primary.named == named => return primary,
            // A later failover has led back to it.
            Some(primary) if primary.named.address == named.address => primary.lanes.clone(),
            Some(_) | None => Arc::default(),
        };
        let primary = Arc::new(Primary { named, lanes });
        self.primary.store(Some(primary.clone()));
        primary
    }

    /// The primary to follow, by what they say now, what they said before, and what other workers have heard.
    async fn decide(&self) -> RedisResult<Named> {
        let (standing, listed) = (self.connector.standing(), self.asking.listed());
        let known = standing.primary();
        let round = self.asking.round(known.as_ref(), known.is_none() || self.rounds.are_open()).await;
        standing.count_sentinels(round.told.len() * 2 > listed, || round.attendance(listed));
        if round.told.is_empty() {
            self.rounds.miss();
            standing.note_deciding(known.is_none() && self.rounds.are_open());
            return standing.primary().ok_or_else(|| round.failure());
        }
        let named = match self.rounds.hear(listed, &round.told, known.as_ref()) {
            Decision::Most(named) => Some(standing.follow(known.as_ref(), named, None)),
            Decision::Few(named) => {
                Some(standing.follow(known.as_ref(), named, Some(round.attendance(listed))))
            }
            Decision::Undecided => standing.primary(),
        };
        standing.note_deciding(named.is_none() && self.rounds.are_open());
        standing.hear_sentinels(round.told.iter().map(|said| {
            let is_followed = named.as_ref().is_some_and(|named| named.address == said.named.address);
            Heard { sentinel: said.sentinel.clone(), other: (!is_followed).then(|| said.named.server()) }
        }));
        named.ok_or_else(|| undecided(listed, &round))
    }
}

/// Nobody is known, and these do not tell whom to follow, or not yet.
fn undecided(listed: usize, round: &Round) -> RedisError {
    let names = round.told.iter().map(|said| {
        let alone = if said.is_alone { " and knows no other sentinel" } else { "" };
        format!("{} names {}{alone}", said.sentinel, said.named.server())
    });
    let names = names.collect::<Vec<_>>().join(", ");
    outage_of(if round.told.len() * 2 > listed {
        format!("the sentinels do not agree on a primary: {names}")
    } else {
        let attendance = round.attendance(listed);
        format!("too few sentinels answer to be sure of the primary: {names} ({attendance})")
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
