//! The checker itself, on histories made by hand: what is wrong is found, what may be right is not.

use crate::support::history::checker::{Promise, check};
use crate::support::history::{Call, Event, Fault, History, Outcome};

const EXPIRES_MS: u64 = 4_000;

/// A history on one line a call: `start-end who what -> outcome`, in milliseconds.
pub fn history(lines: &[&str]) -> History {
    let mut history = History::default();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (from, until) = words[0].split_once('-').expect("start-end");
        let us = |text: &str| text.parse::<u64>().expect("milliseconds") * 1_000;
        let (started_us, ended_us) = (us(from), us(until));
        let name = |at: usize| -> crate::support::history::Name { words[at].into() };
        if words[1].ends_with("fault") {
            let (fences, splits) = (words[1] == "fencing-fault", words[1] == "splitting-fault");
            history.faults.push(Fault { name: "a fault", started_us, ended_us, fences, splits });
            continue;
        }
        let arrow = words.iter().position(|word| *word == "->").expect("an arrow");
        let call = match words[1] {
            "create" => Call::Create { user: name(2) },
            "open" => Call::Open { user: name(2), key: name(3) },
            "list" => Call::List { user: name(2) },
            "exchange" => Call::Exchange { ticket: name(2), key: (arrow > 3).then(|| name(3)) },
            "verify" => Call::Verify { token: name(2) },
            "end" => Call::End { token: name(2) },
            "revoke" => Call::Revoke { handle: name(2) },
            "revoke-all" => Call::RevokeAll { user: name(2) },
            other => panic!("{other}"),
        };
        let outcome = match words[arrow + 1] {
            "ticket" => {
                Outcome::Created { ticket: name(arrow + 2), handle: name(arrow + 3), expires_at_ms: 900_000 }
            }
            "token" => Outcome::Exchanged {
                token: name(arrow + 2),
                handle: name(arrow + 3),
                expires_at_ms: EXPIRES_MS,
            },
            "opened" => {
                Outcome::Opened { token: name(arrow + 2), handle: name(arrow + 3), expires_at_ms: EXPIRES_MS }
            }
            "listed" => {
                Outcome::Listed { direct: words[arrow + 2..].iter().map(|&word| word.into()).collect() }
            }
            "live" => Outcome::Live { handle: name(arrow + 2) },
            "done" => Outcome::Acknowledged,
            "refused" => Outcome::Refused,
            "outage" => Outcome::Outage,
            "not-connected" => Outcome::NotConnected,
            "unanswered" => Outcome::Unanswered,
            "wrong" => Outcome::Wrong("500".to_owned()),
            other => panic!("{other}"),
        };
        history.events.push(Event { started_us, ended_us, call, outcome });
    }
    history
}

const CREATED: &str = "0-10 create u -> ticket T S";
const EXCHANGED: &str = "20-30 exchange T k -> token B S";

#[track_caller]
fn good(why: &str, more: &[&str]) {
    let lines = [&[CREATED, EXCHANGED], more].concat();
    let violations = check(&history(&lines));
    assert!(violations.is_empty(), "{why}: {violations:#?}");
}

#[track_caller]
fn bad(promise: Promise, more: &[&str]) {
    let lines = [&[CREATED, EXCHANGED], more].concat();
    let violations = check(&history(&lines));
    let promises: Vec<Promise> = violations.iter().map(|violation| violation.promise).collect();
    assert_eq!(promises, [promise], "{more:#?}: {violations:#?}");
}

/// As [`good`], with no session at first but the ticket.
#[track_caller]
fn good_ticket(why: &str, more: &[&str]) {
    let violations = check(&history(&[&[CREATED], more].concat()));
    assert!(violations.is_empty(), "{why}: {violations:#?}");
}

#[track_caller]
fn bad_ticket(promise: Promise, more: &[&str]) {
    let violations = check(&history(&[&[CREATED], more].concat()));
    let promises: Vec<Promise> = violations.iter().map(|violation| violation.promise).collect();
    assert_eq!(promises, [promise], "{more:#?}: {violations:#?}");
}

#[test]
fn one_ticket_gives_one_session() {
    good("a repeat with the same key", &["40-50 exchange T k -> token B S"]);
    good("another browser comes too late", &["40-50 exchange T k2 -> refused"]);
    bad(Promise::OneSession, &["40-50 exchange T k2 -> token B2 S"]);
    bad(Promise::OneSession, &["40-50 exchange T -> token B2 S"]);
    bad(Promise::OneSession, &["15-50 exchange T k -> token B2 S"]);
}

#[test]
fn a_token_stands_for_its_own_session() {
    good("its session", &["40-50 verify B -> live S"]);
    bad(Promise::OneSession, &["40-50 verify B -> live S2"]);
    bad(Promise::OneSession, &["40-50 exchange T k -> token B S2"]);
}

