//! The password of a kind of server, from whoever tells it anew for each connection.
//!
//! Owns: that a source which hangs holds one thread and no more, and nobody for longer than they wait.
//! Must not know: where the source has it from, or which servers want it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use redis::{Client, ConnectionInfo, RedisResult};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::fault::no_password;
use super::topology::PasswordSource;

/// Without a source, the password is the one that a server's settings have.
pub struct Passwords {
    source: Option<PasswordSource>,
    /// One at a time reads it.
    reading: Arc<Semaphore>,
}

impl Passwords {
    pub fn of(source: Option<PasswordSource>) -> Self {
        Passwords { source, reading: Arc::new(Semaphore::new(1)) }
    }

    /// For one connection to a server.
    pub async fn client(&self, info: ConnectionInfo, limit: Duration) -> RedisResult<Client> {
        let Some(source) = self.source.clone() else { return Client::open(info) };
        let password = tokio::time::timeout(limit, self.read(source)).await;
        let password = password.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let password = password.map_err(|error| no_password(error.to_string()))?;
        let user = info.redis_settings().clone().set_password(password.expose_secret());
        Client::open(info.set_redis_settings(user))
    }

    /// A file may lie on a disk that hangs. Then one thread hangs with it, not one more at each try to connect.
    async fn read(&self, source: PasswordSource) -> io::Result<SecretString> {
        let turn = self.reading.clone().acquire_owned().await.map_err(io::Error::other)?;
        let read = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            source()
        });
        read.await.map_err(io::Error::other)?
    }
}
