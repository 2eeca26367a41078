//! What a portal of an included file does beyond itself, in the browsers of other portals' people.
//!
//! Owns: that its writers, who are trusted with their own portals only, neither delete what others have stored, nor take the
//! name of a cookie that is not the gateway's, nor what belongs to another file (`claims`). `cookie.domain` is theirs: it gives
//! their own cookie to more hosts, none of which a logout clears (`http` sends that to the host of `public_url` only).
//! Must not know: the rules of a portal for itself.

mod claims;

use url::Url;

use super::places::Places;
use crate::domain::invalid::{Fault, Invalid};
use crate::domain::portal::Portal;

/// What the names of the gateway's own session cookies begin with.
const OWN_NAMES: &str = "portal_session_";

/// Of all portals, each with its path in the document. `server_url`: that of portals who have none of their own.
pub fn faults(portals: &[(String, &Portal)], server_url: &Url, places: &Places) -> Vec<Fault> {
    let included = portals.iter().filter(|(path, _)| places.is_included(path));
    let faults = included.flat_map(|(path, portal)| {
        let cleared = portal.clear_site_data.then(|| who_else(path, portal, portals, server_url, places));
        let cleared = cleared.flatten().map(|other| shared(&other).at(format!("{path}.clear_site_data")));
        let named = !portal.cookie.name.starts_with(OWN_NAMES);
        cleared.into_iter().chain(named.then(|| foreign_name().at(format!("{path}.cookie.name"))))
    });
    faults.chain(claims::faults(portals, server_url, places)).collect()
}

/// Whose pages are at the same origin: a browser stores by that.
fn who_else(
    path: &str,
    portal: &Portal,
    portals: &[(String, &Portal)],
    server_url: &Url,
    places: &Places,
) -> Option<String> {
    let origin = portal.public_url.origin();
    if server_url.origin() == origin {
        return Some("all portals without a public_url of their own".to_owned());
    }
    let file = places.file_of(path);
    let others = portals.iter().filter(|(other, _)| places.file_of(other) != file);
    let mut others = others.filter(|(_, other)| other.public_url.origin() == origin);
    others.next().map(|(_, other)| format!("the portal {:?}", other.slug))
}

fn shared(other: &str) -> Invalid {
    let message = format!("A logout would delete what the browser has stored for {other} too.");
    let fix = "Give the portal a public_url that no other file's portal has, or write it into the configuration file.";
    Invalid::new(message, fix)
}

fn foreign_name() -> Invalid {
    let message = "In an included file, a cookie's name begins with portal_session_: another name may be that of another \
                   application's cookie.";
    let fix = "Leave it out, take such a name, or write the portal into the configuration file.";
    Invalid::new(message, fix)
}
