//! What happened to a session, for whoever has to explain it.
//!
//! Owns: which events there are, by the names that the log has for them. They hold no more of a person than the log.
//! Must not know: where they are kept, or who asks.

use smol_str::SmolStr;

use super::browser_name::browser_name;
use super::environment::Environment;
use super::error::Refusal;
use super::session::Grant;

/// What asked for a landing page. It decides nothing: a scanner that runs a whole browser looks like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooksLike {
    /// A browser that loads a page for somebody.
    Browser,
    /// A browser that fetches a page in advance, for nobody yet.
    Prefetch,
    /// A program: a mail scanner, a link preview, a monitor.
    Scanner,
}

impl LooksLike {
    /// All of them.
    pub const ALL: [LooksLike; 3] = [LooksLike::Browser, LooksLike::Prefetch, LooksLike::Scanner];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            LooksLike::Browser => "browser",
            LooksLike::Prefetch => "prefetch",
            LooksLike::Scanner => "scanner",
        }
    }
}

/// Something that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A backend created it.
    Created(Origin),
    /// The landing page was fetched with its ticket, and nothing was spent.
    Opened(LooksLike),
    /// Its ticket was spent.
    Exchanged {
        /// Such as `Chrome on Windows`, if the request told.
        browser: Option<String>,
    },
    /// Its ticket was presented and refused.
    Refused(Refusal),
    /// A backend revoked it.
    Revoked,
    /// Its user signed out.
    Ended,
    /// A newer session of the same browser took its place.
    Replaced,
    /// It was found to be over because nobody had used it.
    Idle,
    /// It was the oldest of too many, and made room.
    Displaced,
}

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Of the root key.
    pub environment: Environment,
    /// Its id.
    pub workspace: SmolStr,
    /// Of the portal.
    pub slug: SmolStr,
    /// The configured id of the root key.
    pub root_key: String,
}

impl Happening {
    /// What happens first to every session.
    pub fn created(grant: &Grant, root_key: &str) -> Self {
        Happening::Created(Origin {
            environment: grant.environment,
            workspace: grant.workspace.clone(),
            slug: grant.slug.clone(),
            root_key: root_key.to_owned(),
        })
    }

    /// An exchange by this user agent.
    pub fn exchanged(user_agent: Option<&str>) -> Self {
        Happening::Exchanged { browser: user_agent.and_then(browser_name) }
    }

    /// Whose session it is, if that is told with it.
    pub fn origin(&self) -> Option<&Origin> {
        let Happening::Created(origin) = self else { return None };
        Some(origin)
    }

    /// The browser that it happened in, if that is told with it.
    pub fn browser(&self) -> Option<&str> {
        let Happening::Exchanged { browser } = self else { return None };
        browser.as_deref()
    }

    /// The name that the log has for it.
    pub fn name(&self) -> &'static str {
        match self {
            Happening::Created(_) => "session.created",
            Happening::Opened(_) => "session.opened",
            Happening::Exchanged { .. } => "session.exchanged",
            Happening::Refused(_) => "session.refused",
            Happening::Revoked => "session.revoked",
            Happening::Ended => "session.ended",
            Happening::Replaced => "session.replaced",
            Happening::Idle => "session.idle",
            Happening::Displaced => "session.displaced",
        }
    }
}

/// When it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEvent {
    /// By the store's clock, Unix milliseconds.
    pub at_ms: u64,
    /// What.
    pub what: Happening,
}

/// The most events of one session that are kept.
pub const MOST_EVENTS: usize = 32;
/// Of these, fetches of the landing page.
pub const MOST_OPENINGS: usize = 5;
/// Of these by one kind of visitor, so that a scanner leaves room for the person.
pub const MOST_OPENINGS_ALIKE: usize = 2;
/// And refusals, so that there is always room for what changes a session.
pub const MOST_REFUSALS: usize = 16;
/// Of these for one reason, so that there is room for another one.
pub const MOST_REFUSALS_ALIKE: usize = 5;

/// Whether a refusal may have happened after the last one that the history tells.
pub fn lacks_refusals(history: &[HistoryEvent]) -> bool {
    let refusals = history.iter().filter_map(|event| match event.what {
        Happening::Refused(refusal) => Some(refusal),
        Happening::Created(_)
        | Happening::Opened(_)
        | Happening::Exchanged { .. }
        | Happening::Revoked
        | Happening::Ended
        | Happening::Replaced
        | Happening::Idle
        | Happening::Displaced => None,
    });
    let refusals: Vec<Refusal> = refusals.collect();
    let alike = |one: &Refusal| refusals.iter().filter(|other| *other == one).count();
    refusals.len() >= MOST_REFUSALS || refusals.iter().any(|one| alike(one) >= MOST_REFUSALS_ALIKE)
}

/// Adds an event to a session's history as far as there is room for it.
pub fn add(history: &mut Vec<HistoryEvent>, event: HistoryEvent) {
    let count = |fits: fn(&Happening) -> bool| history.iter().filter(|event| fits(&event.what)).count();
    let alike = history.iter().filter(|earlier| earlier.what == event.what).count();
    let has_room = match event.what {
        Happening::Opened(_) => {
            let all = count(|what| matches!(what, Happening::Opened(_)));
            all < MOST_OPENINGS && alike < MOST_OPENINGS_ALIKE
        }
        Happening::Refused(_) => {
            let all = count(|what| matches!(what, Happening::Refused(_)));
            all < MOST_REFUSALS && alike < MOST_REFUSALS_ALIKE
        }
        Happening::Created(_)
        | Happening::Exchanged { .. }
        | Happening::Revoked
        | Happening::Ended
        | Happening::Replaced
        | Happening::Idle
        | Happening::Displaced => true,
    };
    if has_room && history.len() < MOST_EVENTS {
        history.push(event);
    }
}
