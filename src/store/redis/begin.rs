//! How sessions begin: pending, by an exchange, or directly.
//!
//! Owns: what each script is told, and that an answer counts only once as many replicas as wanted have what it says.
//! Must not know: the rules of the product.

use redis::{FromRedisValue, Value};

use super::RedisStore;
use crate::domain::base62::base62_of;
use crate::domain::ports::{
    Exchange, ExchangeAttempt, NewDirectSession, NewSession, Opening, REPEAT_MS, StoreError, Stored,
};
use crate::store::joined::Joined;
use crate::store::keys::DigestText;
use crate::store::link::{Call, Replicas};
use crate::store::reply;
use crate::store::script::ScriptCall;
use crate::store::scripts::{CREATE, EXCHANGE, OPEN};
use crate::store::{history, record};

impl RedisStore {
    pub(super) async fn begin_pending(&self, new: &NewSession) -> Result<Stored, StoreError> {
        let (suffix, digest) = (new.suffix.as_str(), DigestText::from(&new.ticket));
        let keys = [self.keys.ticket(new.tag, digest), self.keys.index(new.tag)];
        let script = self
            .telling
            .script_with(&CREATE, &keys, || self.keys.history(new.tag, digest))
            .arg(new.ticket_ttl_ms)
            .arg(Joined([suffix.as_bytes(), b"t", digest.as_bytes()]))
            .arg(Joined(
                [new.session_ttl_ms.to_string().as_str(), " ", suffix, " ", new.grant.slug.as_str()]
                    .map(str::as_bytes),
            ))
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(self.fence());
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let reply: String = self.link.call("create", Call::Script(&script), self.link.deadline()).await?;
        reply::created(new, &reply)
    }

    pub(super) async fn begin_direct(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        let keys = [
            self.keys.browser(new.tag, &new.token),
            self.keys.index(new.tag),
            self.keys.given_out(new.tag, &new.token),
        ];
        let script = self
            .telling
            .script_with(&OPEN, &keys, || self.keys.history(new.tag, &new.token))
            .arg(new.session_ttl_ms)
            .arg(new.suffix.as_str())
            .arg(new.grant.slug.as_str())
            .arg(record::encode_grant(&new.grant, &new.policy)?)
            .arg(REPEAT_MS)
            .arg(&call_name::<4>()[..])
            .arg(if new.is_repeatable { "repeatable" } else { "" });
        let script = self.telling.told(script, || history::origin(&new.grant, &new.root_key));
        let reply = self.when_replicated("open", &script, reply::is_opened).await?;
        reply::opening(new.tag, &reply)
    }

    pub(super) async fn begin_browser(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        let (tag, ticket, token) = (attempt.tag, &attempt.ticket, &attempt.token);
        let keys = [self.keys.ticket(tag, ticket), self.keys.browser(tag, token), self.keys.index(tag)];
        let call = call_name::<4>();
        let held: Vec<_> = attempt.held.iter().map(DigestText::from).collect();
        let held = held.iter().flat_map(|digest| [b" ", digest.as_bytes()]);
        let script = self
            .telling
            .script_with(&EXCHANGE, &keys, || self.keys.history(tag, ticket))
            .arg(attempt.portals.listed())
            .arg(&*record::user_agent_line(attempt.user_agent.as_deref()))
            .arg(self.fence())
            .arg(REPEAT_MS)
            .arg(Joined([&call[..]].into_iter().chain(held)));
        let script = self.telling.told(script, || history::browser(attempt.user_agent.as_deref()));
        let reply = self.when_replicated("exchange", &script, reply::is_exchanged).await?;
        reply::exchange(tag, reply)
    }

    /// For the scripts that mint or check an epoch.
    fn fence(&self) -> &'static str {
        if self.promises.fence_failover { "fence" } else { "" }
    }

    /// Calls a script. An answer that is a success counts only once the wanted replicas have it.
    async fn when_replicated<T: FromRedisValue>(
        &self,
        name: &'static str,
        script: &ScriptCall,
        is_success: fn(&Value) -> bool,
    ) -> Result<T, StoreError> {
        let wanted = self.promises.wait_replicas;
        if wanted == 0 {
            return self.link.call(name, Call::Script(script), self.link.deadline()).await;
        }
        let of = |reply: &Value| if is_success(reply) { wanted } else { 0 };
        let replicas = Replicas { of: &of, at_least: wanted, is_doubtful: false };
        let deadline = self.link.deadline_with_wait();
        self.link.call_and_wait(name, Call::Script(script), replicas, deadline).await
    }
}

/// A repeat of a call by the link has the same; one by a client, at whichever gateway, has another.
pub(super) fn call_name<const CHARS: usize>() -> [u8; CHARS] {
    base62_of(rand::random())
}
