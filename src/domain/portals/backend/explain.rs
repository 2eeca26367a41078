//! Explaining what became of a session (API.md section 15).
//!
//! Owns: that what the caller may not see, and what never was, is one and the same answer; that asking spends nothing
//! and is no use of a session.
//! Must not know: how an explanation is told.

use super::{Caller, user_of};
use crate::domain::credential::{BrowserTokenKind, DirectTokenKind, Kind, Ticket, TicketKind};
use crate::domain::environment::Environment;
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::explained::{ID_AS_LINK, Known, LINK_AS_ID, NO_LINK, TOKEN_AS_LINK, UNKNOWN, words};
use crate::domain::handle::Handle;
use crate::domain::portals::Portals;
use crate::domain::ports::{Position, Sought};
use crate::domain::root_key::ToExplain;

/// Sessions of one user that are explained at once.
const LATEST: usize = 20;

/// What a support desk asks about.
pub enum Question {
    /// A session by its public name.
    Handle(Handle),
    /// A link as somebody pasted it.
    Link(Ticket),
    /// A text that names no session, and what is wrong with it.
    Unreadable(&'static str),
    /// The latest sessions of a user.
    User {
        /// The portal.
        slug: String,
        /// The backend's identifier of its user.
        external_id: String,
    },
}

/// A session that the caller may see.
pub struct Seen {
    /// What is known of it.
    pub known: Known,
    /// Of its portal.
    pub slug: String,
    /// The backend's identifier of its user, as long as anything still tells it.
    pub external_id: Option<String>,
    /// Nobody gets into its portal at present.
    pub portal_is_off: bool,
}

impl Seen {
    /// What became of it, in one sentence.
    pub fn sentence(&self, by_link: bool) -> String {
        let sentence = self.known.sentence(by_link);
        if self.portal_is_off && self.known.now.is_ok() && !sentence.contains(words(Refusal::PortalDisabled))
        {
            return format!("{}; {}.", sentence.trim_end_matches('.'), words(Refusal::PortalDisabled));
        }
        sentence
    }
}

/// The answer.
pub enum Explanation {
    /// About one session.
    One {
        /// It was asked about by its link.
        by_link: bool,
        /// The session.
        seen: Box<Seen>,
    },
    /// Nothing that the caller may see; why, in a sentence that depends on the question alone.
    Unknown(&'static str),
    /// A user's, newest first.
    Several(Vec<Seen>),
}

/// The ticket in a text that somebody pasted: a whole link, one that a mail has broken into lines, or the ID alone.
/// Mail programs break a link into lines, begin each with the `>` of a quotation or end it with `=`, and put in spaces
/// and hyphens that nobody sees. What is left must be a whole ticket, with its checksum, and is only looked up.
pub fn ticket_in(text: &str) -> Option<Ticket> {
    let first_in = |text: &str| {
        let mut starts = text.match_indices(TicketKind::PREFIX);
        starts.find_map(|(at, _)| Ticket::parse_from_link(beginning(&text[at..])).ok())
    };
    let is_of_a_mail = |c: char| c.is_ascii_whitespace() || !c.is_ascii() || matches!(c, '>' | '=');
    first_in(text).or_else(|| first_in(&text.replace(is_of_a_mail, "")))
}

/// What somebody asked about by its public name.
pub fn by_id(text: &str) -> Question {
    match Handle::parse(text) {
        Ok(handle) => Question::Handle(handle),
        Err(_) if text.contains(TicketKind::PREFIX) => Question::Unreadable(LINK_AS_ID),
        Err(_) => Question::Unreadable(UNKNOWN),
    }
}

/// What somebody asked about by its link.
pub fn by_link(text: &str) -> Question {
    // A person of the support desk has pasted it, with whatever white space their program puts around. It only chooses the
    // advice: what counts as a link or an id is read to the byte.
    let begins = |prefix| text.trim_start().starts_with(prefix);
    match ticket_in(text) {
        Some(ticket) => Question::Link(ticket),
        None if Handle::parse(text.trim()).is_ok() => Question::Unreadable(ID_AS_LINK),
        None if begins(BrowserTokenKind::PREFIX) || begins(DirectTokenKind::PREFIX) => {
            Question::Unreadable(TOKEN_AS_LINK)
        }
        None => Question::Unreadable(NO_LINK),
    }
}

/// As much of a text as a ticket and the character after it may take, up to white space. What follows is not looked at:
/// every other prefix in a long text would read all of it.
fn beginning(text: &str) -> &str {
    let is_end = |(count, (_, c)): &(usize, (usize, char))| *count > Ticket::MOST_CHARS || c.is_whitespace();
    let end = text.char_indices().enumerate().find(is_end);
    end.map_or(text, |(_, (at, _))| &text[..at])
}

impl Portals {
    /// Explains one session, or a user's latest.
    pub async fn explain(
        &self,
        caller: &Caller<ToExplain>,
        question: &Question,
    ) -> Result<Explanation, Error> {
        let (tag, sought, by_link) = match question {
            Question::Unreadable(why) => return Ok(Explanation::Unknown(why)),
            Question::Handle(handle) => (handle.tag, Sought::Handle(*handle), false),
            Question::Link(ticket) => (ticket.tag(), Sought::Ticket(ticket.digest()), true),
            Question::User { slug, external_id } => {
                return self.explain_user(caller, slug, external_id).await.map(Explanation::Several);
            }
        };
        let known = self.parts.store.explain(tag, &sought).await?.into_iter().next();
        let seen = known.and_then(|known| self.seen_by(caller, known)).map(Box::new);
        Ok(match seen {
            Some(seen) => Explanation::One { by_link, seen },
            None => Explanation::Unknown(UNKNOWN),
        })
    }

