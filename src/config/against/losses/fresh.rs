//! Whom a portal's change cuts off later: those whose session, link or token is made from now on, and is less than before.
//!
//! Owns: which values a session, a link, a cookie or a token takes with it when it is made.
//! Must not know: what ends what is there already (`portal` does).

use crate::domain::policy::{SessionLimit, SessionPolicy, WhenFull};
use crate::domain::portal::{CookieSettings, Portal, SameSite};

/// What follows the portal's name.
pub fn of(old: &Portal, new: &Portal) -> Vec<String> {
    let mut losses = Vec::new();
    let seconds = |portal: &Portal| portal.ticket_ttl_ms / 1_000;
    if seconds(new) < seconds(old) {
        losses.push(format!(
            ": a new link is refused after {} seconds, before after {}",
            seconds(new),
            seconds(old)
        ));
    }
    let (before, now) = (old.tokens.ttl_seconds, new.tokens.ttl_seconds);
    if now < before {
        losses.push(format!(": a token of getToken is refused after {now} seconds, before after {before}"));
    }
    losses.extend(of_policy(old.policy, new.policy));
    losses.extend(of_cookie(&old.cookie, &new.cookie));
    losses
}

fn of_policy(old: SessionPolicy, new: SessionPolicy) -> Vec<String> {
    let SessionPolicy { idle_timeout_ms, limit } = new;
    let idles = idle_timeout_ms.filter(|now| old.idle_timeout_ms.is_none_or(|before| *now < before));
    let idles = idles.map(|timeout_ms| {
        let seconds = timeout_ms / 1_000;
        format!(": people are signed out of a new session that they do not use for {seconds} seconds")
    });
    let is_tighter = |now: &SessionLimit| {
        old.limit.is_none_or(|before| now.most < before.most || now.when_full != before.when_full)
    };
    let limit = limit.filter(is_tighter).map(|SessionLimit { most, when_full }| match when_full {
        WhenFull::Refuse => {
            format!(": of each user's sessions {most} may live, and a further sign-in is refused")
        }
        WhenFull::EndOldest => {
            format!(": of each user's sessions {most} may live, and a further sign-in ends the oldest")
        }
    });
    idles.into_iter().chain(limit).collect()
}

fn of_cookie(old: &CookieSettings, new: &CookieSettings) -> Vec<String> {
    let CookieSettings { name: _, same_site, partitioned, domain } = new;
    let mut losses = Vec::new();
    let mut tell = |loss: &str| losses.push(format!(": {loss}, once they have a new cookie"));
    match (old.same_site, same_site) {
        (SameSite::Lax | SameSite::None, SameSite::Strict) => {
            tell("people who follow a link of another site are not signed in");
        }
        (SameSite::None, SameSite::Lax) => tell("people are not signed in within pages of another site"),
        (SameSite::Strict, SameSite::Strict | SameSite::Lax | SameSite::None)
        | (SameSite::Lax, SameSite::Lax | SameSite::None)
        | (SameSite::None, SameSite::None) => {}
    }
    match (old.partitioned, partitioned) {
        (false, true) => tell("people are signed in only within the site in whose pages they signed in"),
        (true, false) => {
            tell("people are not signed in within other sites' pages, where browsers block such cookies");
        }
        (false, false) | (true, true) => {}
    }
    let is_narrower = |before: &String| {
        domain.as_ref().is_some_and(|now| now != before && now.ends_with(&format!(".{before}")))
    };
    if let Some(before) = old.domain.as_ref().filter(|before| is_narrower(before)) {
        tell(&format!("people are not signed in at the other hosts of {before}"));
    }
    losses
}
