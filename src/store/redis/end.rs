//! How one session ends, and what an answer counts that there is none.
//!
//! Owns: which answers wait for the replicas: all that a revocation or a logout relies on.
//! Must not know: who wants it ended.

use futures_util::future::join_all;
use redis::Cmd;

use super::RedisStore;
use crate::domain::credential::Digest;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::ports::{Named, OnBehalf, Record, Removal, StoreError};
use crate::domain::user_tag::UserTag;
use crate::store::declaring::Waits;
use crate::store::history;
use crate::store::link::Call;
use crate::store::reply::{self, corrupt, words};
use crate::store::scripts::{BY_HANDLE, REMOVE};

impl RedisStore {
    pub(super) async fn look_up_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        let script = BY_HANDLE.on(&[self.keys.index(handle.tag)]);
        let script = script.arg(handle.created_at_ms).arg(handle.suffix.as_str());
        let reply = self.declaring("find_by_handle", script, Waits::IfGone).await?;
        match words(&reply).as_slice() {
            ["found", record, state, digest] => Ok(Some(reply::named(handle.tag, record, state, digest)?)),
            ["gone", _] => Ok(None),
            _ => Err(corrupt("an unknown reply of by_handle.lua")),
        }
    }

    pub(super) async fn make_sure(&self, tag: UserTag, behalf: OnBehalf) -> Result<(), StoreError> {
        let waits = match behalf {
            OnBehalf::Anybody => Waits::IfGoneForAnybody,
            OnBehalf::Known => Waits::IfGone,
        };
        // No handle has an empty suffix.
        let script = BY_HANDLE.on(&[self.keys.index(tag)]).arg(0).arg("");
        self.declaring("settle", script, waits).await?;
        Ok(())
    }

    pub(super) async fn end_one(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        let (state, waits, what) = match removal {
            Removal::Revoked => ("r", Waits::Always, Happening::Revoked),
            Removal::Ended => ("e", Waits::Always, Happening::Ended),
            Removal::Replaced => ("e", Waits::No, Happening::Replaced),
        };
        let mut keys = vec![self.keys.index(handle.tag)];
        keys.extend(record.map(|record| match record {
            Record::Ticket(ticket) => self.keys.ticket(handle.tag, &ticket),
            Record::Token(token) => self.keys.browser(handle.tag, &token),
        }));
        let script = self.telling.script(&REMOVE, &keys);
        let script = script.arg(handle.created_at_ms).arg(handle.suffix.as_str()).arg(state);
        let script = self.telling.told(script, || history::encode(&what).0.to_owned());
        let reply = self.declaring("remove", script, waits).await?;
        match words(&reply).as_slice() {
            ["removed", count, _] => Ok(*count != "0"),
            _ => Err(corrupt("an unknown reply of remove.lua")),
        }
    }

    pub(super) async fn delete_all(&self, tag: UserTag, digests: &[Digest]) -> Result<(), StoreError> {
        // Each by itself: a user who may not touch one of them may touch the others.
        let deletions = self.keys.all(tag, digests).into_iter().map(|key| async move {
            let call = Call::Command { key: &key, command: &Cmd::del(&key) };
            self.link.call::<u64>("remove", call, self.link.deadline()).await.map(drop)
        });
        join_all(deletions).await.into_iter().collect()
    }
}
