//! A store that answers well and does not do it, one operation at a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::walk::walk;
use crate::app::SystemClock;
use crate::domain::credential::Digest;
use crate::domain::error::Refusal;
use crate::domain::explained::Known;
use crate::domain::handle::Handle;
use crate::domain::history::Happening;
use crate::domain::policy::SessionPolicy;
use crate::domain::ports::{
    Exchange, ExchangeAttempt, Found, Gone, Histories, Lookup, Named, NewDirectSession, NewSession,
    NotAllRevoked, OnBehalf, Opening, Peek, Position, Readiness, Record, Removal, SessionStore, Sought,
    StoreError, Stored,
};
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;
use crate::store::memory::MemoryStore;

struct Lying {
    store: MemoryStore,
    about: &'static str,
    forgotten: Mutex<Vec<(UserTag, usize)>>,
}

impl Lying {
    fn lies(&self, about: &str) -> bool {
        self.about == about
    }
}

const GONE: fn() -> Gone = || Gone::new(Refusal::Unknown, None);

#[async_trait]
impl Histories for Lying {
    async fn explain(&self, tag: UserTag, sought: &Sought) -> Result<Vec<Known>, StoreError> {
        if self.lies("explain") { Ok(Vec::new()) } else { self.store.explain(tag, sought).await }
    }

    async fn note(&self, tag: UserTag, ticket: &Digest, what: &Happening) -> Result<(), StoreError> {
        self.store.note(tag, ticket, what).await
    }
}

#[async_trait]
impl SessionStore for Lying {
    async fn create(&self, new: &NewSession) -> Result<Stored, StoreError> {
        self.store.create(new).await
    }

    async fn open(&self, new: &NewDirectSession) -> Result<Opening, StoreError> {
        let lax = NewDirectSession { policy: SessionPolicy::default(), ..new.clone() };
        self.store.open(if self.lies("open") { &lax } else { new }).await
    }

    async fn exchange(&self, attempt: &ExchangeAttempt) -> Result<Exchange, StoreError> {
        if self.lies("exchange") { Ok(Exchange::Gone(GONE())) } else { self.store.exchange(attempt).await }
    }

    async fn peek(&self, tag: UserTag, ticket: &Digest) -> Result<Peek, StoreError> {
        if self.lies("create") { Ok(Peek::Gone(GONE())) } else { self.store.peek(tag, ticket).await }
    }

    async fn find(&self, tag: UserTag, token: &Digest, lookup: Lookup) -> Result<Found, StoreError> {
        if self.lies("find") { Ok(Found::Gone(GONE())) } else { self.store.find(tag, token, lookup).await }
    }

    async fn find_by_handle(&self, handle: &Handle) -> Result<Option<Named>, StoreError> {
        if self.lies("find by handle") { Ok(None) } else { self.store.find_by_handle(handle).await }
    }

    async fn settle(&self, tag: UserTag, behalf: OnBehalf) -> Result<(), StoreError> {
        self.store.settle(tag, behalf).await
    }

    async fn remove(
        &self,
        handle: &Handle,
        record: Option<Record>,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        if self.lies("revoke") {
            return Ok(true);
        }
        let was_there = self.store.remove(handle, record, removal).await?;
        Ok(was_there && !self.lies("what a lost answer told"))
    }

    async fn revoke_all(&self, tag: UserTag, kept: Option<Position>) -> Result<u64, NotAllRevoked> {
        if self.lies("revoke all") {
            return Ok(1);
        }
        let count = self.store.revoke_all(tag, kept).await?;
        Ok(if self.lies("how many") { 0 } else { count })
    }

    async fn list(
        &self,
        tag: UserTag,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<PortalSession>, StoreError> {
        if self.lies("list") { Ok(Vec::new()) } else { self.store.list(tag, before, limit).await }
    }

    async fn forget(&self, tag: UserTag, digests: &[Digest]) -> Result<(), StoreError> {
        self.forgotten.lock().expect("nobody panics with it").push((tag, digests.len()));
        // It forbids that, which is no reason why it should not serve.
        Err(StoreError::Unavailable("NOPERM".into()))
    }

    async fn portals_of(&self, workspace: &str) -> Result<Vec<String>, StoreError> {
        if self.lies("portals") { Ok(Vec::new()) } else { self.store.portals_of(workspace).await }
    }

    async fn now_ms(&self) -> Result<u64, StoreError> {
        self.store.now_ms().await
    }

    async fn ready(&self) -> Result<Readiness, StoreError> {
        self.store.ready().await
    }
}

async fn tried(
    about: &'static str,
    history: Duration,
    expects_history: bool,
) -> Result<Option<String>, String> {
    let store = MemoryStore::new(Arc::new(SystemClock)).keeping(history);
    let store = Lying { store, about, forgotten: Mutex::default() };
    let outcome = walk(&store, "vst", expects_history).await;
    let forgotten = store.forgotten.lock().expect("nobody panics with it");
    assert!(matches!(forgotten[..], [(_, 4)]), "{about}: all of it is forgotten, once: {forgotten:?}");
    outcome
}

#[tokio::test]
async fn an_answer_is_believed_only_if_it_is_so() {
    let kept = Duration::from_secs(60);
    for (about, told) in [
        ("create", "create: "),
        ("exchange", "exchange: "),
        ("find", "exchange: "),
        ("list", "list: "),
        ("find by handle", "find by handle: "),
        ("revoke", "revoke: "),
        ("explain", "explain: "),
        ("open", "open: "),
        ("revoke all", "revoke all: "),
        ("portals", "portals (vst:portals:*): "),
        ("how many", "revoke all: the store answers as if all were well, but it counts 0 sessions"),
    ] {
        let failure = tried(about, kept, true).await.expect_err(about);
        assert!(failure.starts_with(told), "{about}: {failure}");
    }
    assert_eq!(tried("nothing", kept, true).await, Ok(None));
    let lost = tried("what a lost answer told", kept, true).await;
    assert_eq!(lost, Ok(None), "the repeat of a revocation does not find the session any more");
    assert_eq!(tried("nothing", Duration::ZERO, false).await, Ok(None));
    let warning = tried("nothing", Duration::ZERO, true).await.expect("it serves").expect("a warning");
    assert!(warning.contains("history"), "{warning}");
}
