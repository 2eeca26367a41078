//! One customer of the load: a backend that creates and opens sessions, and the browsers and apps that use them. What it
//! chooses follows from its seed; it repeats as good clients do.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use tokio::task::JoinSet;

use super::client::{Client, Manner};
use super::{Name, Outcome};

/// Sessions that clients still remember, to ask about them again.
const REMEMBERED: usize = 256;
pub const USERS: u32 = 40;
/// Tries of a call before its client gives up. Longer than any fault, at a gateway that answers at once.
const TRIES: usize = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// A session that was handed out.
#[derive(Clone, Debug)]
pub struct HandedOut {
    pub user: Name,
    pub handle: Name,
    pub token: Name,
    pub came_by: CameBy,
}

/// What was asked for it; whoever asks again later gets no second session.
#[derive(Clone, Debug)]
pub enum CameBy {
    Ticket(Name),
    Opening { key: Name, ttl_seconds: u64 },
}

/// What all customers of one load share.
#[derive(Default)]
pub struct Shared {
    pub is_over: AtomicBool,
    handed_out: Mutex<VecDeque<HandedOut>>,
}

impl Shared {
    pub fn remembered(&self) -> std::sync::MutexGuard<'_, VecDeque<HandedOut>> {
        self.handed_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, session: HandedOut) {
        let mut handed_out = self.remembered();
        if !handed_out.iter().rev().take(32).any(|other| other.token == session.token) {
            handed_out.push_back(session);
        }
        if handed_out.len() > REMEMBERED {
            handed_out.pop_front();
        }
    }
}

pub struct Customer {
    pub client: Client,
    pub gateways: usize,
    pub users: &'static str,
    pub shared: Arc<Shared>,
    pub choices: StdRng,
}

impl Customer {
    pub async fn act(&mut self) {
        match self.choices.random_range(0..100) {
            0..14 => self.sign_in().await,
            14..20 => self.open().await,
            20..80 => self.verify_one().await,
            80..86 => self.end_one().await,
            86..91 => self.revoke_one().await,
            91..92 => self.revoke_all_of_one().await,
            _ => self.ask_again_for_one().await,
        }
    }

    fn gateway(&mut self) -> usize {
        self.choices.random_range(0..self.gateways)
    }

    fn key(&mut self) -> Name {
        format!("key-{:032x}", self.choices.random::<u128>()).into()
    }

