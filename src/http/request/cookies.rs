//! The cookies that a browser sends: portal sessions, the hint, where it wanted to go, and two for the gateway's own
//! pages.
//!
//! Owns: the names of all cookies, and reading them. The mode determines prefix, `Secure` and `Domain` together, so
//! that an insecure combination cannot be expressed.
//! Must not know: how a cookie is set (`answer::cookies`), or whether its value is valid.

use std::sync::Arc;

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::{memchr, memchr_iter};
use smallvec::SmallVec;

use crate::domain::candidates::{Candidates, different, in_cookie};
use crate::domain::catalog::Catalog;
use crate::domain::landing_pass::LandingPass;
use crate::domain::portal::Portal;
use crate::domain::presented::Hint;
use crate::domain::return_url::parse_http_url;

const HOST_PREFIX: &str = "__Host-";
/// Of the hint.
pub const HINT_NAME: &str = "portal_hint";
/// Of the landing pass, without its prefix.
pub const PASS_NAME: &str = "portal_landing";
/// Of the count of bounces, without its prefix.
pub const BOUNCES_NAME: &str = "portal_bounces";

/// Of where a browser wanted to go, without its prefix; the slug follows.
pub const RESUME_PREFIX: &str = "portal_resume_";

/// How a portal's cookies are bound to their host.
pub enum Mode<'a> {
    /// https, this host only. The prefix makes the browser enforce it.
    Host,
    /// https, shared with the hosts of a domain.
    Domain(&'a str),
    /// http on localhost, for trying things out: Safari drops `Secure` cookies there.
    Loopback,
}

impl<'a> Mode<'a> {
    /// Determined by the address at which browsers reach the gateway for this portal.
    pub fn of(portal: &'a Portal) -> Self {
        match (portal.public_url.scheme(), &portal.cookie.domain) {
            ("https", None) => Mode::Host,
            ("https", Some(domain)) => Mode::Domain(domain),
            // The configuration allows plain http only on loopback.
            (_, None | Some(_)) => Mode::Loopback,
        }
    }

    /// The prefix of cookie names.
    pub fn prefix(&self) -> &'static str {
        match self {
            Mode::Host => HOST_PREFIX,
            Mode::Domain(_) | Mode::Loopback => "",
        }
    }
}

/// The full name of a portal's session cookie.
pub fn session_cookie_name(portal: &Portal) -> String {
    full_name(&Mode::of(portal), &portal.cookie.name)
}

/// The full name of the cookie in which a browser keeps where it wanted to go in a portal.
pub fn resume_cookie_name(portal: &Portal) -> String {
    full_name(&Mode::of(portal), &[RESUME_PREFIX, &portal.slug].concat())
}

/// With the prefix that the mode gives it.
pub fn full_name(mode: &Mode<'_>, name: &str) -> String {
    [mode.prefix(), name].concat()
}

/// The name of a cookie that no other host needs.
pub fn own_mode(portal: &Portal) -> Mode<'_> {
    match Mode::of(portal) {
        Mode::Host | Mode::Domain(_) => Mode::Host,
        Mode::Loopback => Mode::Loopback,
    }
}

/// The values of one name, in the order in which they were sent; nearly always one.
pub type Texts<'h> = SmallVec<[&'h str; 1]>;

/// The cookies of a request that are about sessions.
#[derive(Default)]
pub struct Sent<'h> {
    /// The values for each portal, by its slug.
    pub sessions: SmallVec<[(Arc<Portal>, Texts<'h>); 1]>,
    /// Anyone can forge it, so it is checked against the catalog where it is used.
    pub hint: Option<Hint>,
}

/// Reads them in one pass. Only the exact name of a session's cookie counts: a sibling host could plant one without the
/// prefix.
pub fn sent<'h>(headers: &'h HeaderMap, catalog: &Catalog) -> Sent<'h> {
    let mut hint_sent = None;
    let mut values: SmallVec<[(Arc<Portal>, &str); 1]> = SmallVec::new();
    for (name, value) in all(headers) {
        if name == HINT_NAME {
            hint_sent = hint_sent.or_else(|| Some(hint(value)));
            continue;
        }
        let (prefix, bare) = match name.strip_prefix(HOST_PREFIX) {
            Some(bare) => (HOST_PREFIX, bare),
            None => ("", name),
        };
        let portal = catalog.portal_of_cookie(bare).filter(|portal| Mode::of(portal).prefix() == prefix);
        values.extend(portal.map(|portal| (portal.clone(), value)));
    }
    Sent { sessions: grouped(values, |portal| &portal.slug), hint: hint_sent }
}

