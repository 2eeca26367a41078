//! Every reason of a refusal, and every state, with its sentence.

use super::*;
use crate::domain::environment::Environment;
use crate::domain::history::{MOST_REFUSALS_ALIKE, Origin};
use crate::domain::session::tests::session;

const REFUSED: [(Refusal, &str); Refusal::ALL.len()] = [
    (Refusal::Missing, "Refused: no credential was sent."),
    (Refusal::Malformed, "Refused: the credential was incomplete or mistyped."),
    (Refusal::Ambiguous, "Refused: the browser sent two different cookies of the same name."),
    (Refusal::Unknown, "Refused: the store did not know it."),
    (Refusal::Expired, "Refused: it had expired."),
    (Refusal::Idle, "Refused: nobody had used the session for as long as its idle time-out."),
    (Refusal::Displaced, "Refused: it had made room for another session of its user."),
    (Refusal::TooManySessions, "Refused: the user had as many live sessions as the portal allows."),
    (Refusal::Used, "Refused: already used."),
    (Refusal::Revoked, "Refused: the backend had revoked it."),
    (Refusal::Ended, "Refused: its user had signed out."),
    (Refusal::Fenced, "Refused: the link was made before a failover or restart of the store."),
    (Refusal::PortalGone, "Refused: its portal is no longer configured."),
    (Refusal::OtherPortal, "Refused: it belongs to another portal."),
    (Refusal::PortalDisabled, "Refused: the portal is switched off."),
    (Refusal::OriginNotListed, "Refused: the page's origin is not one of the portal's."),
    (Refusal::PermissionNotHeld, "Refused: a permission that it needs is not held."),
    (Refusal::DirectTokenInCookie, "Refused: a direct token was sent as a cookie."),
    (Refusal::BrowserTokenFromPage, "Refused: a page sent a browser token itself."),
    (Refusal::TicketAsToken, "Refused: the session ID of a link was sent where a token belongs."),
    (Refusal::RootKeyAsToken, "Refused: a root key was sent where a token belongs."),
    (Refusal::NotDirect, "Refused: the portal takes no direct tokens."),
    (Refusal::NoSigningKey, "Refused: the gateway has no key to sign a token with."),
    (Refusal::UnknownKey, "Refused: the token was signed with a key that the gateway does not have."),
    (Refusal::SignatureInvalid, "Refused: the token's signature is wrong."),
    (Refusal::OtherIssuer, "Refused: the token was issued by another gateway."),
    (Refusal::OtherAudience, "Refused: the token is for another audience."),
    (Refusal::OtherEnvironment, "Refused: the token is of the other environment."),
    (Refusal::OtherPurpose, "Refused: the token is for other APIs to check and opens nothing here."),
];

fn at(what: Happening) -> HistoryEvent {
    HistoryEvent { at_ms: 1, what }
}

fn known(stage: Stage, now: Result<PortalSession, Over>, what: Vec<Happening>) -> Known {
    let events = what.into_iter().map(at).collect();
    Known { handle: session(None, 1).handle, stage, now, events }
}

#[test]
fn every_reason_of_a_refusal_has_its_sentence() {
    for refusal in Refusal::ALL {
        let row = REFUSED.iter().find(|(of, _)| of == refusal);
        let (_, expected) = row.unwrap_or_else(|| panic!("no row for {refusal:?}"));
        assert_eq!(at(Happening::Refused(*refusal)).sentence(None), *expected);
        // The conclusion has it too, where it is not the conclusion already.
        let pending = known(Stage::Link, Ok(session(None, 9_000)), vec![Happening::Refused(*refusal)]);
        let reason = expected.trim_start_matches("Refused: ");
        let sentence =
            format!("The link has not been used yet and works once; the last attempt was refused: {reason}");
        assert_eq!(pending.sentence(true), sentence);
        // Then no further one for this reason is kept, so another may have been the last.
        let full = known(
            Stage::Link,
            Ok(session(None, 9_000)),
            vec![Happening::Refused(*refusal); MOST_REFUSALS_ALIKE],
        );
        assert_eq!(full.sentence(true), sentence.replace("last attempt", "last attempt on record"));
    }
}

