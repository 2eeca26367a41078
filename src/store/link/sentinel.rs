//! The route to the primary that sentinels name.
//!
//! Owns: asking the sentinels, for every new connection and twice a second. The latter finds out what no broken
//! connection would show: that another server was promoted while the old primary was cut off. All connections lead to
//! the same server: when one call learns of another primary, all move to it.
//! Must not know: what is asked of the primary.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisResult, Value};
use tokio::time::Instant;

use super::connector::{Address, Connector, connect};
use super::fault::outage;
use super::flight::Flight;
use super::lanes::{Attempt, Lanes};
use super::node::{Lane, Live, by};
use super::passwords::Passwords;

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

/// The server that was named last, and every connection to it.
struct Primary {
    address: Address,
    lanes: Lanes,
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
            Some(Primary { address: (host, port), .. }) => format!("{host}:{port}"),
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
            let (connector, address) = (self.connector.clone(), primary.address.clone());
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
        let address = self.ask_all().await?;
        let known = self.primary.load_full();
        if let Some(primary) = &known
            && primary.address == address
        {
            return Ok(primary.clone());
        }
        if known.is_some() {
            tracing::warn!(host = address.0, port = address.1, "the sentinels name another primary");
        }
        let primary = Arc::new(Primary { address, lanes: Lanes::default() });
        self.primary.store(Some(primary.clone()));
        Ok(primary)
    }

    /// The primary in the latest configuration. A sentinel that is cut off from the others names an old one.
    async fn ask_all(&self) -> RedisResult<Address> {
        let limit = self.connector.limits.topology;
        let asked = self.sentinels.iter().map(|(client, lane)| self.ask(client, lane, limit));
        let answers = join_all(asked).await;
        let latest = answers.iter().flatten().max_by_key(|(epoch, _)| *epoch);
        match latest {
            Some((_, address)) => Ok(address.clone()),
            None => Err(answers
                .into_iter()
                .find_map(Result::err)
                .unwrap_or_else(|| outage("there are no sentinels"))),
        }
    }

    /// The configuration's epoch and the primary's address.
    async fn ask(&self, client: &Client, lane: &Lane, limit: Duration) -> RedisResult<(u64, Address)> {
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
        let answers =
            by(deadline, both.query_async(&mut MultiplexedConnection::clone(&live.connection))).await;
        if answers.as_ref().is_err_and(|error| live.is_spent_by(error)) {
            lane.forget(&live);
        }
        let (address, fields): (Option<Address>, HashMap<String, String>) = answers?;
        let epoch = fields.get("config-epoch").and_then(|text| text.parse().ok());
        let told = epoch.zip(address);
        told.ok_or_else(|| outage("a sentinel does not tell the primary's address"))
    }
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
