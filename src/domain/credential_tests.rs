//! What a credential promises: it reads back, a mistyped one is refused, and it never prints itself.

use super::*;
use crate::domain::handle::{Handle, HandleSuffix};
use crate::domain::user_tag::{UserRef, UserTagger};

fn tagger(secret: &str) -> UserTagger {
    UserTagger::new(&SecretString::from(secret), &[])
}

fn user(external_id: &str) -> UserRef<'_> {
    UserRef { workspace: "acme", environment: Environment::Live, slug: "my-portal", external_id }
}

fn ticket() -> Ticket {
    Ticket::mint(Environment::Live, tagger("secret").tag(&user("user_123")))
}

#[test]
fn a_minted_credential_reads_back_with_its_tag() {
    let minted = ticket();
    let read = Ticket::parse(minted.expose()).expect("a minted ticket parses");
    assert_eq!(read.tag(), minted.tag());
    assert_eq!(read.digest(), minted.digest());
    assert_eq!(minted.expose().len(), "pst_live_".len() + 16 + 33 + 6);
    assert!(BrowserToken::mint(Environment::Test, minted.tag()).expose().starts_with("ps_test_"));
}

#[test]
fn every_single_mistyped_character_is_refused() {
    let text = ticket().expose().to_owned();
    for position in 0..text.len() {
        let mut mistyped = text.clone().into_bytes();
        mistyped[position] = if mistyped[position] == b'a' { b'b' } else { b'a' };
        let mistyped = String::from_utf8(mistyped).expect("ASCII");
        assert!(Ticket::parse(&mistyped).is_err(), "accepted {mistyped}");
    }
}

#[test]
fn texts_that_are_no_ticket() {
    let token = BrowserToken::mint(Environment::Live, ticket().tag());
    let long = "a".repeat(10_000);
    for text in ["", "pst_", "pst_live_", "pst_prod_abc", "pst_live_é", "\u{0}", token.expose(), &long] {
        assert!(Ticket::parse(text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn the_end_of_a_ticket_in_a_link_is_known() {
    let ticket = ticket();
    let text = ticket.expose();
    for appended in
        ["", ".", ")", ">", "],", "&amp;utm_source=mail", "?utm_source=mail", "_", "-x", "\u{3002}", "\u{bb}"]
    {
        let read = Ticket::parse_from_link(&format!("{text}{appended}"));
        assert_eq!(read.expect("what follows is not part of it").expose(), text, "{appended}");
    }
    for appended in ["0", "a", "Z9.", " ", "\n", "\0", "\t."] {
        assert!(Ticket::parse_from_link(&format!("{text}{appended}")).is_err(), "accepted {appended:?}");
    }
    let cut = &text[..text.len() - 1];
    for other in
        [format!("{cut}."), format!("{cut}é"), format!(".{text}"), format!("<{text}>"), "pst_live_.".into()]
    {
        assert!(Ticket::parse_from_link(&other).is_err(), "accepted {other:?}");
    }
}

#[test]
fn no_debug_shows_a_secret() {
    let ticket = ticket();
    let key = RootKey::mint(Environment::Live);
    assert_eq!(format!("{ticket:?}"), "pst_[masked]");
    assert_eq!(format!("{key:?}"), "rk_[masked]");
}

#[test]
fn a_handle_reads_back_and_sorts_by_time() {
    let tag = ticket().tag();
    let at = |created_at_ms| Handle { tag, created_at_ms, suffix: HandleSuffix::mint() };
    let handle = at(1_742_000_000_000);
    assert_eq!(Handle::parse(&handle.to_string()), Ok(handle));
    assert_eq!(*handle.text(), handle.to_string());
    assert!(at(1_742_000_000_000).to_string() < at(1_742_000_000_001).to_string());
    for text in ["", "sess_", "sess_abc", ticket().expose()] {
        assert!(Handle::parse(text).is_err(), "accepted {text:?}");
    }
}

#[test]
fn a_tag_depends_on_every_part_and_on_the_secret() {
    let base = tagger("secret").tag(&user("user_123"));
    assert_eq!(base, tagger("secret").tag(&user("user_123")));
    assert_ne!(base, tagger("other").tag(&user("user_123")));
    assert_ne!(base, tagger("secret").tag(&user("user_124")));
    assert_ne!(base, tagger("secret").tag(&UserRef { slug: "other", ..user("user_123") }));
    assert_ne!(base, tagger("secret").tag(&UserRef { workspace: "other", ..user("user_123") }));
    assert_ne!(base, tagger("secret").tag(&UserRef { environment: Environment::Test, ..user("user_123") }));
}

#[test]
fn previous_secrets_give_the_tags_of_older_sessions() {
    let rotated = UserTagger::new(&"new".into(), &["old".into()]);
    let tags = rotated.all_tags(&user("user_123"));
    assert_eq!(tags, [tagger("new").tag(&user("user_123")), tagger("old").tag(&user("user_123"))]);
}

#[test]
fn a_hundred_thousand_credentials_do_not_repeat() {
    let tag = ticket().tag();
    let minted: std::collections::HashSet<_> =
        (0..100_000).map(|_| BrowserToken::mint(Environment::Live, tag).digest()).collect();
    assert_eq!(minted.len(), 100_000);
}

#[test]
fn digests_read_back_from_hex() {
    let digest = Digest::of("rk_live_example");
    assert_eq!(Digest::from_hex(&digest.to_hex()), Some(digest));
    assert_eq!(Digest::from_hex("zz"), None);
    assert_eq!(Digest::from_hex(&"+1".repeat(32)), None);
}