#[test]
fn every_state_has_its_sentence() {
    let chrome = || vec![Happening::Exchanged { browser: Some("Chrome on Windows".into()) }];
    let (pending, active) = (|| Ok(session(None, 9_000)), || Ok(session(Some(2_000), 9_000)));
    let replaced = || [chrome(), vec![Happening::Replaced]].concat();
    let used_again = || [chrome(), vec![Happening::Refused(Refusal::Used)]].concat();
    let fenced = vec![Happening::Refused(Refusal::Fenced)];
    let (link, exchanged, direct) = (Stage::Link, Stage::Exchanged, Stage::Direct);
    let table = [
        (known(link, pending(), vec![]), true, "pending", "The link has not been used yet and works once."),
        (
            known(link, Err(Over::Expired), vec![]),
            true,
            "expired",
            "The link expired before anybody used it.",
        ),
        (
            known(link, Err(Over::Expired), fenced),
            true,
            "expired",
            "The link expired before anybody used it; the last attempt was refused: the link was made before a \
             failover or restart of the store.",
        ),
        (
            known(link, Err(Over::Revoked), vec![]),
            true,
            "revoked",
            "The backend revoked the link before anybody used it.",
        ),
        (
            known(exchanged, active(), used_again()),
            true,
            "used",
            "The link has been used in Chrome on Windows, and a link works only once; the session is active in \
             Chrome on Windows.",
        ),
        (
            known(exchanged, Err(Over::Revoked), vec![]),
            true,
            "used",
            "The link has been used, and a link works only once; the backend revoked the session.",
        ),
        (
            known(exchanged, active(), chrome()),
            false,
            "active",
            "The session is active in Chrome on Windows.",
        ),
        (known(direct, active(), vec![]), false, "active", "The session is active."),
        (
            known(direct, Err(Over::Expired), vec![]),
            false,
            "expired",
            "The session reached the end of its life.",
        ),
        (known(exchanged, Err(Over::Revoked), vec![]), false, "revoked", "The backend revoked the session."),
        (known(exchanged, Err(Over::Ended), chrome()), false, "ended", "Its user signed out."),
        (
            known(exchanged, Err(Over::Ended), replaced()),
            false,
            "ended",
            "A newer session of the same browser took its place.",
        ),
        (
            known(exchanged, Err(Over::Idle), vec![]),
            false,
            "idle",
            "Nobody used the session for as long as its idle time-out.",
        ),
        (
            known(exchanged, Err(Over::Displaced), vec![]),
            false,
            "displaced",
            "The user opened another session and may have only so many, so this one, the oldest, ended.",
        ),
    ];
    for (known, by_link, state, sentence) in table {
        assert_eq!((known.outcome(by_link).name(), &*known.sentence(by_link)), (state, sentence));
    }
}

#[test]
fn every_event_has_its_sentence() {
    let origin = Origin {
        environment: Environment::Live,
        workspace: "acme".into(),
        slug: "my-portal".into(),
        root_key: "acme-backend".into(),
    };
    let table = [
        (Happening::Created(origin.clone()), "Created by acme-backend for user_123."),
        (Happening::Opened(LooksLike::Browser), "Opened in a browser (nothing spent)."),
        (
            Happening::Opened(LooksLike::Prefetch),
            "Opened by a browser that fetches pages in advance (nothing spent).",
        ),
        (Happening::Opened(LooksLike::Scanner), "Opened by what looks like a mail scanner (nothing spent)."),
        (
            Happening::Exchanged { browser: Some("Chrome on Windows".into()) },
            "Exchanged in Chrome on Windows.",
        ),
        (Happening::Exchanged { browser: None }, "Exchanged."),
        (Happening::Revoked, "Revoked by the backend."),
        (Happening::Ended, "Ended: its user signed out."),
        (Happening::Replaced, "Ended: a newer session of the same browser took its place."),
        (Happening::Idle, "Over: nobody had used it for as long as its idle time-out."),
        (Happening::Displaced, "Ended: it made room for another session of its user."),
    ];
    for (what, sentence) in table {
        assert_eq!(at(what).sentence(Some("user_123")), sentence);
    }
    assert_eq!(at(Happening::Created(origin)).sentence(None), "Created by acme-backend.");
}
