//! The text forms of credentials and handles: what is accepted is what was sent, to the letter, and as one
//! kind only.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::domain::base62::{self, CHECKSUM_CHARS, checksum};
use vestibule::domain::credential::{
    BrowserTokenKind, Credential, Digest, DirectToken, DirectTokenKind, Kind, RootKey, Ticket, TicketKind,
};
use vestibule::domain::environment::Environment;
use vestibule::domain::handle::Handle;
use vestibule::domain::user_tag::{TAG_CHARS, UserTag};

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        read(text);
        // Mutation alone hardly ever finds a checksum.
        read(&format!("{text}{}", base62::text(&checksum(text))));
    }
    if let Some((bytes, tag)) = data.split_first_chunk::<32>() {
        mint(bytes, tag);
    }
});

fn read(text: &str) {
    check::<TicketKind>(text);
    check::<BrowserTokenKind>(text);
    check::<DirectTokenKind>(text);
    if let Ok(ticket) = Ticket::parse_from_link(text) {
        assert!(text.starts_with(ticket.expose()));
        check::<TicketKind>(ticket.expose());
    }
    if let Ok(key) = RootKey::parse(text) {
        assert_eq!(key.expose(), text);
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(format!("{key:?}"), "rk_[masked]");
        assert_eq!(key.digest(), Digest::of(text));
    }
    if let Ok(handle) = Handle::parse(text) {
        assert_eq!(handle.to_string(), text);
    }
    if let Some(digest) = Digest::from_hex(text) {
        assert_eq!(digest.to_hex(), text.to_ascii_lowercase());
    }
}

fn check<K: Kind>(text: &str) {
    let Ok(credential) = Credential::<K>::parse(text) else {
        return;
    };
    assert_eq!(credential.expose(), text);
    assert_eq!(credential.digest(), Digest::of(text));
    assert_eq!(format!("{credential:?}"), format!("{}[masked]", K::PREFIX));
    let start = format!("{}{}_", K::PREFIX, credential.environment().name());
    let rest = text.strip_prefix(&start).expect("it names its kind and its environment");
    assert_eq!(&rest[..TAG_CHARS], credential.tag().as_str());
    assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert!(RootKey::parse(text).is_err() && Handle::parse(text).is_err());
    let kinds = [
        Credential::<TicketKind>::parse(text).is_ok(),
        Credential::<BrowserTokenKind>::parse(text).is_ok(),
        Credential::<DirectTokenKind>::parse(text).is_ok(),
    ];
    assert_eq!(kinds.iter().filter(|is_one| **is_one).count(), 1);
    // No single character may be another one.
    for at in start.len()..text.len() {
        let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mistyped = format!("{}{other}{}", &text[..at], &text[at + 1..]);
        assert!(Credential::<K>::parse(&mistyped).is_err());
    }
    assert!(Credential::<K>::parse(&text[..text.len() - CHECKSUM_CHARS]).is_err());
}

fn mint(random: &[u8; 32], tag: &[u8]) {
    let Ok(tag) = std::str::from_utf8(tag).map_err(drop).and_then(|tag| UserTag::parse(tag).map_err(drop))
    else {
        return;
    };
    for environment in [Environment::Live, Environment::Test] {
        let ticket = Ticket::from_random(environment, tag, random);
        let read = Ticket::parse(ticket.expose()).expect("what is minted is accepted");
        assert_eq!((read.environment(), read.tag()), (environment, tag));
        check::<TicketKind>(ticket.expose());
        let direct = DirectToken::from_random(environment, tag, random);
        check::<DirectTokenKind>(direct.expose());
    }
}
