//! The address of the client behind trusted proxies.
//!
//! Owns: reading `X-Forwarded-For` and `Forwarded` (RFC 7239), from the right, as far as they can be trusted.
//! Must not know: what the address is used for. Anyone can send these headers: they count only when the
//! peer itself is a configured proxy.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// The last address that is no trusted proxy; `None` without a peer (never over TCP).
pub fn of(request: &HttpRequest, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = canonical(request.peer_addr()?.ip());
    Some(behind_proxies(peer, request.headers(), trusted))
}

/// The client, as far as `peer` and the proxies behind it are trusted.
pub fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in hops(headers).iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        // An unreadable hop hides who is behind it: stop at the proxy that reported it.
        match hop {
            Some(address) => client = *address,
            None => break,
        }
    }
    client
}

/// The addresses that proxies reported, the nearest last. `X-Forwarded-For` where there is one, as every
/// proxy writes it; else `Forwarded`.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = |name| headers.get_all(name).filter_map(|value| value.to_str().ok());
    let elements = |value: &'_ str| value.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
    let x_forwarded_for: Vec<_> = values(X_FORWARDED_FOR).flat_map(elements).collect();
    if !x_forwarded_for.is_empty() {
        return x_forwarded_for.iter().map(|text| parse(text)).collect();
    }
    let forwarded = values(FORWARDED).flat_map(elements);
    forwarded
        .map(|element| element.split(';').find_map(forwarded_for).and_then(|text| parse(&text)))
        .collect()
}

fn forwarded_for(pair: &str) -> Option<String> {
    let (name, value) = pair.trim().split_once('=')?;
    name.trim().eq_ignore_ascii_case("for").then(|| value.trim().trim_matches('"').to_owned())
}

/// With or without a port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]:443`.
fn parse(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(address, _)| address);
    let address = bracketed.unwrap_or(text);
    let without_port = address.rsplit_once(':').map(|(address, _)| address);
    let parsed = address.parse().ok().or_else(|| without_port.and_then(|address| address.parse().ok()));
    parsed.map(canonical)
}

fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_last_untrusted_address_counts() {
        type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str);
        let table: &[Row] = &[
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &[("x-forwarded-for", "198.51.100.1")], "203.0.113.9"),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "198.51.100.1")],
                "198.51.100.1",
            ),
            ("10.0.0.1", &[("x-forwarded-for", "10.0.0.2, 10.0.0.3")], "10.0.0.2"),
            ("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, garbage")], "10.0.0.1"),
            ("10.0.0.1", &[("x-forwarded-for", "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:443")], "2001:db8::1"),
            ("10.0.0.1", &[("x-forwarded-for", "2001:db8::1")], "2001:db8::1"),
            ("10.0.0.1", &[("forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43")], "192.0.2.60"),
            (
                "10.0.0.1",
                &[("forwarded", "for=6.6.6.6, For=\"[2001:db8:cafe::17]:4711\"")],
                "2001:db8:cafe::17",
            ),
            ("10.0.0.1", &[("forwarded", "for=unknown")], "10.0.0.1"),
            ("::ffff:10.0.0.1", &[("x-forwarded-for", "::ffff:198.51.100.1")], "198.51.100.1"),
        ];
        let trusted = ["10.0.0.0/8".parse().expect("a network")];
        for (peer, pairs, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in *pairs {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                headers.append(name, HeaderValue::from_str(value).expect("a value"));
            }
            let peer = canonical(peer.parse().expect("an address"));
            let found = behind_proxies(peer, &headers, &trusted);
            assert_eq!(found.to_string(), *expected, "{peer} {pairs:?}");
        }
    }
}
