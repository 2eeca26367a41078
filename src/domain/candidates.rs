//! The texts that a request brings as credentials, and which of them may be its session's.
//!
//! Owns: which kind of credential may come through which door: a cookie, or a Bearer header of a page or of a program.
//! What two values under one name mean, and how many are tried.
//! Must not know: cookie or header syntax, or whether a session lives.

use std::ops::Deref;

use super::credential::{BrowserToken, DirectToken, RootKey, Ticket};
use super::error::Refusal;
use super::malformed::Malformed;
use super::signed_text::SignedText;

/// Each may cost a call to the store. Browsers keep a cookie for each domain and path, and no honest one has more of
/// one name than these.
const MOST: usize = 4;

/// How a credential comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// In a portal's cookie: the browser sends it by itself.
    Cookie,
    /// In a Bearer header of a program: a server, an app.
    Program,
    /// In a Bearer header of a browser, so that script of a page knows it.
    Page,
}

/// A credential that came through a door of its own.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// In a cookie or a Bearer header.
    Browser(BrowserToken, Door),
    /// In a Bearer header.
    Direct(DirectToken),
    /// In a Bearer header; nothing of it has been checked.
    Signed(SignedText),
}

impl Candidate {
    /// What a cookie may hold.
    pub fn as_browser(&self) -> Option<&BrowserToken> {
        match self {
            Candidate::Browser(token, _) => Some(token),
            Candidate::Direct(_) | Candidate::Signed(_) => None,
        }
    }

    /// Whether a page uses it itself, so that its portal must list the page's origin wherever it is shown.
    pub fn is_direct(&self) -> bool {
        match self {
            Candidate::Browser(..) => false,
            Candidate::Direct(_) | Candidate::Signed(_) => true,
        }
    }
}

/// In the order in which they were sent. Nearly always there is one, and it needs no list.
#[derive(Clone, Debug)]
pub enum Sent {
    /// One.
    Only(Candidate),
    /// At least one.
    Several(Vec<Candidate>),
}

impl Deref for Sent {
    type Target = [Candidate];

    fn deref(&self) -> &[Candidate] {
        match self {
            Sent::Only(candidate) => std::slice::from_ref(candidate),
            Sent::Several(candidates) => candidates,
        }
    }
}

/// Those that may be the session's; or why none counts.
pub type Candidates = Result<Sent, Refusal>;

/// What a Bearer header holds, which came through this door.
pub fn in_bearer(text: &str, door: Door) -> Candidates {
    if let Ok(token) = DirectToken::parse(text) {
        return Ok(Sent::Only(Candidate::Direct(token)));
    }
    if let Ok(token) = SignedText::parse(text) {
        return Ok(Sent::Only(Candidate::Signed(token)));
    }
    match BrowserToken::parse(text) {
        Ok(token) => Ok(Sent::Only(Candidate::Browser(token, door))),
        Err(Malformed) if Ticket::parse(text).is_ok() => Err(Refusal::TicketAsToken),
        Err(Malformed) if RootKey::parse(text).is_ok() => Err(Refusal::RootKeyAsToken),
        Err(Malformed) => Err(Refusal::Malformed),
    }
}

/// What stands in a portal's cookie. `bound_to_host`: the name has the prefix `__Host-`, of which a browser sends one
/// value only. Two of them come from somebody else, and nothing tells which one is the user's.
pub fn in_cookie(texts: &[&str], bound_to_host: bool) -> Candidates {
    // Nearly always.
    if let [only] = texts
        && let Ok(token) = BrowserToken::parse(only)
    {
        return Ok(Sent::Only(Candidate::Browser(token, Door::Cookie)));
    }
    if bound_to_host && different(texts, 2).len() > 1 {
        return Err(Refusal::Ambiguous);
    }
    let tokens = different(texts.iter().filter(|text| BrowserToken::parse(text).is_ok()), MOST);
    let tokens = tokens.into_iter().filter_map(|text| BrowserToken::parse(text).ok());
    let tokens: Vec<_> = tokens.map(|token| Candidate::Browser(token, Door::Cookie)).collect();
    if !tokens.is_empty() {
        return Ok(Sent::Several(tokens));
    }
    let has = |is: fn(&str) -> bool| texts.iter().any(|text| is(text));
    Err(if has(|text| DirectToken::parse(text).is_ok() || SignedText::parse(text).is_ok()) {
        Refusal::DirectTokenInCookie
    } else if has(|text| Ticket::parse(text).is_ok()) {
        Refusal::TicketAsToken
    } else {
        Refusal::Malformed
    })
}

