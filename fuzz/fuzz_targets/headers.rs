//! The readers of request headers: only cookies of the exact name are read, to the letter; a hint sends nobody
//! outside the return URLs; an untrusted peer's word about addresses does not count. One header a line.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use actix_http::header::{
    ACCEPT, AUTHORIZATION, COOKIE, FORWARDED, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR,
};
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;
use vestibule::config::Settings;
use vestibule::domain::catalog::Catalog;
use vestibule::domain::credential::BrowserToken;
use vestibule::domain::presented::{Presented, Reader};
use vestibule::http::fuzzing::{accepts, bearer, behind_proxies, sent, session_cookie_name};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let settings = Settings::from_layers(include_str!("../portals.toml"), std::iter::empty());
    settings.expect("the configuration is valid").catalog
});
static TRUSTED: LazyLock<Vec<IpNet>> = LazyLock::new(|| vec!["10.0.0.0/8".parse().expect("a network")]);
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
static NAMES: [HeaderName; 5] = [COOKIE, AUTHORIZATION, ACCEPT, X_FORWARDED_FOR, FORWARDED];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|&byte| byte == b'\n') {
        let Some((which, value)) = line.split_first() else { continue };
        // The first character says which header; without one of ours it is a cookie, the most varied of them.
        let name = NAMES.get(usize::from(which.wrapping_sub(b'0')));
        let (name, value) = name.map_or((COOKIE, line), |name| (name.clone(), value));
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(name, value);
        }
    }
    cookies(&headers);
    homes(&headers);
    for header in [X_FORWARDED_FOR, FORWARDED] {
        assert_eq!(behind_proxies(STRANGER, &headers, &header, &TRUSTED), STRANGER);
        behind_proxies(PEER, &headers, &header, &TRUSTED);
    }
    for media_type in ["text/html", "application/json"] {
        let named = headers.get_all(ACCEPT).any(|value| contains(value.as_bytes(), media_type));
        assert!(named || !accepts(&headers, media_type));
    }
    for value in headers.get_all(AUTHORIZATION).filter_map(|value| value.to_str().ok()) {
        if let Some(token) = bearer(value) {
            assert!(value.ends_with(token) || value.trim_end().ends_with(token));
            assert!(value[..6].eq_ignore_ascii_case("bearer"));
            let _ = BrowserToken::parse(token);
        }
    }
});

fn contains(value: &[u8], media_type: &str) -> bool {
    String::from_utf8_lossy(value).to_ascii_lowercase().contains(media_type)
}

/// Every pair of every cookie header, read as RFC 6265 section 5.4 writes them.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.get_all(COOKIE).flat_map(|line| line.as_bytes().split(|&byte| byte == b';'));
    let texts = pairs.filter_map(|pair| std::str::from_utf8(pair).ok());
    let split = texts.filter_map(|pair| pair.split_once('='));
    let trim = |text: &str| text.trim_matches([' ', '\t']).to_owned();
    split.map(|(name, value)| (trim(name), trim(value))).collect()
}

fn cookies(headers: &HeaderMap) {
    let pairs = pairs(headers);
    let found = sent(headers, &CATALOG).sessions;
    for (portal, texts) in &found {
        let named = pairs.iter().filter(|(name, _)| *name == session_cookie_name(portal));
        let values: Vec<_> = named.map(|(_, value)| value.as_str()).collect();
        let texts: Vec<_> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
        assert!(
            texts.iter().all(|text| values.contains(text)),
            "only what has exactly this name, to the letter"
        );
        assert_eq!(found.iter().filter(|(other, _)| other.slug == portal.slug).count(), 1);
    }
    for slug in [None, Some("my-portal"), Some("nobody")] {
        for reader in [Reader::Page, Reader::Proxy] {
            let asked = (slug, Some("https://portal.example.com"));
            if let Ok(Some((portal, _))) = reader.choose_cookie(found.clone(), asked, &CATALOG) {
                assert!(slug.is_none_or(|slug| portal.slug == slug));
            }
        }
    }
}

fn homes(headers: &HeaderMap) {
    let hint = sent(headers, &CATALOG).hint;
    for slug in [None, Some("my-portal"), Some("deep-portal"), Some("no-return")] {
        let presented =
            Presented { slug: slug.map(str::to_owned), hint: hint.clone(), ..Presented::default() };
        let Some(home) = presented.home(&CATALOG).url else { continue };
        let named = slug.or(hint.as_ref().map(|hint| hint.slug.as_str()));
        let portal = named.and_then(|slug| CATALOG.portal(slug)).expect("a home is a portal's");
        let own = portal
            .return_url
            .as_ref()
            .is_some_and(|url| url[..url::Position::AfterPath] == home[..url::Position::AfterPath]);
        assert!(own || portal.allows_return_to(&home), "{home}");
        assert!(HeaderValue::from_str(home.as_str()).is_ok(), "{home} fits into a header");
    }
}
