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
use futures_util::future::join_all;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{Client, RedisResult, Value, from_redis_value};
use tokio::time::Instant;

use super::connector::{Address, Connector, connect};
use super::fault::{outage, outage_of};
use super::flight::Flight;
use super::lanes::{Attempt, Lanes};
use super::node::{Lane, Live, by};
use super::passwords::Passwords;
use super::quorum::{Named, agreed};

/// How long it may take a worker to notice another primary in this way alone.
const ASK_EVERY: Duration = Duration::from_millis(500);

pub struct Sentinels {
    sentinels: Vec<(Client, Lane)>,
    passwords: Arc<Passwords>,
    master: String,
    connector: Arc<Connector>,
    primary: ArcSwapOption<Primary>,
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
            asking: Flight::default(),
        })
    }

    pub fn server(&self) -> String {
        match self.primary.load().as_deref() {
            Some(primary) => text_of(&primary.named.address),
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
        let known = self.primary.load_full();
        let named = self.ask_all(known.as_ref().map(|primary| &primary.named)).await?;
        let lanes = match known {
            Some(primary) if primary.named == named => return Ok(primary),
            // A later failover has led back to it.
            Some(primary) if primary.named.address == named.address => primary.lanes.clone(),
            Some(_) | None => Arc::default(),
        };
        self.connector.standing().follows(&text_of(&named.address));
        let primary = Arc::new(Primary { named, lanes });
        self.primary.store(Some(primary.clone()));
        Ok(primary)
    }

    /// The primary that they agree on.
    async fn ask_all(&self, known: Option<&Named>) -> RedisResult<Named> {
        let limit = self.connector.limits.topology;
        let asked = self.sentinels.iter().map(|(client, lane)| self.ask(client, lane, limit));
        let (mut told, mut errors) = (Vec::new(), Vec::new());
        for (answer, (client, _)) in join_all(asked).await.into_iter().zip(&self.sentinels) {
            match answer {
                Ok(named) => told.push((client.get_connection_info().addr().to_string(), named)),
                Err(error) => errors.push(error),
            }
        }
        let names: Vec<Named> = told.iter().map(|(_, named)| named.clone()).collect();
        if names.is_empty() {
            return Err(errors.into_iter().next().unwrap_or_else(|| outage("there are no sentinels")));
        }
        let agreed = agreed(self.sentinels.len(), &names, known);
        let is_other = |named: &Named| agreed.as_ref().is_none_or(|agreed| agreed.address != named.address);
        let others = told.iter().filter(|(_, named)| is_other(named));
        let others = others.map(|(sentinel, named)| format!("{sentinel} names {}", text_of(&named.address)));
        let dissent = others.collect::<Vec<_>>().join(", ");
        self.connector.standing().hear_dissent(&dissent);
        agreed.ok_or_else(|| outage_of(format!("the sentinels do not agree on a primary: {dissent}")))
    }

    async fn ask(&self, client: &Client, lane: &Lane, limit: Duration) -> RedisResult<Named> {
        let deadline = Instant::now() + limit;
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

fn text_of((host, port): &Address) -> String {
    format!("{host}:{port}")
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
