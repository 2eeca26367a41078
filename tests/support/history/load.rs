//! The load: clients that create, exchange, verify, end and revoke at random, as many users and their retries
//! would. What each client chooses follows from the seed; what it meets follows from the others' timing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tokio::task::{JoinHandle, JoinSet};

use super::client::{Client, Journal, Manner};
use super::{Call, Event, Name, Outcome};

/// Sessions that clients still remember, to ask about them again.
const REMEMBERED: usize = 256;
const USERS: u32 = 40;
/// Tries of a call before its client gives up. Longer than any fault, at a gateway that answers at once.
const TRIES: usize = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub seed: u64,
    /// How its users' names begin: of two loads at once, neither may revoke the other's sessions.
    pub users: &'static str,
    pub clients: u64,
    /// Between two actions of one client.
    pub pause: Duration,
    /// Of the created sessions; each session has one of them.
    pub ttls_seconds: [u64; 2],
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            seed: 1,
            users: "user",
            clients: 8,
            pause: Duration::from_millis(2),
            ttls_seconds: [3_600, 3_600],
        }
    }
}

/// A session that was handed out.
#[derive(Clone, Debug)]
pub struct HandedOut {
    pub user: Name,
    pub handle: Name,
    pub ticket: Name,
    pub token: Name,
}

pub struct Load {
    pub journal: Arc<Journal>,
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

struct Shared {
    is_over: AtomicBool,
    handed_out: Mutex<VecDeque<HandedOut>>,
}

impl Load {
    pub fn start(gateways: Vec<String>, plan: Plan) -> Self {
        let journal = Journal::new(gateways);
        let shared =
            Arc::new(Shared { is_over: AtomicBool::new(false), handed_out: Mutex::new(VecDeque::new()) });
        let clients = (0..plan.clients).map(|number| {
            let mut one = Customer {
                client: Client::new(journal.clone()),
                gateways: journal.gateways.len(),
                users: plan.users,
                shared: shared.clone(),
                choices: StdRng::seed_from_u64(plan.seed.wrapping_mul(1_000_003).wrapping_add(number)),
            };
            tokio::spawn(async move {
                while !one.shared.is_over.load(Ordering::SeqCst) {
                    one.client.ttl_seconds = *plan.ttls_seconds.choose(&mut one.choices).expect("two");
                    one.act().await;
                    tokio::time::sleep(plan.pause).await;
                }
            })
        });
        let clients = clients.collect();
        Load { journal, shared, clients }
    }

    /// Ends it, asks once more for every session that is remembered, and tells all that happened.
    pub async fn stop(self) -> Vec<Event> {
        self.shared.is_over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.expect("no client panics");
        }
        let client = Client::new(self.journal.clone());
        let handed_out = self.shared.remembered().clone();
        for (at, session) in handed_out.iter().enumerate() {
            client.verify(at % self.journal.gateways.len(), &session.token, Manner::GetSession).await;
        }
        self.journal.events()
    }
}

impl Shared {
    fn remembered(&self) -> std::sync::MutexGuard<'_, VecDeque<HandedOut>> {
        self.handed_out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Customer {
    client: Client,
    gateways: usize,
    users: &'static str,
    shared: Arc<Shared>,
    choices: StdRng,
}

impl Customer {
    async fn act(&mut self) {
        match self.choices.random_range(0..100) {
            0..20 => self.sign_in().await,
            20..80 => self.verify_one().await,
            80..86 => self.end_one().await,
            86..91 => self.revoke_one().await,
            91..92 => self.revoke_all_of_one().await,
            _ => self.try_a_spent_ticket().await,
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

    async fn sign_in(&mut self) {
        let user: Name = format!("{}_{}", self.users, self.choices.random_range(0..USERS)).into();
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
            let (client, ticket, first) = (self.client.clone(), ticket.clone(), self.gateway());
            let gateways = self.gateways;
            let shared = self.shared.clone();
            racing.spawn(
                async move { exchange(&client, &ticket, key.as_ref(), first, gateways, &shared).await },
            );
        }
        while let Some(token) = racing.join_next().await {
            if let Some(token) = token.expect("no panic") {
                let (user, handle, ticket) = (user.clone(), handle.clone(), ticket.clone());
                let mut handed_out = self.shared.remembered();
                if !handed_out.iter().rev().take(32).any(|session| session.token == token) {
                    handed_out.push_back(HandedOut { user, handle, ticket, token });
                }
                if handed_out.len() > REMEMBERED {
                    handed_out.pop_front();
                }
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

    /// Somebody finds a used link.
    async fn try_a_spent_ticket(&mut self) {
        if let Some((session, gateway)) = self.some_session() {
            let key = self.key();
            self.client.exchange(gateway, &session.ticket, Some(&key)).await;
        }
    }
}

/// As a good client does: repeats with its own key, at whichever gateway, until it is answered.
async fn exchange(
    client: &Client,
    ticket: &Name,
    key: Option<&Name>,
    first_gateway: usize,
    gateways: usize,
    shared: &Shared,
) -> Option<Name> {
    for at in 0..TRIES {
        let outcome = client.exchange((first_gateway + at) % gateways, ticket, key).await;
        if let Outcome::Exchanged { token, .. } = outcome {
            return Some(token);
        }
        if !outcome.has_failed() || key.is_none() || shared.is_over.load(Ordering::SeqCst) {
            return None;
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    None
}

/// Verifications that were answered by a yes or a no.
pub fn verified(event: &Event) -> bool {
    matches!((&event.call, &event.outcome), (Call::Verify { .. }, Outcome::Live { .. } | Outcome::Refused))
}