/// The first of these, as many as `most` that differ. Anybody can send thousands, so they are not all compared with one
/// another.
pub fn different<T: PartialEq>(values: impl IntoIterator<Item = T>, most: usize) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if found.len() == most {
            break;
        }
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::domain::environment::Environment;
    use crate::domain::user_tag::UserTag;

    fn text(candidate: &Candidate) -> &str {
        match candidate {
            Candidate::Browser(token, _) => token.expose(),
            Candidate::Direct(token) => token.expose(),
            Candidate::Signed(text) => text.expose(),
        }
    }

    fn token() -> String {
        let tag = UserTag::parse("aaaaaaaaaaaaaaaa").expect("a tag");
        BrowserToken::mint(Environment::Live, tag).expose().to_owned()
    }

    #[test]
    fn what_counts_of_several_values() {
        let [a, b, c, d, e] = [(); 5].map(|()| token());
        let texts = |texts: &[&String]| texts.iter().map(|text| (*text).clone()).collect::<Vec<_>>();
        let old = "of-an-older-system".to_owned();
        let table = [
            (texts(&[&a]), true, Ok(vec![&a])),
            (texts(&[&a, &a]), true, Ok(vec![&a])),
            (texts(&[&a, &b]), true, Err(Refusal::Ambiguous)),
            (texts(&[&a, &old]), true, Err(Refusal::Ambiguous)),
            (texts(&[&old]), true, Err(Refusal::Malformed)),
            (texts(&[&a, &b]), false, Ok(vec![&a, &b])),
            (texts(&[&old, &b, &a, &b]), false, Ok(vec![&b, &a])),
            (texts(&[&old, &a, &b, &c, &d, &e]), false, Ok(vec![&a, &b, &c, &d])),
            (texts(&[&old, &String::new()]), false, Err(Refusal::Malformed)),
        ];
        for (texts, bound_to_host, expected) in table {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let found = in_cookie(&texts, bound_to_host);
            let found = found.as_ref().map(|tokens| tokens.iter().map(text).collect::<Vec<_>>());
            let expected = expected.map(|texts| texts.into_iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(found.map_err(|refusal| *refusal), expected);
        }
    }

    /// A value that counts how often it is compared.
    struct Counted<'c>(usize, &'c Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.1.set(self.1.get() + 1);
            self.0 == other.0
        }
    }

    #[test]
    fn thousands_of_values_are_not_compared_one_with_another() {
        let all = 0..4_000;
        for (kinds, most, expected, comparisons) in [
            (4_000, 2, vec![0, 1], 1),
            (4_000, MOST, vec![0, 1, 2, 3], 6),
            (1, MOST, vec![0], all.len()),
            (3, MOST, vec![0, 1, 2], 3 * all.len()),
        ] {
            let compared = Cell::new(0);
            let found = different(all.clone().map(|at| Counted(at % kinds, &compared)), most);
            assert_eq!(found.iter().map(|value| value.0).collect::<Vec<_>>(), expected);
            assert!(compared.get() <= comparisons, "{} comparisons of {kinds} kinds", compared.get());
        }
    }

    #[test]
    fn of_thousands_of_values_the_first_few_tokens_count() {
        let tokens: Vec<String> = (0..2 * MOST).map(|_| token()).collect();
        let others: Vec<String> = (0..3_000).map(|at| format!("other-{at}")).collect();
        let texts: Vec<&str> = others.iter().chain(&tokens).map(String::as_str).collect();
        let found = in_cookie(&texts, false).expect("there are tokens");
        assert_eq!(found.iter().map(text).collect::<Vec<_>>(), tokens[..MOST]);
        assert_eq!(in_cookie(&texts, true).map(|_| ()), Err(Refusal::Ambiguous));
        assert_eq!(in_cookie(&texts[..3_000], false).map(|_| ()), Err(Refusal::Malformed));
    }

    #[test]
    fn every_credential_has_its_own_door() {
        let tag = UserTag::parse("aaaaaaaaaaaaaaaa").expect("a tag");
        let browser = BrowserToken::mint(Environment::Live, tag);
        let direct = DirectToken::mint(Environment::Live, tag);
        let ticket = Ticket::mint(Environment::Live, tag);
        let jwt = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ4In0.c2ln";
        let table = [
            (browser.expose(), Ok(()), Ok(())),
            (direct.expose(), Err(Refusal::DirectTokenInCookie), Ok(())),
            (ticket.expose(), Err(Refusal::TicketAsToken), Err(Refusal::TicketAsToken)),
            (jwt, Err(Refusal::DirectTokenInCookie), Ok(())),
            ("rk_live_whatever", Err(Refusal::Malformed), Err(Refusal::RootKeyAsToken)),
            ("nonsense", Err(Refusal::Malformed), Err(Refusal::Malformed)),
        ];
        for (text, cookie, bearer) in table {
            assert_eq!(in_cookie(&[text], true).map(|_| ()), cookie, "in a cookie");
            for door in [Door::Program, Door::Page] {
                assert_eq!(in_bearer(text, door).map(|_| ()), bearer, "{door:?}");
            }
        }
    }
}
