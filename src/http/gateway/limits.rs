//! Rate limits: refused exchanges and logouts that find nothing per client address, creations per root key (API.md sections 2 and 14).
//!
//! Owns: the budgets and buckets, and how long a client has to wait when its own is used up. An IPv6 client is
//! counted by its /64, which belongs to one subscriber.
//! Must not know: what is limited.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::guesses::{Guess, Guesses};
use crate::domain::error::Error;
use crate::domain::root_key::RootKeyEntry;
use crate::domain::user_tag::UserTag;

type Buckets<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, NoOpMiddleware>;

/// The limits, by their keys in the configuration. That of logouts has none of its own, and a name, so that people who cannot
/// sign out are told apart from guesses.
pub const LIMITS: [&str; 3] = [EXCHANGE, LOGOUT, CREATE];
const EXCHANGE: &str = "exchange_per_minute";
const LOGOUT: &str = "logout";
const CREATE: &str = "create_per_minute";

/// A limit was reached, and nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// One of [`LIMITS`].
    pub limit: &'static str,
    /// Whose calls were counted together: a client's address or network, a user, or the id of a root key. For the operator.
    pub counted: String,
    /// The limit.
    pub per_minute: u32,
    /// The time until the next call passes.
    pub wait_seconds: u64,
}

/// The limits of one gateway process.
pub struct Limits {
    /// None is switched off.
    exchange: Option<(Guesses<IpAddr>, NonZeroU32)>,
    /// As many a minute, and apart: nobody is kept from signing in because others sign out.
    logout: Option<(Buckets<Whose>, NonZeroU32)>,
    create: Option<(Buckets<[u8; 32]>, NonZeroU32)>,
}

/// Whose logouts count together.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Client(IpAddr),
    User(UserTag),
}

/// An exchange that the limit let through, or that none was for.
pub struct Attempt(Option<Guess>);

impl Attempt {
    /// Tells how it ended. Only a refusal costs anything; an outage says nothing about the session ID.
    pub fn end(self, error: Option<&Error>) {
        if let Some(guess) = self.0.filter(|_| error.is_some_and(|error| error.refusal.is_some())) {
            guess.spend();
        }
    }
}

impl Limits {
    /// A whole minute's worth may come at once. Then it refills evenly. 0 switches a limit off.
    pub fn new(exchange_per_minute: u32, create_per_minute: u32) -> Self {
        let exchange = NonZeroU32::new(exchange_per_minute);
        let create = NonZeroU32::new(create_per_minute);
        Limits {
            exchange: exchange.map(|limit| (Guesses::new(limit), limit)),
            logout: exchange.map(|limit| (RateLimiter::keyed(Quota::per_minute(limit)), limit)),
            create: create.map(|limit| (RateLimiter::keyed(Quota::per_minute(limit)), limit)),
        }
    }

    /// Admits an exchange from this address. To be called before the store is asked.
    pub async fn begin_exchange(&self, client: Option<IpAddr>) -> Result<Attempt, Exceeded> {
        let Some((guesses, per_minute)) = &self.exchange else { return Ok(Attempt(None)) };
        let Some(subscriber) = client.map(subscriber) else { return Ok(Attempt(None)) };
        let taken = guesses.take(&subscriber).await;
        let wait = |wait| exceeded(EXCHANGE, named(subscriber), *per_minute, wait);
        taken.map(|guess| Attempt(Some(guess))).map_err(wait)
    }

