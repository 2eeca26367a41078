//! The load: clients that create, open, exchange, verify, end and revoke at random, as many users and their retries
//! would. What each client chooses follows from the seed; what it meets follows from the others' timing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use tokio::task::JoinHandle;

use super::client::{Client, Journal, Manner};
use super::customer::{Customer, Shared, USERS, user_of};
use super::{Call, Event, Outcome};

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
    /// So many of the gateways, the first ones, know direct sessions.
    pub know_direct: Option<usize>,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            seed: 1,
            users: "user",
            clients: 8,
            pause: Duration::from_millis(2),
            ttls_seconds: [3_600, 3_600],
            know_direct: None,
        }
    }
}

pub struct Load {
    pub journal: Arc<Journal>,
    users: &'static str,
    know_direct: Option<usize>,
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub fn start(gateways: Vec<String>, plan: Plan) -> Self {
        let journal = Journal::new(gateways);
        let shared = Arc::<Shared>::default();
        let clients = (0..plan.clients).map(|number| {
            let mut one = Customer {
                client: Client::new(journal.clone()).that_opens_at(plan.know_direct),
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
        Load { journal, users: plan.users, know_direct: plan.know_direct, shared, clients }
    }

    /// Ends it, asks once more for every session that is remembered, and tells all that happened.
    pub async fn stop(self) -> Vec<Event> {
        self.shared.is_over.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.expect("no client panics");
        }
        let client = Client::new(self.journal.clone()).that_opens_at(self.know_direct);
        let handed_out = self.shared.remembered().clone();
        for (at, session) in handed_out.iter().enumerate() {
            client.verify(at % self.journal.gateways.len(), &session.token, Manner::GetSession).await;
        }
        // What lost replies have left behind, too.
        for at in 0..USERS {
            client.list(0, &user_of(self.users, at)).await;
        }
        self.journal.events()
    }
}

/// Verifications that were answered by a yes or a no.
pub fn verified(event: &Event) -> bool {
    matches!((&event.call, &event.outcome), (Call::Verify { .. }, Outcome::Live { .. } | Outcome::Refused))
}