/// The values of each, by its key; those of one in their order. Anybody can send thousands of both, so not every one is
/// compared with every other.
fn grouped<'h, T, K: Ord + ?Sized>(
    mut values: SmallVec<[(T, &'h str); 1]>,
    key: impl Fn(&T) -> &K,
) -> SmallVec<[(T, Texts<'h>); 1]> {
    values.sort_by(|(one, _), (other, _)| key(one).cmp(key(other)));
    let mut groups: SmallVec<[(T, Texts<'h>); 1]> = SmallVec::new();
    for (of, value) in values {
        match groups.last_mut().filter(|(last, _)| key(last) == key(&of)) {
            Some((_, texts)) => texts.push(value),
            None => groups.push((of, Texts::from([value]))),
        }
    }
    groups
}

/// The values that may be this portal's session.
pub fn read_candidates(portal: &Portal, texts: &[&str]) -> Candidates {
    in_cookie(texts, matches!(Mode::of(portal), Mode::Host))
}

fn hint(value: &str) -> Hint {
    let (slug, url) = match value.split_once('.') {
        Some((slug, url)) => (slug, Some(url)),
        None => (value, None),
    };
    let decode = |text: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    let return_url = url.and_then(decode).and_then(|text| parse_http_url(&text).ok());
    Hint { slug: slug.to_owned(), return_url }
}

/// The landing pass in a request. Only the exact name counts: a sibling host could plant one without the prefix, and
/// know its nonce. If there are two different ones, neither counts.
pub fn sent_pass(headers: &HeaderMap, portal: &Portal) -> Option<LandingPass> {
    let name = full_name(&own_mode(portal), PASS_NAME);
    match sent_values(headers, &name).as_slice() {
        [one] => LandingPass::parse(one).ok(),
        [] | [_, _, ..] => None,
    }
}

/// Where the browser wanted to go in this portal: [`sent_values`], unchecked.
pub fn sent_resume<'a>(headers: &'a HeaderMap, portal: &Portal) -> Vec<&'a str> {
    if !headers.contains_key(COOKIE) {
        return Vec::new();
    }
    sent_values(headers, &resume_cookie_name(portal))
}

/// The count of bounces in a request, unchecked. Planting one gains nothing but a page in place of a redirect.
pub fn sent_bounces(headers: &HeaderMap) -> Option<String> {
    let prefixed = format!("{HOST_PREFIX}{BOUNCES_NAME}");
    let find = |name: &str| all(headers).find(|(sent, _)| *sent == name);
    find(&prefixed).or_else(|| find(BOUNCES_NAME)).map(|(_, value)| value.to_owned())
}

/// The value in a request under this name, and another one if they differ: then neither counts, and a third tells nothing.
pub fn sent_values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    different(all(headers).filter(|(sent, _)| *sent == name).map(|(_, value)| value), 2)
}

/// Every pair of name and value. A cookie library would trim Unicode white space from names: then a sibling host
/// could set a cookie named U+2000 followed by `__Host-…`, which to the browser has no prefix.
fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).map(HeaderValue::as_bytes);
    // Pair by pair, so that a cookie that is not ASCII, or no text at all, does not hide the session beside it.
    lines.flat_map(pairs).filter_map(|pair| {
        let equals = memchr(b'=', pair)?;
        let name = std::str::from_utf8(trim(&pair[..equals])).ok()?;
        // An invalid text counts as a value too: there may be another under the same name.
        let value = std::str::from_utf8(trim(&pair[equals + 1..])).unwrap_or_default();
        Some((name, value))
    })
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr_iter(b';', line).chain([line.len()]);
    ends.scan(0, |start, end| Some(&line[std::mem::replace(start, end + 1)..end]))
}

/// Trims exactly what RFC 6265 section 5.2 trims.
fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;

    use super::*;

    #[derive(Eq)]
    struct Counted<'c>(usize, &'c Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other) == Ordering::Equal
        }
    }

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    #[test]
    fn cookies_of_thousands_of_portals_are_not_compared_pairwise() {
        const PORTALS: usize = 2_048;
        let compared = Cell::new(0);
        // 1,021 has no factor in common with the count, so each comes once in every round, far from its neighbours.
        let sent = (0..2 * PORTALS).map(|at| (at * 1_021) % PORTALS);
        let values = sent
            .enumerate()
            .map(|(at, portal)| (Counted(portal, &compared), if at < PORTALS { "first" } else { "second" }));
        let groups = grouped(values.collect(), |portal| portal);
        assert_eq!(groups.len(), PORTALS);
        for (at, (portal, texts)) in groups.iter().enumerate() {
            assert_eq!((portal.0, texts.as_slice()), (at, ["first", "second"].as_slice()));
        }
        assert!(compared.get() < 100 * PORTALS, "{} comparisons", compared.get());
    }
}
