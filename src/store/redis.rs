//! The session store on Redis 6.2 or newer, or Valkey.
//!
//! Owns: key names and the calls of the scripts; each operation is one script and so one atomic step of one
//! round trip. All keys of a user bear one hash tag, so they lie on one node of a cluster.
//! Must not know: the rules of the product. It receives digests, never credentials.

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::{Client, Cmd, RedisResult, Script};

use super::record;
pub use super::redis_link::StoreObserver;
use super::redis_link::{Call, RedisLink};
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::ports::{
    Exchange, ExchangeAttempt, Found, Gone, NewSession, Peek, PortalFilter, Position, REPEAT_MS, Removal,
    SessionStore, StoreError,
};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;

/// Records that one call of a list or a revocation touches: well below a millisecond of Redis's time.
const BATCH: usize = 200;

macro_rules! script {
    ($name:ident, $file:literal) => {
        static $name: LazyLock<Script> = LazyLock::new(|| {
            Script::new(concat!(
                include_str!("scripts/common.lua"),
                "\n",
                include_str!(concat!("scripts/", $file))
            ))
        });
    };
}

script!(CREATE, "create.lua");
script!(EXCHANGE, "exchange.lua");
script!(FATE, "fate.lua");
script!(BY_HANDLE, "by_handle.lua");
script!(REMOVE, "remove.lua");
script!(REVOKE_ALL, "revoke_all.lua");
script!(LIST, "list.lua");

/// One worker thread's store.
pub struct RedisStore {
    link: RedisLink,
    fence_failover: bool,
}

impl RedisStore {
    /// Connects at the first use; must be made on the thread that uses it. `fence_failover`: tickets minted
    /// before a failover or restart of Redis are refused after it.
    pub fn new(
        client: Client,
        timeout: Duration,
        fence_failover: bool,
        observer: StoreObserver,
    ) -> RedisResult<Self> {
        Ok(RedisStore { link: RedisLink::new(client, timeout, observer)?, fence_failover })
    }

    /// The session under a key, or what is still known of it. Only a dead one costs the second question: the
    /// operator wants to know why it is dead.
    async fn record_or_fate(
        &self,
        name: &'static str,
        tag: UserTag,
        key: String,
        digest: &Digest,
    ) -> Result<Result<PortalSession, Gone>, StoreError> {
        let record: Option<String> = self.link.call(name, Call::Command(&Cmd::get(&key))).await?;
        if let Some(record) = record {
            return Ok(Ok(decode(tag, &record)?));
        }
        let mut script = FATE.prepare_invoke();
        script.key(key).key(index_key(tag)).arg(digest_text(digest));
        let reply: Vec<String> = self.link.call("fate", Call::Script(&script)).await?;
        let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
        match reply.as_slice() {
            ["found", record] => Ok(Ok(decode(tag, record)?)),
            ["gone", why, created, suffix] => Ok(Err(gone(tag, why, created, suffix)?)),
            _ => Err(corrupt("an unknown reply of fate.lua")),
        }
    }

    /// For the scripts that mint or check an epoch.
    fn fence(&self) -> &'static str {
        if self.fence_failover { "fence" } else { "" }
    }
}

fn ticket_key(tag: UserTag, ticket: &Digest) -> String {
    format!("vst:{{{}}}:t:{}", tag.as_str(), digest_text(ticket))
}

fn browser_key(tag: UserTag, token: &Digest) -> String {
    format!("vst:{{{}}}:b:{}", tag.as_str(), digest_text(token))
}

fn index_key(tag: UserTag) -> String {
    format!("vst:{{{}}}:u", tag.as_str())
}