    async fn explain_user(
        &self,
        caller: &Caller<ToExplain>,
        slug: &str,
        external_id: &str,
    ) -> Result<Vec<Seen>, Error> {
        if self.catalog.portal_seen_by(&caller.key, slug).is_none() {
            return Err(Error::new(Code::PortalConfigNotFound));
        }
        let mut sessions = Vec::new();
        for tag in self.parts.tagger.all_tags(&user_of(caller, slug, external_id)) {
            // Their tag is made of the workspace, the environment and the portal of this very caller.
            let known = self.parts.store.explain(tag, &Sought::Latest(LATEST)).await?;
            sessions.extend(known.into_iter().map(|known| Seen {
                known,
                slug: slug.to_owned(),
                external_id: Some(external_id.to_owned()),
                portal_is_off: self.is_off(slug),
            }));
        }
        sessions.sort_by_key(|seen| std::cmp::Reverse(Position::from(seen.known.handle)));
        sessions.truncate(LATEST);
        Ok(sessions)
    }

    /// A session whose grant is gone is its origin's, as its history has it. Without either nobody may see it.
    fn seen_by(&self, caller: &Caller<ToExplain>, known: Known) -> Option<Seen> {
        let grant = known.now.as_ref().ok().map(|session| &session.grant);
        let (workspace, environment, slug) = match grant {
            Some(grant) => (grant.workspace.as_str(), grant.environment, grant.slug.as_str()),
            None => whose(&known)?,
        };
        if !caller.key.sees(workspace, slug, environment) {
            return None;
        }
        let (slug, external_id) = (slug.to_owned(), grant.map(|grant| grant.external_id.to_string()));
        let portal_is_off = self.is_off(&slug);
        Some(Seen { known, slug, external_id, portal_is_off })
    }

    fn is_off(&self, slug: &str) -> bool {
        self.catalog.portal(slug).is_some_and(|portal| !portal.enabled)
    }
}

fn whose(known: &Known) -> Option<(&str, Environment, &str)> {
    let origin = known.events.iter().find_map(|event| event.what.origin())?;
    Some((origin.workspace.as_str(), origin.environment, origin.slug.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user_tag::UserTag;

    #[test]
    fn a_ticket_is_found_in_whatever_was_pasted() {
        let ticket = Ticket::mint(Environment::Live, UserTag::parse("aaaaaaaaaaaaaaaa").expect("a tag"));
        let id = ticket.expose();
        let broken = format!("https://portal.example.com/?session={}\r\n  {}", &id[..30], &id[30..]);
        for text in [
            id.to_owned(),
            format!("  {id}\n"),
            format!("https://portal.example.com/?theme=dark&session={id}#top"),
            format!("<https://portal.example.com/?session={id}>."),
            format!("my link is https://p.example/?session={id} and it fails"),
            format!("pst_live_ is how it begins: {id}"),
            broken,
        ] {
            let found = ticket_in(&text).expect(&text);
            assert_eq!(found.digest(), ticket.digest(), "{text}");
        }
        let lines = |ending: &str| format!("https://p.example/?session={}{ending}{}", &id[..30], &id[30..]);
        for text in ["\n> ", "=\r\n", "\u{ad}", "\u{200b}", "\u{a0}"].map(lines) {
            let found = ticket_in(&text).expect(&text);
            assert_eq!(found.digest(), ticket.digest(), "{text}");
        }
        for text in ["", "https://portal.example.com/", "pst_live_", &id[..60], &id.replace("pst_", "ps_")] {
            assert!(ticket_in(text).is_none(), "{text}");
        }
    }

    /// Or a text of nothing but beginnings would be read once for each of them.
    #[test]
    fn no_more_is_looked_at_than_a_ticket_may_take() {
        let ticket = Ticket::mint(Environment::Test, UserTag::parse("aaaaaaaaaaaaaaaa").expect("a tag"));
        let id = ticket.expose();
        assert_eq!(id.len(), Ticket::MOST_CHARS);
        for (text, expected) in [
            ("pst_pst_".repeat(2_048), "pst_pst_".repeat(2_048)[..=Ticket::MOST_CHARS].to_owned()),
            (format!("{id}\u{201d} and more"), format!("{id}\u{201d}")),
            (format!("{id}\u{a0}and more"), id.to_owned()),
            (id.to_owned(), id.to_owned()),
        ] {
            assert_eq!(beginning(&text), expected);
        }
        let hidden = format!("{}{id}\u{201d}", "pst_pst_".repeat(2_048));
        assert_eq!(ticket_in(&hidden).expect("a ticket").digest(), ticket.digest());
    }
}
