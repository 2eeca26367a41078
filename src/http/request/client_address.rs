//! The address of the client behind trusted proxies.
//!
//! Owns: reading one header from the right, as far as it can be trusted. Anyone can send such a header, so it counts
//! only if the peer itself is a configured proxy. And only one is read: a client could fill another that the proxy
//! leaves alone.
//! Must not know: what the address is used for.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName};
use ipnet::IpNet;

use super::kept;
use crate::http::gateway::Gateway;

/// White space as HTTP defines it, not Unicode's.
const SPACE: [char; 2] = [' ', '\t'];

/// An address as the audit lines have it. (`Display` of an IPv4 address takes several times as long.)
pub fn text(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let mut text = String::with_capacity("255.255.255.255".len());
            for byte in address.octets() {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(itoa::Buffer::new().format(byte));
            }
            text
        }
        IpAddr::V6(address) => address.to_string(),
    }
}

/// The last address that is no trusted proxy. `None` without a peer, which never happens over TCP.
pub fn of(request: &HttpRequest, gateway: &Gateway) -> Option<IpAddr> {
    kept::client_address(request, || find(request, gateway))
}

fn find(request: &HttpRequest, gateway: &Gateway) -> Option<IpAddr> {
    let peer = canonical(request.peer_addr()?.ip());
    let Gateway { client_address_header, trusted_proxies, .. } = gateway;
    let client = behind_proxies(peer, request.headers(), client_address_header, trusted_proxies);
    if client == peer && request.headers().contains_key(client_address_header) {
        note_unheard(peer, gateway);
    }
    Some(client)
}

/// Most often a proxy that was left out of the configuration. All its clients would share one limit.
fn note_unheard(peer: IpAddr, gateway: &Gateway) {
    if gateway.trusted_proxies.iter().any(|network| network.contains(&peer)) {
        return;
    }
    gateway.metrics.http.client_address_ignored();
    if gateway.untrusted.is_news(peer) {
        tracing::warn!(
            peer = %peer,
            header = gateway.client_address_header.as_str(),
            "a peer that is not in server.trusted_proxies tells its client's address: it is not believed, and all clients \
             behind it share the limit of one. If it is your proxy, add it"
        );
    }
}

/// Whether the peer itself is a proxy that is believed.
pub fn is_from_trusted_proxy(request: &HttpRequest, gateway: &Gateway) -> bool {
    let peer = request.peer_addr().map(|peer| canonical(peer.ip()));
    peer.is_some_and(|peer| gateway.trusted_proxies.iter().any(|network| network.contains(&peer)))
}

/// The client, as far as `peer` and the proxies behind it are trusted.
pub fn behind_proxies(peer: IpAddr, headers: &HeaderMap, header: &HeaderName, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in hops(headers, header) {
        if !is_trusted(&client) {
            break;
        }
        // An unreadable hop hides who is behind it, so stop at the proxy that reported it.
        match hop {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

/// The addresses that proxies reported, the nearest first.
fn hops<'h>(headers: &'h HeaderMap, header: &HeaderName) -> impl Iterator<Item = Option<IpAddr>> + use<'h> {
    let lines: Vec<&[u8]> = headers.get_all(header).map(|value| value.as_bytes()).collect();
    let is_forwarded = header == FORWARDED;
    let read = move |element: &[u8]| {
        let element = std::str::from_utf8(element).ok()?.trim_matches(SPACE);
        if is_forwarded { forwarded_for(element) } else { parse(element) }
    };
    lines.into_iter().rev().flat_map(move |line| elements(line, is_forwarded).map(read))
}

/// The elements of a list, the last first. It is read from the right, so that nothing a client wrote on the left,
/// such as an unmatched quotation mark, changes the meaning of the proxy's part.
fn elements(line: &[u8], has_quotes: bool) -> impl Iterator<Item = &[u8]> {
    let mut is_quoted = false;
    line.rsplit(move |byte| {
        is_quoted ^= has_quotes && *byte == b'"';
        *byte == b',' && !is_quoted
    })
}

/// The address in `for=192.0.2.60;proto=http` (RFC 7239). There is none if two are given, or if it is hidden.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut is_quoted = false;
    let pairs = element.split(|character| {
        is_quoted ^= character == '"';
        character == ';' && !is_quoted
    });
    let mut named = pairs
        .filter_map(|pair| pair.trim_matches(SPACE).split_once('='))
        .filter(|(name, _)| name.eq_ignore_ascii_case("for"));
    let (_, value) = named.next()?;
    let unquoted = value.strip_prefix('"').map_or(Some(value), |rest| rest.strip_suffix('"'));
    if named.next().is_some() { None } else { unquoted.and_then(parse) }
}

/// With or without a port: `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`.
fn parse(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match bracketed {
        Some(address) => address.parse().map(IpAddr::V6).ok(),
        None => text.parse().ok().or_else(|| text.parse().ok().map(|address: SocketAddr| address.ip())),
    };
    address.map(canonical)
}

fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
#[path = "client_address_tests.rs"]
mod tests;