/// 43 characters; shorter than hexadecimal, and every live session holds it twice.
fn digest_text(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, new: &NewSession) -> Result<PortalSession, StoreError> {
        let grant = record::encode_grant(&new.grant)?;
        let mut script = CREATE.prepare_invoke();
        script
            .key(ticket_key(new.tag, &new.ticket))
            .key(index_key(new.tag))
            .arg(digest_text(&new.ticket))
            .arg(new.ticket_ttl_ms)
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(&new.grant.slug)
            .arg(grant)
            .arg(self.fence());
        let (created_at_ms, expires_at_ms): (u64, u64) =
            self.link.call("create", Call::Script(&script)).await?;
        Ok(record::created(new, created_at_ms, expires_at_ms))
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (filter, slugs) = match &attempt.portals {
            PortalFilter::Only(slugs) => ("only", slugs),
            PortalFilter::AllBut(slugs) => ("all_but", slugs),
        };
        let mut script = EXCHANGE.prepare_invoke();
        script
            .key(ticket_key(attempt.tag, &attempt.ticket))
            .key(browser_key(attempt.tag, &attempt.token))
            .key(index_key(attempt.tag))
            .arg(digest_text(&attempt.ticket))
            .arg(digest_text(&attempt.token))
            .arg(filter)
            .arg(format!(" {} ", slugs.join(" ")))
            .arg(record::user_agent_line(attempt.user_agent.as_deref()))
            .arg(self.fence())
            .arg(REPEAT_MS);
        let reply: Vec<String> = self.link.call("exchange", Call::Script(&script)).await?;
        let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
        match reply.as_slice() {
            ["done", record] => Ok(Exchange::Done(decode(attempt.tag, record)?)),
            ["not_admitted", record] => Ok(Exchange::NotAdmitted(decode(attempt.tag, record)?)),
            ["gone", why, created, suffix] => Ok(Exchange::Gone(gone(attempt.tag, why, created, suffix)?)),
            _ => Err(corrupt("a pending record of an unknown version")),
        }
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        let record = self.record_or_fate("peek", tag, ticket_key(tag, ticket), ticket).await?;
        Ok(record.map_or_else(Peek::Gone, Peek::Pending))
    }

    async fn find(&self, tag: UserTag, token: &Digest) -> Result<Found, StoreError> {
        let record = self.record_or_fate("find", tag, browser_key(tag, token), token).await?;
        Ok(record.map_or_else(Found::Gone, Found::Active))
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<PortalSession>, StoreError> {
        let mut script = BY_HANDLE.prepare_invoke();
        script.key(index_key(handle.tag)).arg(handle.created_at_ms).arg(handle.suffix.as_str());
        let record: Option<String> = self.link.call("find_by_handle", Call::Script(&script)).await?;
        record.map(|record| decode(handle.tag, &record)).transpose()
    }

    async fn remove(
        &self,
        handle: &Handle,
        token: Option<&Digest>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        let state = match removal {
            Removal::Revoked => "r",
            Removal::Ended => "e",
        };
        let mut script = REMOVE.prepare_invoke();
        script.key(index_key(handle.tag));
        if let Some(token) = token {
            script.key(browser_key(handle.tag, token));
        }
        script.arg(handle.created_at_ms).arg(handle.suffix.as_str()).arg(state);
        let removed: u64 = self.link.call("remove", Call::Script(&script)).await?;
        Ok(removed > 0)
    }

    async fn revoke_all(&self, tag: UserTag) -> Result<u64, StoreError> {
        let mut revoked = 0;
        let (mut created, mut suffix) = (String::new(), String::new());
        loop {
            let mut script = REVOKE_ALL.prepare_invoke();
            script.key(index_key(tag)).arg(&created).arg(&suffix).arg(BATCH);
            let reply: (u64, String, String) = self.link.call("revoke_all", Call::Script(&script)).await?;
            revoked += reply.0;
            (created, suffix) = (reply.1, reply.2);
            if created.is_empty() {
                return Ok(revoked);
            }
        }
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        let mut sessions = Vec::new();
        let mut created = before.map_or_else(String::new, |position| position.created_at_ms.to_string());
        let mut suffix = before.map_or_else(String::new, |position| position.suffix.as_str().to_owned());
        loop {
            let mut script = LIST.prepare_invoke();
            script.key(index_key(tag)).arg(&created).arg(&suffix).arg(BATCH);
            let reply: Vec<String> = self.link.call("list", Call::Script(&script)).await?;
            let [next_created, next_suffix, records @ ..] = reply.as_slice() else {
                return Err(corrupt("an unknown reply of list.lua"));
            };
            for record in records {
                sessions.push(decode(tag, record)?);
            }
            if next_created.is_empty() || sessions.len() >= limit {
                sessions.truncate(limit);
                return Ok(sessions);
            }
            (created, suffix) = (next_created.clone(), next_suffix.clone());
        }
    }

    /// By a write: a replica, or a Redis without memory, answers a PING as well.
    async fn ready(&self) -> Result<(), StoreError> {
        let mut write = redis::cmd("SET");
        write.arg("vst:ready").arg(1).arg("PX").arg(1_000);
        self.link.call("ready", Call::Command(&write)).await
    }
}

fn decode(tag: UserTag, text: &str) -> Result<PortalSession, StoreError> {
    record::decode(tag, text).inspect_err(|error| tracing::error!(%error, "a stored session cannot be read"))
}

fn corrupt(what: &str) -> StoreError {
    tracing::error!(what, "a stored session cannot be read");
    StoreError::Corrupt(what.to_owned())
}

fn gone(tag: UserTag, why: &str, created: &str, suffix: &str) -> Result<Gone, StoreError> {
    let refusal = match why {
        "unknown" => Refusal::Unknown,
        "expired" => Refusal::Expired,
        "used" => Refusal::Used,
        "revoked" => Refusal::Revoked,
        "ended" => Refusal::Ended,
        "fenced" => Refusal::Fenced,
        _ => return Err(corrupt("an entry of a user's index in an unknown state")),
    };
    let handle = match (created.parse(), HandleSuffix::parse(suffix)) {
        (Ok(created_at_ms), Ok(suffix)) => Some(Handle { tag, created_at_ms, suffix }),
        (Err(_), _) | (_, Err(_)) => None,
    };
    Ok(Gone { refusal, handle })
}
