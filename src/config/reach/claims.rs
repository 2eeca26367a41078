//! What belongs to the portals of one file: the origins of their pages and of the applications that they list, and the audience of their tokens.
//!
//! Owns: that an included file takes neither from another file. A page's call that names no portal means the one that has or lists
//! its origin, a link leads to the pages of its own portal, and an API accepts whatever is signed for its audience. Several portals of
//! one file may share all of it, and whoever writes the configuration file decides for all.
//! Must not know: the rules of a portal for itself.

use std::collections::{HashMap, HashSet};

use url::{Host, Url};

use crate::config::places::Places;
use crate::domain::invalid::{Fault, Invalid};
use crate::domain::origin::origin_of;
use crate::domain::portal::Portal;

/// How a portal lays claim to something, the strongest first: the weaker one is at fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    /// Its pages are there, or its tokens are for the audience that is its own name.
    Nature,
    /// Its pages are tried there.
    Trial,
    /// It says so.
    Word,
    /// It lets the pages of an application in.
    Listing,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Thing {
    Origin(String),
    Audience(String),
}

struct Claim {
    by: By,
    /// Within the portal.
    key: &'static str,
    thing: Thing,
}

impl Claim {
    /// Whether nobody else can have it. Applications choose the name of their scheme themselves, and many have the same (`app://-`).
    fn is_exclusive(&self) -> bool {
        match (self.by, &self.thing) {
            (By::Nature | By::Trial | By::Word, _) | (By::Listing, Thing::Audience(_)) => true,
            (By::Listing, Thing::Origin(origin)) => {
                let (scheme, _) = origin.split_once("://").unwrap_or_default();
                matches!(scheme, "http" | "https") || scheme.ends_with("-extension")
            }
        }
    }
}

/// The place of a portal in the list of all, and its claim.
type Owners = HashMap<Thing, Vec<(usize, By)>>;

/// Of all portals, each with its path in the document. At the origin of `server_url` are all that have no address of their own.
pub fn faults(portals: &[(String, &Portal)], server_url: &Url, places: &Places) -> Vec<Fault> {
    if !portals.iter().any(|(path, _)| places.is_included(path)) {
        return Vec::new();
    }
    let everybodys = origin_of(server_url);
    let mut owners = Owners::new();
    let mut claims = Vec::new();
    for (at, (path, portal)) in portals.iter().enumerate() {
        for claim in claims_of(portal, everybodys.as_deref()) {
            if claim.is_exclusive() {
                owners.entry(claim.thing.clone()).or_default().push((at, claim.by));
            }
            if places.is_included(path) {
                claims.push((at, claim));
            }
        }
    }
    let mut faults: Vec<Fault> = Vec::new();
    let mut told = HashSet::new();
    for (at, claim) in claims {
        let Some(owner) = owner_before(&claim, at, &owners, portals, places) else { continue };
        // What it claims twice, as by url and public_url, is told once.
        if told.insert((at, claim.thing.clone())) {
            let (path, portal) = &portals[at];
            faults.push(taken(&claim.thing, portal, owner, places).at(format!("{path}.{}", claim.key)));
        }
    }
    faults
}

/// `everybodys`: an origin that is nobody's own.
fn claims_of(portal: &Portal, everybodys: Option<&str>) -> Vec<Claim> {
    let origins = [
        (By::Nature, "url", origin_of(&portal.url)),
        (By::Trial, "test_url", portal.test_url.as_ref().and_then(origin_of)),
        (By::Word, "public_url", origin_of(&portal.public_url)),
    ];
    let own: Vec<_> = origins.into_iter().filter_map(|(by, key, origin)| Some((by, key, origin?))).collect();
    let is_own = |listed: &&String| own.iter().any(|(_, _, origin)| origin == *listed);
    let listed = portal.allowed_origins.iter().filter(|listed| !is_own(listed));
    let listed: Vec<_> = listed.map(|origin| (By::Listing, "allowed_origins", origin.clone())).collect();
    let is_anybodys = |origin: &str| everybodys == Some(origin) || is_on_this_machine(origin);
    let origins = own.into_iter().chain(listed).filter(|(_, _, origin)| !is_anybodys(origin));
    let mut claims: Vec<Claim> =
        origins.map(|(by, key, origin)| Claim { by, key, thing: Thing::Origin(origin) }).collect();
    let audience = Thing::Audience(portal.tokens.audience(&portal.slug).to_owned());
    claims.push(match portal.tokens.audience {
        Some(_) => Claim { by: By::Word, key: "tokens.audience", thing: audience },
        None => Claim { by: By::Nature, key: "slug", thing: audience },
    });
    claims
}

/// Where everybody tries, and from where the shells of apps load their pages (`capacitor://localhost`).
fn is_on_this_machine(origin: &str) -> bool {
    let Ok(url) = Url::parse(origin) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A portal of another file that comes before this one: the operator's own, a stronger claim, or an earlier one.
fn owner_before<'p>(
    claim: &Claim,
    at: usize,
    owners: &Owners,
    portals: &'p [(String, &'p Portal)],
    places: &Places,
) -> Option<&'p (String, &'p Portal)> {
    let file = places.file_of(&portals[at].0);
    let comes_before = |(other, by): &&(usize, By)| {
        let path = &portals[*other].0;
        // Several portals may have one address of the gateway.
        let is_address = claim.by == By::Word && *by == By::Word && matches!(claim.thing, Thing::Origin(_));
        let is_stronger = !places.is_included(path) || (*by, *other) < (claim.by, at);
        is_stronger && !is_address && places.file_of(path) != file
    };
    let (other, _) = owners.get(&claim.thing)?.iter().find(comes_before)?;
    Some(&portals[*other])
}

fn taken(thing: &Thing, portal: &Portal, owner: &(String, &Portal), places: &Places) -> Invalid {
    let (path, other) = owner;
    let place = places.of(path).map(|place| format!(" ({place})")).unwrap_or_default();
    let (slug, other) = (&portal.slug, &other.slug);
    let (message, fix) = match thing {
        Thing::Origin(origin) => (
            format!(
                "{origin} belongs to the portal {other:?}{place} of another file, and calls of its pages could mean {slug:?} \
                 as well."
            ),
            "Take another address",
        ),
        Thing::Audience(audience) => (
            format!(
                "Tokens for {audience:?} are those of the portal {other:?}{place} of another file, and its APIs would accept \
                 those of {slug:?} as well."
            ),
            "Take another name",
        ),
    };
    let fix = format!("{fix}, or write both portals into one file, or this one into the configuration file.");
    Invalid::new(message, fix)
}
