//! The route to one server at one address.
//!
//! Must not know: what is asked of it.

use std::sync::Arc;

use redis::{Client, RedisResult, Value};

use super::lanes::{Attempt, Lanes};
use super::node::Connector;

pub struct Fixed {
    client: Client,
    connector: Arc<Connector>,
    lanes: Lanes,
}

impl Fixed {
    pub fn new(client: Client, connector: Connector) -> Self {
        Fixed { client, connector: Arc::new(connector), lanes: Lanes::default() }
    }

    pub fn server(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    pub async fn attempt(&self, attempt: &Attempt<'_>) -> RedisResult<Value> {
        let connect = || {
            let (connector, client) = (self.connector.clone(), self.client.clone());
            async move { connector.connect(&client).await }
        };
        self.lanes.attempt(attempt, connect).await
    }
}