    /// A session, mostly one of the newest, and the gateway to ask about it.
    fn some_session(&mut self) -> Option<(HandedOut, usize)> {
        let gateway = self.gateway();
        let handed_out = self.shared.remembered();
        let newest = handed_out.len().min(16);
        let back = if self.choices.random_bool(0.5) { newest } else { handed_out.len() };
        if back == 0 {
            return None;
        }
        let session = handed_out.get(handed_out.len() - 1 - self.choices.random_range(0..back))?;
        Some((session.clone(), gateway))
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::SeqCst)
    }

    fn user(&mut self) -> Name {
        user_of(self.users, self.choices.random_range(0..USERS))
    }

    async fn sign_in(&mut self) {
        let user = self.user();
        let created = loop {
            let gateway = self.gateway();
            if let Outcome::Created { ticket, handle, .. } = self.client.create(gateway, &user).await {
                break (ticket, handle);
            }
            if self.is_over() {
                return;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        };
        let (ticket, handle) = created;
        // Each entry is a browser, or a tab of one, with the key that it uses.
        let one = Some(self.key());
        let attempts = match self.choices.random_range(0..10) {
            0..3 => vec![one],
            3..6 => vec![one.clone(), one.clone(), one],
            6..9 => vec![one.clone(), one, Some(self.key()), Some(self.key()), None],
            _ => vec![None],
        };
        let mut racing = JoinSet::new();
        for key in attempts {
            let attempt = Attempt::Exchange { ticket: ticket.clone(), key };
            let (client, shared) = (self.client.clone(), self.shared.clone());
            racing.spawn(attempt.until_answered(client, self.gateway(), self.gateways, shared));
        }
        while let Some(outcome) = racing.join_next().await {
            if let Some(Outcome::Exchanged { token, .. }) = outcome.expect("no panic") {
                let (user, handle, came_by) = (user.clone(), handle.clone(), CameBy::Ticket(ticket.clone()));
                self.shared.remember(HandedOut { user, handle, token, came_by });
            }
        }
    }

    /// As a good backend does: with one key for each session, sometimes twice at once, until it is answered.
    async fn open(&mut self) {
        let (user, key, ttl_seconds) = (self.user(), self.key(), self.client.ttl_seconds);
        let tries = if self.choices.random_bool(0.3) { 2 } else { 1 };
        let mut racing = JoinSet::new();
        for _ in 0..tries {
            let attempt = Attempt::Open { user: user.clone(), key: key.clone() };
            let (client, shared) = (self.client.clone(), self.shared.clone());
            racing.spawn(attempt.until_answered(client, self.gateway(), self.gateways, shared));
        }
        while let Some(outcome) = racing.join_next().await {
            if let Some(Outcome::Opened { token, handle, .. }) = outcome.expect("no panic") {
                let (user, came_by) = (user.clone(), CameBy::Opening { key: key.clone(), ttl_seconds });
                self.shared.remember(HandedOut { user, handle, token, came_by });
            }
        }
    }

    async fn verify_one(&mut self) {
        let manners = [Manner::GetSession, Manner::Authorize, Manner::Navigation];
        let manner = *manners.choose(&mut self.choices).expect("three");
        if let Some((session, gateway)) = self.some_session() {
            self.client.verify(gateway, &session.token, manner).await;
        }
    }

    async fn end_one(&mut self) {
        if let Some((session, gateway)) = self.some_session() {
            self.client.end(gateway, &session.token).await;
            self.expect_dead(&session).await;
        }
    }

    async fn revoke_one(&mut self) {
        if let Some((session, gateway)) = self.some_session() {
            self.client.revoke(gateway, &session.handle).await;
            self.expect_dead(&session).await;
        }
    }

    async fn revoke_all_of_one(&mut self) {
        if let Some((session, gateway)) = self.some_session() {
            self.client.revoke_all(gateway, &session.user).await;
            self.expect_dead(&session).await;
        }
    }

    /// Asks at every gateway; the checker judges the answers.
    async fn expect_dead(&mut self, session: &HandedOut) {
        for gateway in 0..self.gateways {
            self.client.verify(gateway, &session.token, Manner::Authorize).await;
        }
    }

    /// Somebody finds a used link; a backend repeats a request of before, perhaps after the session's end.
    async fn ask_again_for_one(&mut self) {
        let Some((session, gateway)) = self.some_session() else { return };
        match session.came_by {
            CameBy::Ticket(ticket) => {
                let key = self.key();
                self.client.exchange(gateway, &ticket, Some(&key)).await;
            }
            CameBy::Opening { key, ttl_seconds } => {
                self.client.ttl_seconds = ttl_seconds;
                self.client.open(gateway, &session.user, &key).await;
            }
        }
    }
}

pub fn user_of(users: &str, at: u32) -> Name {
    format!("{users}_{at}").into()
}

/// What a good client repeats with its own key, at whichever gateway, until it is answered.
enum Attempt {
    Exchange { ticket: Name, key: Option<Name> },
    Open { user: Name, key: Name },
}

impl Attempt {
    /// `None`: it gave up.
    async fn until_answered(
        self,
        client: Client,
        first_gateway: usize,
        gateways: usize,
        shared: Arc<Shared>,
    ) -> Option<Outcome> {
        for at in 0..TRIES {
            let gateway = (first_gateway + at) % gateways;
            let (outcome, is_repeatable) = match &self {
                Attempt::Exchange { ticket, key } => {
                    (client.exchange(gateway, ticket, key.as_ref()).await, key.is_some())
                }
                Attempt::Open { user, key } => (client.open(gateway, user, key).await, true),
            };
            if !outcome.has_failed() {
                return Some(outcome);
            }
            if !is_repeatable || shared.is_over.load(Ordering::SeqCst) {
                return None;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        None
    }
}
