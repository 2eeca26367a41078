//! By which name a server must prove itself whose address others tell.
//!
//! Owns: what a told name is worth. Against an authority of the operator's any name will do, because no stranger has a
//! certificate of it. The public authorities give everybody one, so there only what the operator named counts.
//! Must not know: connections.

use std::net::IpAddr;

use redis::ConnectionAddr;

use super::topology::Servers;

/// The hosts that the operator named, and whom certificates come from.
pub struct Names {
    seeds: Vec<String>,
    by_tls: bool,
    own_authority: bool,
}

/// The names of which a server's certificate must have one.
#[derive(Debug, PartialEq, Eq)]
pub enum Accepts<'a> {
    /// What it was told by.
    Told,
    /// The same, but any stranger may have such a certificate.
    AnybodyTold,
    /// Its address, or this name.
    ToldOr(&'a str),
    /// This name alone.
    Only(&'a str),
}

impl Names {
    pub fn of(servers: &Servers) -> Self {
        let seeds = servers.topology.seeds().into_iter().map(normal).collect();
        let by_tls = matches!(servers.topology.node().addr(), ConnectionAddr::TcpTls { .. });
        Names { seeds, by_tls, own_authority: servers.own_authority }
    }

    /// `told`: a host name or an address.
    pub fn accepts(&self, told: &str) -> Accepts<'_> {
        if !self.by_tls {
            return Accepts::Told;
        }
        let told = normal(told);
        let is_known = self.own_authority || self.seeds.contains(&told);
        // Many hosted services have one certificate for a name, and tell addresses.
        let seed = self.seeds.iter().find(|seed| !is_address(seed)).filter(|_| is_address(&told));
        match seed {
            Some(seed) if is_known => Accepts::ToldOr(seed),
            Some(seed) => Accepts::Only(seed),
            None if is_known || self.seeds.iter().any(|seed| is_beside(&told, seed)) => Accepts::Told,
            None => Accepts::AnybodyTold,
        }
    }
}

fn normal(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn is_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

/// Whether they share all but the first label of the seed. What is left must have two: all of `com` is nobody's domain.
fn is_beside(told: &str, seed: &str) -> bool {
    let domain = seed.split_once('.').map(|(_, domain)| domain).filter(|domain| domain.contains('.'));
    let domain = domain.unwrap_or(seed);
    let host = told.strip_suffix(domain);
    !is_address(seed) && host.is_some_and(|host| host.is_empty() || host.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(seeds: &[&str], own_authority: bool) -> Names {
        Names { seeds: seeds.iter().map(|seed| normal(seed)).collect(), by_tls: true, own_authority }
    }

    #[test]
    fn by_a_public_certificate_only_a_server_that_the_operator_named_or_one_beside_it_is_believed() {
        let seeds = ["a.redis.example.com", "10.0.0.1"];
        for (told, expected) in [
            ("a.redis.example.com", Accepts::Told),
            ("B.Redis.Example.com.", Accepts::Told),
            ("x.b.redis.example.com", Accepts::Told),
            ("redis.example.com", Accepts::Told),
            ("example.com", Accepts::AnybodyTold),
            ("evil-redis.example.com", Accepts::AnybodyTold),
            ("redis.example.com.evil.net", Accepts::AnybodyTold),
            ("10.0.0.1", Accepts::ToldOr("a.redis.example.com")),
            ("203.0.113.7", Accepts::Only("a.redis.example.com")),
            ("2001:db8::1", Accepts::Only("a.redis.example.com")),
        ] {
            assert_eq!(names(&seeds, false).accepts(told), expected, "{told}");
        }
        for (seed, told, expected) in [
            ("example.com", "redis.example.com", Accepts::Told),
            ("example.com", "other.com", Accepts::AnybodyTold),
            ("localhost", "redis.localhost", Accepts::Told),
            ("redis-0", "redis-1", Accepts::AnybodyTold),
            ("10.0.0.1", "10.0.0.1", Accepts::Told),
            ("10.0.0.1", "10.0.0.2", Accepts::AnybodyTold),
            ("10.0.0.1", "x.0.0.1", Accepts::AnybodyTold),
        ] {
            assert_eq!(names(&[seed], false).accepts(told), expected, "{seed} tells {told}");
        }
    }

    #[test]
    fn by_a_certificate_of_the_operators_own_authority_every_server_is_believed() {
        for (seed, told, expected) in [
            ("a.example.com", "b.example.net", Accepts::Told),
            ("a.example.com", "203.0.113.7", Accepts::ToldOr("a.example.com")),
            ("10.0.0.1", "203.0.113.7", Accepts::Told),
        ] {
            assert_eq!(names(&[seed], true).accepts(told), expected, "{seed} tells {told}");
        }
    }

    #[test]
    fn without_tls_no_name_is_worth_anything() {
        let names = Names { by_tls: false, ..names(&["a.example.com"], false) };
        assert_eq!(names.accepts("b.example.net"), Accepts::Told);
        assert_eq!(names.accepts("203.0.113.7"), Accepts::Told);
    }
}
