//! Whom a portal's change cuts off at once: browsers, links, pages and tokens that worked before it.
//!
//! Owns: which of its values each of them depends on. A new field does not compile until it is looked at here.
//! Must not know: what is decided when a session is made (`fresh` does), or other portals.

use url::Url;

use super::fresh;
use crate::domain::catalog::Catalog;
use crate::domain::portal::{CookieSettings, Landing, Portal};
use crate::domain::return_url::is_under;

/// All of them; of one that goes as a whole, only that.
pub fn of(old: &Portal, catalog: &Catalog) -> Vec<String> {
    let name = format!("portal {:?}", old.slug);
    let Some(new) = catalog.portal(&old.slug) else {
        return vec![format!("{name} is gone: its sessions and links are refused")];
    };
    if new.workspace != old.workspace {
        return vec![format!("{name} is of another workspace: its sessions and links are refused")];
    }
    if old.enabled && !new.enabled {
        return vec![format!(
            "{name} is disabled: its sessions and links are refused until it is enabled again"
        )];
    }
    let told = of_values(old, new).into_iter().chain(fresh::of(old, new));
    told.map(|loss| format!("{name}{loss}")).collect()
}

/// What follows the portal's name.
fn of_values(old: &Portal, new: &Portal) -> Vec<String> {
    let Portal {
        url: _,
        test_url: _,
        session_parameter: _,
        landing: _,
        public_url: _,
        cookie: _,
        return_url,
        return_urls,
        allowed_origins,
        clear_site_data,
        direct,
        tokens,
        // Looked at before, or by `fresh`.
        workspace: _,
        slug: _,
        enabled: _,
        ticket_ttl_ms: _,
        policy: _,
        // How pages look, and where in the portal people arrive.
        appearance: _,
        resume: _,
    } = old;
    let mut losses = Vec::new();
    if *direct && !new.direct {
        losses.push(" is direct no more: the tokens of its direct sessions are refused".to_owned());
    }
    if !direct && new.direct {
        losses.push(" is direct: browser tokens that its pages hold themselves are refused".to_owned());
    }
    if !still_sent(old, new) {
        losses.push(
            ": its cookie has another name, host or domain, so browsers with a session are signed out"
                .to_owned(),
        );
    }
    if !links_still_lead(old, new) {
        losses.push(
            ": links that are on their way lead to where the portal was before, and as before".to_owned(),
        );
    }
    let (before, now) = (tokens.audience(&old.slug), new.tokens.audience(&new.slug));
    if before != now {
        losses.push(format!(
            ": tokens for the audience {before:?} are refused, and APIs that expect it refuse the new ones"
        ));
    }
    let pages: Vec<&str> =
        allowed_origins.iter().filter(|origin| !new.lists_origin(origin)).map(String::as_str).collect();
    if !pages.is_empty() {
        losses.push(format!(": pages of {} are refused", pages.join(", ")));
    }
    let beyond: Vec<&str> = return_urls
        .iter()
        .filter(|old| !new.return_urls.iter().any(|prefix| is_under(old, prefix)))
        .map(Url::as_str)
        .collect();
    if !beyond.is_empty() {
        let beyond = beyond.join(", ");
        losses.push(format!(
            ": a returnUrl under {beyond} is refused, and sessions that have one lead there no more"
        ));
    }
    if return_url.is_some() && new.return_url.is_none() && !new.direct {
        losses.push(
            ": it has no return_url, so people whose session is over read a page and are not sent home"
                .to_owned(),
        );
    }
    if !clear_site_data && new.clear_site_data {
        losses.push(
            ": a logout deletes all that the browser has stored for the host of its public_url".to_owned(),
        );
    }
    losses
}

/// Whether a browser sends the cookie that it has, and under the name that is read.
fn still_sent(old: &Portal, new: &Portal) -> bool {
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    // The browser's `__Host-` is a part of the name.
    let name = |portal: &Portal| {
        let for_one_host = portal.public_url.scheme() == "https" && portal.cookie.domain.is_none();
        (for_one_host, portal.cookie.name.clone())
    };
    let CookieSettings { domain, name: _, same_site: _, partitioned: _ } = &old.cookie;
    let now = host(&new.public_url);
    let reaches = match domain {
        Some(domain) => now == *domain || now.ends_with(&format!(".{domain}")),
        None => now == host(&old.public_url),
    };
    reaches && name(old) == name(new)
}

/// Whether a link that was made before is of the same form as one that is made after.
fn links_still_lead(old: &Portal, new: &Portal) -> bool {
    match (old.landing, new.landing) {
        (Landing::Hosted { .. }, Landing::Hosted { .. }) => old.public_url == new.public_url,
        (Landing::Hosted { .. }, Landing::Portal) => false,
        (Landing::Portal, Landing::Portal | Landing::Hosted { .. }) => {
            old.url == new.url
                && old.test_url == new.test_url
                && old.session_parameter == new.session_parameter
        }
    }
}
