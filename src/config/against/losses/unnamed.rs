//! Requests that do not say which portal they mean, and are no longer understood.
//!
//! Owns: that a portal which is new, or lists one more origin, can take away what told the meant one.
//! Must not know: how a request's portal is found (`domain::presented` does).

use std::collections::BTreeSet;

use url::Url;

use crate::domain::catalog::Catalog;
use crate::domain::origin::origin_of;
use crate::domain::portal::Portal;

/// All of them. `server_url`: that of the gateway, whose origin portals list that have no `public_url` of their own.
pub fn of(old: &Catalog, new: &Catalog, server_url: &Url) -> Vec<String> {
    let mut losses = Vec::new();
    if let Some(portal) = old.only_portal()
        && new.portals().len() > 1
        && new.portal(&portal.slug).is_some()
    {
        losses.push(format!(
            "portal {:?} is not the only one any more: calls without slug from browsers without its cookie know no portal, \
             so people are not sent home",
            portal.slug
        ));
    }
    let origins: BTreeSet<&String> =
        old.portals().iter().flat_map(|portal| &portal.allowed_origins).collect();
    for origin in origins {
        let [before] = old.portals_listing(origin) else { continue };
        if !has_pages_at(before, origin, server_url) || new.portal(&before.slug).is_none() {
            continue;
        }
        let now = new.portals_listing(origin).iter();
        let others: Vec<&str> =
            now.map(|portal| portal.slug.as_str()).filter(|slug| *slug != before.slug).collect();
        if !others.is_empty() {
            losses.push(format!(
                "pages of {origin} meant the portal {:?} without a slug; {} list it too: whoever has sessions of several is \
                 refused there",
                before.slug,
                others.join(", ")
            ));
        }
    }
    losses
}

/// At the gateway's own address there are most often no pages but the gateway's.
fn has_pages_at(portal: &Portal, origin: &str, server_url: &Url) -> bool {
    let is_here = |url: &Url| origin_of(url).as_deref() == Some(origin);
    !is_here(server_url) || is_here(&portal.url) || portal.test_url.as_ref().is_some_and(is_here)
}