    /// Admits a logout from this address that finds no session, before the store makes sure of that. Each counts, for each
    /// costs the store the same: also one that ends in an outage, or a replica that hangs would lift the limit. Whoever repeats
    /// a logout whose session the store still knows is counted by their user: others at the same address keep nobody from it.
    pub fn check_logout(&self, client: Option<IpAddr>, known: Option<UserTag>) -> Result<(), Exceeded> {
        let Some((buckets, per_minute)) = &self.logout else { return Ok(()) };
        let whose = known.map(Whose::User).or_else(|| client.map(|client| Whose::Client(subscriber(client))));
        let Some(whose) = whose else { return Ok(()) };
        let counted = || match whose {
            Whose::Client(subscriber) => named(subscriber),
            Whose::User(tag) => format!("one user, whose handles begin with sess_{}", tag.as_str()),
        };
        let now = || DefaultClock::default().now();
        let checked = buckets.check_key(&whose);
        checked.map_err(|until| exceeded(LOGOUT, counted(), *per_minute, until.wait_time_from(now())))
    }

    /// Admits a creation with this root key.
    pub fn check_create(&self, key: &RootKeyEntry) -> Result<(), Exceeded> {
        let Some((buckets, per_minute)) = &self.create else { return Ok(()) };
        let checked = buckets.check_key(key.digest.as_bytes());
        let now = || DefaultClock::default().now();
        checked.map_err(|until| exceeded(CREATE, key.id.clone(), *per_minute, until.wait_time_from(now())))
    }

    /// Forgets clients whose bucket is full again. Calling it now and then bounds the memory.
    pub fn forget_idle(&self) {
        if let Some((guesses, _)) = &self.exchange {
            guesses.forget_idle();
        }
        if let Some((buckets, _)) = &self.logout {
            buckets.retain_recent();
        }
        if let Some((buckets, _)) = &self.create {
            buckets.retain_recent();
        }
    }
}

/// Who has this address: an IPv6 subscriber has a whole /64.
fn subscriber(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

/// For the operator.
fn named(subscriber: IpAddr) -> String {
    match subscriber {
        IpAddr::V4(_) => subscriber.to_string(),
        IpAddr::V6(_) => format!("{subscriber}/64"),
    }
}

fn exceeded(limit: &'static str, counted: String, per_minute: NonZeroU32, wait: Duration) -> Exceeded {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Exceeded { limit, counted, per_minute: per_minute.get(), wait_seconds: seconds.max(1) }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::domain::error::{Code, Refusal};

    #[tokio::test]
    async fn addresses_have_budgets_of_their_own_and_an_ipv6_subscriber_has_one() {
        let limits = Limits::new(2, 1);
        let refused = Error::refused(Code::PortalSessionNotFound, Refusal::Unknown, None);
        let v4 = |last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last));
        let v6 = |text: &str| text.parse::<IpAddr>().expect("an address");
        for (client, passes) in [
            (v4(1), true),
            (v4(1), true),
            (v4(1), false),
            (v4(2), true),
            (v6("2001:db8:0:1::1"), true),
            (v6("2001:db8:0:1:ffff::2"), true),
            (v6("2001:db8:0:1:2:3:4:5"), false),
            (v6("2001:db8:0:2::1"), true),
        ] {
            let attempt = limits.begin_exchange(Some(client)).await;
            assert_eq!(attempt.is_ok(), passes, "{client}");
            if let Ok(attempt) = attempt {
                attempt.end(Some(&refused));
            }
        }
    }

    #[tokio::test]
    async fn a_limit_of_0_is_none() {
        let limits = Limits::new(0, 0);
        let refused = Error::refused(Code::PortalSessionNotFound, Refusal::Unknown, None);
        for _ in 0..100 {
            let attempt = limits.begin_exchange(Some(IpAddr::V4(Ipv4Addr::LOCALHOST))).await;
            attempt.expect("there is no limit").end(Some(&refused));
        }
        limits.forget_idle();
    }

    #[tokio::test]
    async fn only_refusals_cost_anything() {
        let limits = Limits::new(1, 1);
        let client = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        for error in [None, Some(Error::new(Code::ServiceUnavailable)), Some(Error::invalid(Vec::new()))] {
            limits.begin_exchange(client).await.expect("nothing is spent").end(error.as_ref());
        }
    }
}
