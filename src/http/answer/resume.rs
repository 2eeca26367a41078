//! The cookie in which a browser keeps where it wanted to go, from being sent home until it is signed in (API.md
//! section 12).
//!
//! Owns: the cookie's text, and when it is set, used up and cleared. Nothing in it is believed before it has been read
//! as strictly as what a backend sends.
//! Must not know: which place counts, or which page a browser may come back to.

use actix_web::http::Method;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::cookies::{self, SetCookie};
use super::problem::Problem;
use crate::domain::kept_places::{KeptPlace, KeptPlaces};
use crate::domain::portal::Portal;
use crate::domain::portal_path::PortalPath;
use crate::domain::presented::Presented;
use crate::domain::session::PortalSession;
use crate::domain::user_tag::UserTag;
use crate::http::gateway::gateway;
use crate::http::request::asked_page;
use crate::http::request::cookies::sent_resume;
use crate::http::request::kept::portals;

/// Room for one path of the greatest length and some short ones.
const MAX_BYTES: usize = 2_000;

/// Where a browser that is signed in goes on.
pub struct Onward {
    /// The place in the portal; none for where the portal begins.
    pub path: Option<PortalPath>,
    cookie: Option<SetCookie>,
}

impl Onward {
    /// `own`: where the session itself begins, which goes before what the browser has kept.
    pub fn of(
        request: &HttpRequest,
        portal: &Portal,
        session: &PortalSession,
        own: Option<&PortalPath>,
    ) -> Self {
        let texts = sent_resume(request.headers(), portal);
        // Whoever asks for the head alone goes nowhere.
        if texts.is_empty() || request.method() == Method::HEAD {
            return Onward { path: own.cloned(), cookie: None };
        }
        let now_ms = gateway(request).clock.now_ms();
        let mut places = read(&texts, now_ms);
        let kept = places.take_for(session.handle.tag).filter(|_| portal.resume);
        Onward { path: own.cloned().or(kept), cookie: Some(cookie_of(portal, &places, now_ms)) }
    }

    /// Uses up what was kept.
    pub fn use_up(self, response: &mut HttpResponse) {
        if let Some(cookie) = self.cookie {
            cookies::add(response, cookie);
        }
    }
}

/// Lets a browser that is sent home keep where it wanted to go.
pub fn keep(request: &HttpRequest, presented: &Presented, problem: Problem) -> Problem {
    let portals = portals(request);
    let portal = presented.portal(portals.catalog()).filter(|portal| portal.resume && problem.sends_home());
    let Some((portal, path)) = portal.and_then(|portal| Some((portal, asked_page::of(request, portal)?)))
    else {
        return problem;
    };
    let now_ms = gateway(request).clock.now_ms();
    let user = presented.candidates().iter().find_map(|candidate| Some(candidate.as_browser()?.tag()));
    let mut places = read(&sent_resume(request.headers(), portal), now_ms);
    places.keep(KeptPlace { asked_at_ms: now_ms, user, path });
    problem.with_header(SET_COOKIE, cookie_of(portal, &places, now_ms).as_str())
}

/// Clears what the browser has kept, if it has.
pub fn forget(request: &HttpRequest, portal: &Portal, response: &mut HttpResponse) {
    if !sent_resume(request.headers(), portal).is_empty() {
        cookies::add(response, cookie_of(portal, &KeptPlaces::default(), 0));
    }
}

fn cookie_of(portal: &Portal, places: &KeptPlaces, now_ms: u64) -> SetCookie {
    cookies::resume(portal, &written(places), places.life_left_ms(now_ms) / 1_000)
}

/// `<seconds>.<user tag or nothing>.<path>`, the path in Base64; the newest first, with `~` between them.
fn written(places: &KeptPlaces) -> String {
    let mut text = String::new();
    for KeptPlace { asked_at_ms, user, path } in places.iter() {
        let user = user.as_ref().map(UserTag::as_str).unwrap_or_default();
        let place = format!("{}.{user}.{}", asked_at_ms / 1_000, URL_SAFE_NO_PAD.encode(path.as_str()));
        if text.len() + 1 + place.len() > MAX_BYTES {
            break;
        }
        if !text.is_empty() {
            text.push('~');
        }
        text.push_str(&place);
    }
    text
}

/// If there are two different cookies, neither counts: one of them is not the gateway's.
fn read(texts: &[&str], now_ms: u64) -> KeptPlaces {
    match texts {
        [text] => KeptPlaces::new(text.split('~').filter_map(read_place), now_ms),
        [] | [_, _, ..] => KeptPlaces::default(),
    }
}

fn read_place(text: &str) -> Option<KeptPlace> {
    let (seconds, rest) = text.split_once('.')?;
    let (user, path) = rest.split_once('.')?;
    let user = if user.is_empty() { None } else { Some(UserTag::parse(user).ok()?) };
    let path = String::from_utf8(URL_SAFE_NO_PAD.decode(path).ok()?).ok()?;
    let asked_at_ms = seconds.parse::<u64>().ok()?.checked_mul(1_000)?;
    Some(KeptPlace { asked_at_ms, user, path: PortalPath::parse(&path).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_742_000_000_000;

    fn places(paths: &[&str]) -> KeptPlaces {
        let mut places = KeptPlaces::default();
        for path in paths {
            let path = PortalPath::parse(path).expect("a path");
            places.keep(KeptPlace { asked_at_ms: NOW, user: UserTag::parse("0123456789abcdef").ok(), path });
        }
        places
    }

    #[test]
    fn what_is_written_is_read() {
        let both = places(&["/invoices/42?x=1;2&y=\"z\"", "/"]);
        let text = written(&both);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)), "{text}");
        assert_eq!(read(&[&text], NOW), both);
        assert_eq!(read(&[&text, "other"], NOW), KeptPlaces::default());
    }

    #[test]
    fn the_longest_path_fits_and_pushes_older_ones_out() {
        let long = |letter: &str| format!("/{}", letter.repeat(1_023));
        let text = written(&places(&["/short", &long("a"), &long("b")]));
        assert!(text.len() <= MAX_BYTES);
        assert_eq!(read(&[&text], NOW), places(&[&long("b")]));
        assert_eq!(read(&[&written(&places(&["/short", &long("a")]))], NOW), places(&["/short", &long("a")]));
    }

    #[test]
    fn what_is_forged_leads_nowhere() {
        let encoded = |path: &str| format!("{}..{}", NOW / 1_000, URL_SAFE_NO_PAD.encode(path));
        for text in [
            "",
            "~",
            "..",
            "1742000000..",
            "x..L2E",
            "1742000000.short.L2E",
            "99999999999999999999..L2E",
            "18446744073709551615..L2E",
            &encoded("//evil.example"),
            &encoded("https://evil.example"),
            &encoded("/.//evil.example"),
            &encoded("/a\r\nb"),
        ] {
            assert_eq!(read(&[text], NOW), KeptPlaces::default(), "{text}");
        }
        assert_eq!(read(&[&encoded("/a")], NOW).iter().count(), 1, "this is how it is forged");
    }
}
