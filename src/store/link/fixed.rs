//! The route to one server at one address.
//!
//! Must not know: what is asked of it.

use std::sync::Arc;

use redis::{RedisResult, Value};

use super::connector::Connector;
use super::lanes::{Attempt, Lanes};

pub struct Fixed {
    connector: Arc<Connector>,
    lanes: Lanes,
}

impl Fixed {
    pub fn new(connector: Connector) -> Self {
        Fixed { connector: Arc::new(connector), lanes: Lanes::default() }
    }

    pub fn server(&self) -> String {
        self.connector.node()
    }

    pub async fn attempt(&self, attempt: &Attempt<'_>) -> RedisResult<Value> {
        let connect = || {
            let connector = self.connector.clone();
            // As in `Connector::to`: a call is not to carry the work of connecting along.
            async move { Box::pin(connector.connect_to_node()).await }
        };
        self.lanes.attempt(attempt, connect).await
    }
}
