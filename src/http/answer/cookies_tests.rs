//! The cookies byte for byte: a missing attribute is a security fault, one too many loses the session.

use actix_web::http::header::{COOKIE, HeaderMap};

use super::*;
use crate::domain::appearance::Appearance;
use crate::domain::catalog::Catalog;
use crate::domain::environment::Environment;
use crate::domain::policy::SessionPolicy;
use crate::domain::portal::{self, CookieSettings};
use crate::domain::presented::Hint;
use crate::domain::return_url::parse_http_url;
use crate::domain::session::tests::session;
use crate::domain::signed_token::TokenSettings;
use crate::domain::user_tag::{UserRef, UserTagger};
use crate::http::request::cookies::sent;

fn portal(public_url: &str) -> Portal {
    let url = |text| parse_http_url(text).expect("a valid URL");
    Portal {
        workspace: "acme".into(),
        slug: "my-portal".into(),
        url: url("https://portal.example.com/"),
        test_url: None,
        session_parameter: "session".into(),
        return_url: None,
        return_urls: Vec::new(),
        allowed_origins: Vec::new(),
        public_url: url(public_url),
        ticket_ttl_ms: 900_000,
        policy: SessionPolicy::default(),
        landing: portal::Landing::Portal,
        appearance: Appearance::default(),
        enabled: true,
        clear_site_data: false,
        resume: true,
        cookie: CookieSettings {
            name: "portal_session_my-portal".into(),
            same_site: portal::SameSite::Lax,
            partitioned: false,
            domain: None,
        },
        direct: false,
        tokens: TokenSettings { ttl_seconds: 300, audience: None },
    }
}

fn token() -> BrowserToken {
    let user = UserRef {
        workspace: "acme",
        environment: Environment::Live,
        slug: "my-portal",
        external_id: "user_123",
    };
    BrowserToken::mint(Environment::Live, UserTagger::new(&"s".into(), &[]).tag(&user))
}

fn begun(portal: &Portal, token: &BrowserToken) -> [String; 2] {
    begin(portal, &session(Some(1_000), 86_401_000), token).map(|cookie| cookie.0)
}

#[test]
fn on_https_the_prefix_binds_the_cookie_to_its_host() {
    let token = token();
    let [session, hint] = begun(&portal("https://portal.example.com"), &token);
    let value = token.expose();
    assert_eq!(
        session,
        format!(
            "__Host-portal_session_my-portal={value}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=86400"
        )
    );
    assert_eq!(hint, "portal_hint=my-portal; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=2592000");
    assert!("__Host-portal_session_my-portal=".len() + value.len() <= 96);
}

/// Times come out of the store, where another program may have written them.
#[test]
fn a_session_that_ended_before_it_began_has_no_life() {
    let cookies = begin(&portal("https://portal.example.com"), &session(Some(5_000), 4_000), &token());
    assert!(cookies[0].0.ends_with("; Max-Age=0"), "{}", cookies[0].0);
}

#[test]
fn on_localhost_without_secure() {
    let token = token();
    let [session, _] = begun(&portal("http://localhost:8080"), &token);
    let value = token.expose();
    assert_eq!(
        session,
        format!("portal_session_my-portal={value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=86400")
    );
}

#[test]
fn a_domain_gives_up_the_prefix() {
    let mut portal = portal("https://gateway.example.com");
    portal.cookie.domain = Some("example.com".into());
    let [session, _] = begun(&portal, &token());
    assert!(session.starts_with("portal_session_my-portal="), "{session}");
    assert!(session.contains("; Secure") && session.contains("; Domain=example.com"), "{session}");
}

#[test]
fn embedded_portals() {
    let mut portal = portal("https://portal.example.com");
    portal.cookie.same_site = portal::SameSite::None;
    portal.cookie.partitioned = true;
    let [session, _] = begun(&portal, &token());
    assert!(session.contains("SameSite=None") && session.contains("Partitioned"), "{session}");
}

#[test]
fn what_browsers_take_only_as_secure_is_secure_on_localhost_too() {
    let mut portal = portal("http://localhost:8080");
    portal.cookie.same_site = portal::SameSite::None;
    let [session, _] = begun(&portal, &token());
    assert!(session.ends_with("; HttpOnly; SameSite=None; Secure; Path=/; Max-Age=86400"), "{session}");
    (portal.cookie.same_site, portal.cookie.partitioned) = (portal::SameSite::Lax, true);
    let [session, _] = begun(&portal, &token());
    let attributes = "; HttpOnly; SameSite=Lax; Partitioned; Secure; Path=/; Max-Age=86400";
    assert!(session.ends_with(attributes), "{session}");
}

#[test]
fn a_removal_repeats_the_attributes() {
    let mut portal = portal("https://portal.example.com");
    portal.cookie.partitioned = true;
    for (set, cleared) in begun(&portal, &token()).iter().zip(end(&portal).map(|cookie| cookie.0)) {
        let attributes = |cookie: &str| {
            let mut attributes: Vec<String> = cookie.split("; ").skip(1).map(str::to_owned).collect();
            attributes.retain(|attribute| !attribute.starts_with("Max-Age"));
            attributes
        };
        assert_eq!(attributes(set), attributes(&cleared));
        assert!(cleared.contains("=; ") && cleared.contains("Max-Age=0"), "{cleared}");
    }
}

#[test]
fn only_the_exact_name_is_read() {
    let catalog = Catalog::new(vec![portal("https://portal.example.com")], Vec::new());
    let table = [
        ("__Host-portal_session_my-portal=a", vec!["a"]),
        ("portal_session_my-portal=a", vec![]),
        ("__host-portal_session_my-portal=a", vec![]),
        ("x=1; __Host-portal_session_my-portal=a; y=2", vec!["a"]),
        ("__Host-portal_session_my-portal=a; __Host-portal_session_my-portal=b", vec!["a", "b"]),
        ("\t __Host-portal_session_my-portal \t=\t a ", vec!["a"]),
        ("\u{2000}__Host-portal_session_my-portal=a", vec![]),
        ("__Host-portal_session_my-portal\u{a0}=a", vec![]),
        ("__Host-portal_session_my-portal", vec![]),
        ("=__Host-portal_session_my-portal=a", vec![]),
        ("__Host-portal_session_other=a", vec![]),
        ("", vec![]),
    ];
    for (line, expected) in table {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_str(line).expect("a header"));
        let sessions = sent(&headers, &catalog).sessions;
        let found: Vec<&str> = sessions.into_iter().flat_map(|(_, texts)| texts).collect();
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn the_hint_reads_back() {
    let portal = portal("https://portal.example.com");
    let mut session = session(Some(1_000), 86_401_000);
    std::sync::Arc::make_mut(&mut session.grant).return_url =
        parse_http_url("https://app.example.com/back?a=1#b").ok();
    let [_, written] = begin(&portal, &session, &token());
    let mut headers = HeaderMap::new();
    let (line, _) = written.0.split_once(';').expect("attributes");
    headers.append(COOKIE, HeaderValue::from_str(line).expect("a header"));
    headers.append(COOKIE, HeaderValue::from_static("portal_hint=another"));
    let catalog = Catalog::new(vec![portal], Vec::new());
    let read = sent(&headers, &catalog).hint;
    assert_eq!(read, Some(Hint { slug: "my-portal".into(), return_url: session.grant.return_url.clone() }));
}