#[test]
fn a_session_lives_until_its_end() {
    bad(Promise::LivesUntilItsEnd, &["40-50 verify B -> refused"]);
    bad(Promise::LivesUntilItsEnd, &["40-50 end B -> refused"]);
    bad(Promise::LivesUntilItsEnd, &["40-50 verify B -> refused", "60-70 end B -> done"]);
    good("after its end", &["40-50 end B -> done", "60-70 verify B -> refused"]);
    good("during its end", &["40-70 end B -> done", "50-60 verify B -> refused"]);
    good(
        "a revocation that nobody answered",
        &[
            "35-60 fault",
            "40-50 revoke S -> outage",
            "60-70 verify B -> refused",
            "80-90 verify B -> refused",
        ],
    );
    good(
        "a revocation that takes effect later",
        &[
            "35-60 fault",
            "40-50 revoke S -> unanswered",
            "60-70 verify B -> live S",
            "80-90 verify B -> refused",
        ],
    );
    bad(
        Promise::LivesUntilItsEnd,
        &["35-60 fault", "40-50 revoke S -> not-connected", "80-90 verify B -> refused"],
    );
    good("all of the user's", &["40-50 revoke-all u -> done", "60-70 verify B -> refused"]);
    bad(Promise::LivesUntilItsEnd, &["40-50 revoke-all u2 -> done", "60-70 verify B -> refused"]);
    good("at its expiry", &["3990-4010 verify B -> refused", "4500-4600 verify B -> refused"]);
    good("an outage is no logout", &["35-60 fault", "40-50 verify B -> outage", "60-70 verify B -> live S"]);
}

#[test]
fn what_came_before_the_session_did_not_end_it() {
    let lines =
        ["0-1 revoke-all u -> done", "5-10 create u -> ticket T S", EXCHANGED, "40-50 verify B -> refused"];
    let violations = check(&history(&lines));
    assert_eq!(violations.len(), 1, "{violations:#?}");
    let lines =
        ["0-7 revoke-all u -> done", "5-10 create u -> ticket T S", EXCHANGED, "40-50 verify B -> live S"];
    assert_eq!(check(&history(&lines)), [], "a revocation that overlaps the creation may have missed it");
}

#[test]
fn the_dead_stay_dead() {
    bad(Promise::StaysDead, &["40-50 end B -> done", "60-70 verify B -> live S"]);
    bad(Promise::StaysDead, &["40-50 revoke S -> done", "60-70 verify B -> live S"]);
    bad(Promise::StaysDead, &["40-50 revoke-all u -> done", "60-70 verify B -> live S"]);
    bad(Promise::StaysDead, &["40-50 end B -> done", "60-70 exchange T k -> token B S"]);
    bad(Promise::StaysDead, &["40-50 end B -> done", "60-70 end B -> done"]);
    bad(Promise::StaysDead, &["4500-4600 verify B -> live S"]);
    good("a call that began before the answer", &["40-50 end B -> done", "45-70 verify B -> live S"]);
    good(
        "an end that nobody answered",
        &["35-60 fault", "40-50 end B -> outage", "60-70 verify B -> live S"],
    );
    good(
        "at the old primary, until the failover is done",
        &["35-65 splitting-fault", "40-50 end B -> done", "60-70 verify B -> live S"],
    );
    bad(Promise::StaysDead, &["35-65 splitting-fault", "40-50 end B -> done", "70-80 verify B -> live S"]);
    bad_ticket(Promise::StaysDead, &["40-50 revoke S -> done", "60-70 exchange T k -> token B S"]);
}

#[test]
fn nobody_is_locked_out() {
    bad(Promise::NobodyIsLockedOut, &["40-50 exchange T k -> refused"]);
    bad_ticket(Promise::NobodyIsLockedOut, &["40-50 exchange T k -> refused"]);
    bad_ticket(Promise::NobodyIsLockedOut, &["40-50 exchange T -> refused"]);
    bad_ticket(
        Promise::NobodyIsLockedOut,
        &["35-60 fault", "40-50 exchange T k -> outage", "60-70 exchange T k -> refused"],
    );
    good_ticket(
        "another one may have won",
        &["35-60 fault", "40-50 exchange T k2 -> outage", "60-70 exchange T k -> refused"],
    );
    good_ticket(
        "without a key, a lost reply is lost",
        &["35-60 fault", "40-50 exchange T -> outage", "60-70 exchange T -> refused"],
    );
    good_ticket("revoked meanwhile", &["40-50 revoke S -> done", "60-70 exchange T k -> refused"]);
    good_ticket("fenced", &["40-50 fencing-fault", "60-70 exchange T k -> refused"]);
    bad_ticket(Promise::NobodyIsLockedOut, &["40-50 fault", "60-70 exchange T k -> refused"]);
    good("a repeat of much later", &["60040-60050 exchange T k -> refused"]);
    let lines = ["0-5 fencing-fault", "6-10 create u -> ticket T S", "20-30 exchange T k -> refused"];
    assert_eq!(check(&history(&lines)).len(), 1, "created after the fault, it is not fenced");
}

#[test]
fn outages_have_a_fault() {
    bad(Promise::NoOutageWithoutAFault, &["40-50 verify B -> outage"]);
    bad(Promise::NoOutageWithoutAFault, &["40-50 verify B -> unanswered"]);
    bad(Promise::NoOutageWithoutAFault, &["60-70 fault", "40-50 verify B -> outage"]);
    bad(Promise::NoOutageWithoutAFault, &["40-50 fault", "2060-2070 verify B -> outage"]);
    good("during a fault", &["45-70 fault", "40-50 verify B -> outage"]);
    good("shortly after a fault", &["40-50 fault", "2040-2060 verify B -> outage"]);
}

#[test]
fn no_other_answer_is_right() {
    bad(Promise::RightAnswers, &["40-50 verify B -> wrong"]);
}
