//! How sessions begin: pending, by an exchange, or directly.
//!
//! Owns: what each script is told, and that an answer counts only once as many replicas as wanted have what it says.
//! Must not know: the rules of the product.

use redis::Value;

use super::RedisStore;
use crate::domain::base62::{self, base62_of};
use crate::domain::events::Went;
use crate::domain::ports::{
    Exchange, ExchangeAttempt, NewDirectSession, NewSession, Opening, REPEAT_MS, StoreError, Stored,
};
use crate::store::keys::digest_text;
use crate::store::link::{Call, Replicas};
use crate::store::reply::{self, Reply, begins_with};
use crate::store::script::{CREATE, EXCHANGE, OPEN, ScriptCall};
use crate::store::{history, record};

impl RedisStore {
    pub(super) async fn begin_pending(&self, new: &NewSession) -> Result<Stored, StoreError> {
        let keys = vec![self.keys.ticket(new.tag, &new.ticket), self.keys.index(new.tag)];
        let script = self
            .telling
            .script(&CREATE, keys, Some(self.keys.history(new.tag, &new.ticket)))
            .arg(digest_text(&new.ticket))
            .arg(new.ticket_ttl_ms)
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(&new.grant.slug)
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(self.fence());
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let (created_at_ms, expires_at_ms, live): (u64, u64, u64) =
            self.link.call("create", Call::Script(&script), self.link.deadline()).await?;
        Ok(Stored {
            session: record::created(new, created_at_ms, expires_at_ms),
            live,
            went: Went::default(),
        })
    }

    pub(super) async fn begin_direct(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        let keys = vec![
            self.keys.browser(new.tag, &new.token),
            self.keys.index(new.tag),
            self.keys.given_out(new.tag, &new.token),
        ];
        let script = self
            .telling
            .script(&OPEN, keys, Some(self.keys.history(new.tag, &new.token)))
            .arg(digest_text(&new.token))
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(&new.grant.slug)
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(REPEAT_MS)
            .arg(call_name::<4>())
            .arg(if new.is_repeatable { "repeatable" } else { "" });
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let reply = self.when_replicated("open", &script, "opened").await?;
        reply::opening(new.tag, &reply)
    }

    pub(super) async fn begin_browser(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (tag, ticket, token) = (attempt.tag, &attempt.ticket, &attempt.token);
        let keys = vec![self.keys.ticket(tag, ticket), self.keys.browser(tag, token), self.keys.index(tag)];
        let script = self
            .telling
            .script(&EXCHANGE, keys, Some(self.keys.history(tag, ticket)))
            .arg(digest_text(ticket))
            .arg(digest_text(token))
            .arg(attempt.portals.listed())
            .arg(record::user_agent_line(attempt.user_agent.as_deref()))
            .arg(self.fence())
            .arg(REPEAT_MS)
            .arg(attempt.held.iter().map(digest_text).collect::<Vec<_>>().join(" "))
            .arg(call_name::<4>());
        let script = self.telling.told(script, || history::browser(attempt.user_agent.as_deref()));
        let reply = self.when_replicated("exchange", &script, "done").await?;
        reply::exchange(tag, &reply)
    }

    /// For the scripts that mint or check an epoch.
    fn fence(&self) -> &'static str {
        if self.promises.fence_failover { "fence" } else { "" }
    }

    /// Calls a script. An answer whose first word is `success` counts only once the wanted replicas have it.
    async fn when_replicated(
        &self,
        name: &'static str,
        script: &ScriptCall,
        success: &str,
    ) -> Result<Reply, StoreError> {
        let wanted = self.promises.wait_replicas;
        if wanted == 0 {
            return self.link.call(name, Call::Script(script), self.link.deadline()).await;
        }
        let of = |reply: &Value| if begins_with(reply, success) { wanted } else { 0 };
        let replicas = Replicas { of: &of, at_least: wanted, is_doubtful: false };
        let deadline = self.link.deadline_with_wait();
        self.link.call_and_wait(name, Call::Script(script), replicas, deadline).await
    }
}

/// A repeat of a call by the link has the same; one by a client, at whichever gateway, has another.
pub(super) fn call_name<const CHARS: usize>() -> String {
    base62::text(&base62_of::<CHARS>(rand::random())).to_owned()
}
