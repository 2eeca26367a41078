//! The route to the one primary: a fixed address, or the one that sentinels name.
//!
//! Owns: asking the sentinels, at every new connection and twice a second. The latter finds out what no broken
//! connection tells: that another server has been promoted while the old primary is partitioned, or back.
//! Must not know: what is asked of the primary.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use redis::{Client, RedisError, RedisResult, Value};
use tokio::time::Instant;

use super::call::{Call, Replicas};
use super::node::{Address, Connector, Lane, Lanes, connect, within};

/// How late a worker may notice, by this alone, that there is another primary.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// The primary and the connections to it.
pub struct Primary {
    finder: Finder,
    connector: Connector,
    lanes: Lanes,
}

enum Finder {
    Fixed(Client),
    Sentinels {
        sentinels: Vec<(Client, Lane)>,
        master: String,
        /// To whom the lanes lead, once they have been used.
        connected_to: Mutex<Option<Address>>,
    },
}

impl Primary {
    pub fn fixed(client: Client, connector: Connector) -> Self {
        Primary { finder: Finder::Fixed(client), connector, lanes: Lanes::default() }
    }

    pub fn of_sentinels(sentinels: Vec<Client>, master: String, connector: Connector) -> Self {
        let sentinels = sentinels.into_iter().map(|client| (client, Lane::default())).collect();
        let finder = Finder::Sentinels { sentinels, master, connected_to: Mutex::default() };
        Primary { finder, connector, lanes: Lanes::default() }
    }

    pub async fn attempt(&self, call: &Call<'_>, replicas: Option<Replicas<'_>>) -> RedisResult<Value> {
        self.lanes.attempt(self.connector.limits.answer, || self.connect(), call, replicas, false).await
    }

    async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        match &self.finder {
            Finder::Fixed(client) => self.connector.connect(client).await,
            Finder::Sentinels { connected_to, .. } => {
                let address = self.ask_sentinels().await?;
                let mut connection = self.connector.connect(&self.connector.client(&address)?).await?;
                check_role(&mut connection).await?;
                *connected_to.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
                Ok(connection)
            }
        }
    }

    /// The primary of the latest configuration: a sentinel that is cut off from the others names an old one.
    async fn ask_sentinels(&self) -> RedisResult<Address> {
        let Finder::Sentinels { sentinels, master, .. } = &self.finder else {
            return Err(outage("there are no sentinels"));
        };
        let limit = self.connector.limits.topology;
        let answers = join_all(sentinels.iter().map(|(client, lane)| ask(client, lane, master, limit))).await;
        let latest = answers.iter().flatten().max_by_key(|(epoch, _)| *epoch);
        match latest {
            Some((_, address)) => Ok(address.clone()),
            None => Err(answers
                .into_iter()
                .find_map(Result::err)
                .unwrap_or_else(|| outage("there are no sentinels"))),
        }
    }

    async fn follow(&self) {
        let Finder::Sentinels { connected_to, .. } = &self.finder else { return };
        let Ok(named) = self.ask_sentinels().await else { return };
        let mut connected_to = connected_to.lock().unwrap_or_else(PoisonError::into_inner);
        if connected_to.as_ref().is_some_and(|address| *address != named) {
            tracing::warn!(host = named.0, port = named.1, "the sentinels name another primary");
            *connected_to = None;
            self.lanes.forget();
        }
    }
}

/// Follows the sentinels for as long as the link lives.
pub fn watch(primary: &Arc<Primary>) {
    let primary = Arc::downgrade(primary);
    tokio::spawn(async move {
        while let Some(primary) = primary.upgrade() {
            primary.follow().await;
            drop(primary);
            tokio::time::sleep(ASK_EVERY).await;
        }
    });
}

/// The configuration's epoch and the primary's address.
async fn ask(client: &Client, lane: &Lane, master: &str, limit: Duration) -> RedisResult<(u64, Address)> {
    let connection = lane.get(Instant::now() + limit, || connect(client, limit)).await?;
    // Both: in the midst of a failover MASTER tells the new epoch beside the old address.
    let mut both = redis::pipe();
    both.cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master).cmd("SENTINEL").arg("MASTER").arg(master);
    let answers = within(limit, both.query_async(&mut MultiplexedConnection::clone(&connection))).await;
    let (address, fields): (Option<Address>, HashMap<String, String>) =
        answers.inspect_err(|_| lane.forget(&connection))?;
    let epoch = fields.get("config-epoch").and_then(|text| text.parse().ok());
    let told = epoch.zip(address);
    told.ok_or_else(|| outage("a sentinel does not tell the primary's address"))
}

/// The sentinels may not have noticed yet, or not have told the server yet.
async fn check_role(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let role: Vec<Value> = redis::cmd("ROLE").query_async(connection).await?;
    let is_primary = role.first().is_some_and(|role| *role == Value::BulkString(b"master".to_vec()));
    if is_primary { Ok(()) } else { Err(outage("the server that the sentinels name is no primary")) }
}

/// As for a broken connection: worth another try.
fn outage(what: &'static str) -> RedisError {
    RedisError::from(std::io::Error::new(std::io::ErrorKind::NotConnected, what))
}
