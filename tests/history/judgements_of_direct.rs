//! The checker on direct sessions, on histories made by hand.

use crate::judgements::history;
use crate::support::history::checker::{Promise, check};

const OPENED: &str = "20-30 open u k -> opened D S";

fn promises(lines: &[&str]) -> Vec<Promise> {
    check(&history(lines)).iter().map(|violation| violation.promise).collect()
}

#[track_caller]
fn good(why: &str, more: &[&str]) {
    let violations = check(&history(&[&[OPENED], more].concat()));
    assert!(violations.is_empty(), "{why}: {violations:#?}");
}

#[track_caller]
fn bad(promise: Promise, more: &[&str]) {
    assert_eq!(promises(&[&[OPENED], more].concat()), [promise], "{more:#?}");
}

#[test]
fn one_key_opens_one_session() {
    good("a repeat", &["40-50 open u k -> opened D S"]);
    good("another key", &["40-50 open u k2 -> opened D2 S2", "60-70 verify D2 -> live S2"]);
    bad(Promise::OneSession, &["40-50 open u k -> opened D2 S"]);
    bad(Promise::OneSession, &["40-50 open u k -> opened D S2"]);
    bad(Promise::OneSession, &["40-50 verify D -> live S2"]);
}

#[test]
fn a_lost_reply_leaves_no_second_session() {
    good("its own session", &["40-50 list u -> listed S"]);
    bad(Promise::OneSession, &["40-50 list u -> listed S S2"]);
    good(
        "a try that nobody answered and nobody repeated",
        &["35-60 fault", "40-50 open u k2 -> unanswered", "60-70 list u -> listed S S2"],
    );
    bad(
        Promise::OneSession,
        &[
            "35-60 fault",
            "40-50 open u k2 -> unanswered",
            "60-70 open u k2 -> opened D3 S3",
            "80-90 list u -> listed S S2 S3",
        ],
    );
    bad(
        Promise::OneSession,
        &["35-60 fault", "40-50 open u2 k2 -> unanswered", "60-70 list u -> listed S S2"],
    );
}

#[test]
fn a_direct_session_lives_until_its_end_and_stays_dead() {
    bad(Promise::LivesUntilItsEnd, &["40-50 verify D -> refused"]);
    for end in ["40-50 end D -> done", "40-50 revoke S -> done", "40-50 revoke-all u -> done"] {
        good("after its end", &[end, "60-70 verify D -> refused", "80-90 open u k -> refused"]);
        bad(Promise::StaysDead, &[end, "60-70 verify D -> live S"]);
        bad(Promise::StaysDead, &[end, "60-70 open u k -> opened D S"]);
        bad(Promise::StaysDead, &[end, "60-70 list u -> listed S"]);
    }
    bad(Promise::StaysDead, &["4500-4600 verify D -> live S"]);
    bad(Promise::LivesUntilItsEnd, &["40-50 revoke-all u2 -> done", "60-70 verify D -> refused"]);
}

#[test]
fn who_repeats_an_opening_within_the_minute_is_not_refused() {
    bad(Promise::NobodyIsLockedOut, &["40-50 open u k -> refused"]);
    bad(
        Promise::NobodyIsLockedOut,
        &["35-60 fault", "40-50 open u k2 -> outage", "60-70 open u k2 -> refused"],
    );
    good("much later", &["60040-60050 open u k -> refused"]);
    good(
        "revoked between the tries",
        &[
            "35-60 fault",
            "40-50 open u k2 -> outage",
            "51-55 revoke-all u -> done",
            "60-70 open u k2 -> refused",
        ],
    );
}
