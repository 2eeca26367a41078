//! Rate limits: exchanges per client address, creations per root key (API.md section 2).
//!
//! Owns: the buckets, and how long whoever has used his up must wait.
//! Must not know: what is limited. An IPv6 client counts by its /64, all of which is one subscriber's.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::domain::catalog::RootKeyEntry;

type Buckets<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, NoOpMiddleware>;

/// A limit is reached; nothing has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit.
    pub per_minute: u32,
    /// Until the next call passes.
    pub wait_seconds: u64,
}

/// The limits of one gateway process.
pub struct Limits {
    exchange: Buckets<IpAddr>,
    exchange_per_minute: NonZeroU32,
    create: Buckets<[u8; 32]>,
    create_per_minute: NonZeroU32,
}

impl Limits {
    /// A whole minute's worth may come at once; then they refill evenly.
    pub fn new(exchange_per_minute: u32, create_per_minute: u32) -> Self {
        let exchange_per_minute = NonZeroU32::new(exchange_per_minute).unwrap_or(NonZeroU32::MIN);
        let create_per_minute = NonZeroU32::new(create_per_minute).unwrap_or(NonZeroU32::MIN);
        Limits {
            exchange: RateLimiter::keyed(Quota::per_minute(exchange_per_minute)),
            exchange_per_minute,
            create: RateLimiter::keyed(Quota::per_minute(create_per_minute)),
            create_per_minute,
        }
    }

    /// One more exchange from this address.
    pub fn check_exchange(&self, client: IpAddr) -> Result<(), Exceeded> {
        let subscriber = match client {
            IpAddr::V4(_) => client,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        };
        check(&self.exchange, &subscriber, self.exchange_per_minute)
    }

    /// One more creation with this root key.
    pub fn check_create(&self, key: &RootKeyEntry) -> Result<(), Exceeded> {
        check(&self.create, key.digest.as_bytes(), self.create_per_minute)
    }

    /// Forgets whoever has a full bucket again; called now and then, it bounds the memory.
    pub fn forget_idle(&self) {
        self.exchange.retain_recent();
        self.exchange.shrink_to_fit();
        self.create.retain_recent();
    }
}

fn check<K: std::hash::Hash + Eq + Clone>(
    buckets: &Buckets<K>,
    key: &K,
    per_minute: NonZeroU32,
) -> Result<(), Exceeded> {
    let Err(until) = buckets.check_key(key) else {
        return Ok(());
    };
    let wait = until.wait_time_from(DefaultClock::default().now());
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Err(Exceeded { per_minute: per_minute.get(), wait_seconds: seconds })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn addresses_have_buckets_of_their_own_and_an_ipv6_subscriber_has_one() {
        let limits = Limits::new(2, 1);
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
            assert_eq!(limits.check_exchange(client).is_ok(), passes, "{client}");
        }
    }

    /// With 6,000 a minute a bucket is full again, and so forgotten, after 10 ms.
    #[test]
    fn a_million_addresses_are_not_remembered() {
        let limits = Limits::new(6_000, 1);
        let mut most = 0;
        for address in 0..1_000_000 {
            assert!(limits.check_exchange(IpAddr::V4(Ipv4Addr::from_bits(address))).is_ok());
            if address % 100_000 == 99_999 {
                limits.forget_idle();
                most = most.max(limits.exchange.len());
            }
        }
        assert!(most < 100_000, "{most} addresses were remembered at once");
    }
}
