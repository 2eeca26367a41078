//! Looking a credential up, and using the session that it stands for.
//!
//! Owns: that a session without an idle time-out costs one `GET`, and one with it a script; that only a dead session costs
//! another call, which finds out for the operator why it is dead.
//! Must not know: what a session may do.

use redis::Cmd;

use super::RedisStore;
use crate::domain::credential::Digest;
use crate::domain::ports::{Found, Gone, Lookup, Peek, StoreError};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;
use crate::store::keys::{DigestText, Key};
use crate::store::link::{Call, Deadline};
use crate::store::reply;
use crate::store::script::{ScriptCall, words_in};
use crate::store::scripts::{FATE, USE};

const GET: &str = "GET";

fn reading(key: &Key<'_>) -> Cmd {
    let mut command = Cmd::with_capacity(2, GET.len() + key.len());
    command.arg(GET).arg(key);
    command
}

impl RedisStore {
    pub(super) async fn look_at_ticket(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        let (deadline, key) = (self.link.deadline(), || self.keys.ticket(tag, ticket));
        if let Some(session) = self.get("peek", tag, reading(&key()), deadline).await? {
            return Ok(Peek::Pending(session));
        }
        let session = self.fate(tag, key(), ticket, deadline).await?;
        Ok(session.map_or_else(Peek::Gone, Peek::Pending))
    }

    pub(super) async fn look_up(
        &self,
        tag: UserTag,
        token: &Digest,
        lookup: Lookup,
    ) -> Result<Found, StoreError> {
        let (deadline, key) = (self.link.deadline(), || self.keys.browser(tag, token));
        let probably_idles = match lookup {
            Lookup::Use { idles } => idles.unwrap_or(false) || self.idlers.has(tag),
            Lookup::Glance => false,
        };
        let mut session = if probably_idles {
            self.get_to_use(tag, USE.on(&[key()]), deadline).await?
        } else {
            self.get("find", tag, reading(&key()), deadline).await?
        };
        let idles = session.as_ref().is_some_and(|session| session.idle.is_some());
        if lookup != Lookup::Glance && idles != probably_idles && session.is_some() {
            self.idlers.note(tag, idles);
            if idles {
                session = self.get_to_use(tag, USE.on(&[key()]), deadline).await?;
            }
        }
        if let Some(session) = session {
            return Ok(Found::Active(session));
        }
        let session = self.fate(tag, key(), token, deadline).await?;
        Ok(session.map_or_else(Found::Gone, Found::Active))
    }

    async fn get(
        &self,
        name: &'static str,
        tag: UserTag,
        command: Cmd,
        deadline: Deadline,
    ) -> Result<Option<PortalSession>, StoreError> {
        let call = Call::Command { key: words_in(&command).nth(1).unwrap_or_default(), command: &command };
        let record: Option<String> = self.link.call(name, call, deadline).await?;
        record.map(|record| reply::session(tag, &record)).transpose()
    }

    /// The same, and the session has been used at this moment.
    async fn get_to_use(
        &self,
        tag: UserTag,
        script: ScriptCall,
        deadline: Deadline,
    ) -> Result<Option<PortalSession>, StoreError> {
        let record: Option<String> = self.link.call("use", Call::Script(&script), deadline).await?;
        record.map(|record| reply::session(tag, &record)).transpose()
    }

    /// Finds out for the operator why there is no session under a key; or the session, if it has just come.
    async fn fate(
        &self,
        tag: UserTag,
        key: Key<'_>,
        digest: &Digest,
        deadline: Deadline,
    ) -> Result<Result<PortalSession, Gone>, StoreError> {
        let script =
            self.telling.script(&FATE, &[key, self.keys.index(tag)]).arg(DigestText::from(digest).as_bytes());
        let script = self.telling.told(script, String::new);
        reply::found(tag, &self.link.call("fate", Call::Script(&script), deadline).await?)
    }
}
