//! Reads `[[workspaces]]` into the domain's catalog.
//!
//! Owns: the rules and defaults of workspaces and portals (API.md section 8).
//! Must not know: where the document came from.

use serde_json::Value;
use url::Url;

use super::appearance::read_appearance;
use super::places::Places;
use super::policy::read_policy;
use super::reach;
use super::root_keys::read_root_key;
use super::tokens::read_portal_tokens;
use super::urls::{parse_prefix_url, parse_public_url};
use super::uses::Uses;
use crate::domain::catalog::Catalog;
use crate::domain::credential::Digest;
use crate::domain::invalid::Invalid;
use crate::domain::origin::{origin_of, parse_origin, parse_portal_url};
use crate::domain::portal::{CookieSettings, Landing, Portal, SESSION_PARAMETER, SameSite, parse_slug};
use crate::domain::return_url::parse_http_url;
use crate::fields::{Fields, boolean, integer, parsed, shown_text, string};

/// Names that must be unique in the whole configuration.
struct Taken<'p> {
    workspaces: Uses<'p, String>,
    slugs: Uses<'p, String>,
    cookies: Uses<'p, String>,
    keys: Uses<'p, Digest>,
}

/// Reads all workspaces. If there are faults, the catalog is incomplete and must not be used. `public_url`: None if it has a
/// fault.
pub fn read(top: &mut Fields<'_, '_>, public_url: Option<&Url>, can_sign: bool, places: &Places) -> Catalog {
    let mut taken = Taken {
        workspaces: Uses::new(places),
        slugs: Uses::new(places),
        cookies: Uses::new(places),
        keys: Uses::new(places),
    };
    let (mut portals, mut keys): (Vec<(String, Portal)>, _) = (Vec::new(), Vec::new());
    top.sections("workspaces", |mut workspace| {
        let id = workspace.required("id", shown_text(1, 64)).unwrap_or_default().to_owned();
        if !id.is_empty()
            && let Some(other) = taken.workspaces.other(id.clone(), workspace.location("id"))
        {
            workspace.fault("id", twice("workspace", &id, &other));
        }
        // The folder was read before.
        workspace.optional("include", parsed(|_| Ok(())));
        let own = workspace.sections("portals", |fields| {
            let path = fields.path().to_owned();
            read_portal(fields, &id, public_url, can_sign, &mut taken).map(|portal| (path, portal))
        });
        // Also those of portals that have a fault: it is told where it is, and not again at the key.
        let slugs = names(workspace.value("portals"));
        let slugs = (!places.is_incomplete(workspace.path())).then_some(&slugs[..]);
        let own_keys = workspace
            .sections("root_keys", |fields| read_root_key(fields, &id, slugs, can_sign, &mut taken.keys));
        workspace.finish();
        keys.extend(own_keys.into_iter().flatten());
        portals.extend(own.into_iter().flatten());
    });
    let all: Vec<(String, &Portal)> = portals.iter().map(|(path, portal)| (path.clone(), portal)).collect();
    let reach = public_url.map(|public_url| reach::faults(&all, public_url, places));
    for fault in reach.into_iter().flatten() {
        top.fault(&fault.location, Invalid { message: fault.message, fix: fault.fix });
    }
    let portals = portals.into_iter().map(|(_, portal)| portal).collect();
    Catalog::new(portals, keys)
}

fn names(portals: Option<&Value>) -> Vec<&str> {
    let portals = portals.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    portals.iter().filter_map(|portal| portal.get("slug")?.as_str()).collect()
}

fn twice(what: &str, name: &str, other: &str) -> Invalid {
    Invalid::new(
        format!("There is another {what} {name:?} ({other})."),
        "Give each its own; they are unique in the whole configuration.",
    )
}

fn read_portal(
    mut fields: Fields<'_, '_>,
    workspace: &str,
    server_url: Option<&Url>,
    can_sign: bool,
    taken: &mut Taken<'_>,
) -> Option<Portal> {
    let slug = fields.required("slug", parsed(parse_slug)).map(str::to_owned);
    if let Some(slug) = &slug
        && let Some(other) = taken.slugs.other(slug.clone(), fields.location("slug"))
    {
        fields.fault("slug", twice("portal", slug, &other));
    }
    let url = fields.required("url", parsed(parse_portal_url));
    let test_url = fields.optional("test_url", parsed(parse_portal_url));
    let session_parameter = fields.optional("session_parameter", parsed(parse_parameter));
    let return_url = fields.optional("return_url", parsed(parse_http_url));
    let return_urls = fields.list("return_urls", |value| parse_prefix_url(string(value)?));
    let listed_origins = fields.list("allowed_origins", |value| parse_origin(string(value)?));
    let has_own = fields.value("public_url").is_some();
    let own = fields.optional("public_url", parsed(parse_public_url));
    let public_url = if has_own { own } else { server_url.cloned() };
    let ticket_ttl_seconds = fields.optional("session_id_ttl_seconds", integer(30, 900)).unwrap_or(900);
    let enabled = fields.optional("enabled", boolean).unwrap_or(true);
    let clear_site_data = fields.optional("clear_site_data", boolean).unwrap_or(false);
    let policy = read_policy(&mut fields);
    let resume = fields.optional("resume", boolean).unwrap_or(true);
    let landing = read_landing(&mut fields);
    let appearance = read_appearance(&mut fields);
    let direct = fields.optional("direct", boolean).unwrap_or(false);
    let tokens = read_portal_tokens(&mut fields, can_sign);
    let default_name = format!("portal_session_{}", slug.as_deref().unwrap_or_default());
    let cookie = read_cookie(fields.section("cookie"), default_name.clone(), public_url.as_ref());
    // Without a slug, the default name is not what it would be.
    let is_named = slug.is_some() || cookie.name != default_name;
    if is_named && let Some(other) = taken.cookies.other(cookie.name.clone(), fields.location("cookie.name"))
    {
        fields.fault("cookie.name", twice("portal cookie", &cookie.name, &other));
    }
    fields.finish();

    let (url, public_url) = (url?, public_url?);
    let own_origins = [Some(&url), test_url.as_ref(), Some(&public_url)].into_iter().flatten();
    let mut allowed_origins: Vec<String> = Vec::new();
    for origin in own_origins.filter_map(origin_of).chain(listed_origins.unwrap_or_default()) {
        if !allowed_origins.contains(&origin) {
            allowed_origins.push(origin);
        }
    }
    Some(Portal {
        workspace: workspace.to_owned(),
        slug: slug?,
        allowed_origins,
        return_urls: return_urls.unwrap_or_else(|| return_url.iter().cloned().collect()),
        url,
        test_url,
        session_parameter: session_parameter.unwrap_or_else(|| SESSION_PARAMETER.to_owned()),
        return_url,
        public_url,
        ticket_ttl_ms: ticket_ttl_seconds * 1_000,
        policy,
        landing,
        appearance,
        enabled,
        clear_site_data,
        resume,
        cookie,
        direct,
        tokens,
    })
}

fn read_landing(fields: &mut Fields<'_, '_>) -> Landing {
    let hosted = fields.optional("landing", |value| match string(value)? {
        "portal" => Ok(false),
        "hosted" => Ok(true),
        _ => Err(Invalid::new("Expected \"portal\" or \"hosted\".", "Write landing = \"hosted\".")),
    });
    let confirm = fields.optional("confirm", boolean).unwrap_or(false);
    match hosted.unwrap_or(false) {
        true => Landing::Hosted { confirm },
        false if confirm => {
            let fix = "Write landing = \"hosted\" too, or leave confirm out.";
            fields.fault("confirm", Invalid::new("Only the gateway's own landing page can ask.", fix));
            Landing::Portal
        }
        false => Landing::Portal,
    }
}

/// `public_url`: None if it has a fault, which is told, and not what follows from it.
fn read_cookie(mut fields: Fields<'_, '_>, default_name: String, public_url: Option<&Url>) -> CookieSettings {
    let name = fields.optional("name", parsed(parse_cookie_name)).unwrap_or(default_name);
    let same_site = fields.optional("same_site", |value| match string(value)? {
        "lax" => Ok(SameSite::Lax),
        "strict" => Ok(SameSite::Strict),
        "none" => Ok(SameSite::None),
        _ => Err(Invalid::new("Expected \"lax\", \"strict\" or \"none\".", "Write same_site = \"lax\".")),
    });
    let same_site = same_site.unwrap_or(SameSite::Lax);
    let partitioned = fields.optional("partitioned", boolean).unwrap_or(false);
    let domain = fields.optional("domain", |value| parse_domain(string(value)?, public_url));
    let needs_https = "Browsers accept it only over https.";
    let is_plain = public_url.is_some_and(|public_url| public_url.scheme() != "https");
    if is_plain && same_site == SameSite::None {
        fields.fault(
            "same_site",
            Invalid::new(needs_https, "Use an https public_url, or same_site = \"lax\"."),
        );
    }
    if is_plain && partitioned {
        fields.fault(
            "partitioned",
            Invalid::new(needs_https, "Use an https public_url, or partitioned = false."),
        );
    }
    fields.finish();
    CookieSettings { name, same_site, partitioned, domain }
}

/// A text that needs no encoding in a query.
fn parse_parameter(text: &str) -> Result<String, Invalid> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
        return Ok(text.to_owned());
    }
    let fix = "Use a name such as \"session\" or \"code\".";
    Err(Invalid::new("A parameter's name has 1 to 64 of the characters A-Z a-z 0-9 _ and -.", fix))
}

fn parse_cookie_name(text: &str) -> Result<String, Invalid> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if !(1..=80).contains(&text.len()) || !text.bytes().all(allowed) {
        let fix = "Use a name such as \"portal_session_acme\".";
        return Err(Invalid::new("A cookie's name has 1 to 80 of the characters A-Z a-z 0-9 _ - .", fix));
    }
    let own = ["portal_hint", "portal_landing", "portal_bounces"];
    if text.starts_with("__") || text.starts_with("portal_resume_") || own.contains(&text) {
        return Err(Invalid::new(
            "This name is taken.",
            "Leave out the prefix; __Host- is added where its conditions hold.",
        ));
    }
    Ok(text.to_owned())
}

/// A browser accepts a cookie's domain only if it is the host's own name or a parent of it.
fn parse_domain(text: &str, public_url: Option<&Url>) -> Result<String, Invalid> {
    let Some(public_url) = public_url else { return Ok(text.to_owned()) };
    let host = public_url.host_str().unwrap_or_default();
    if text.contains('.') && (host == text || host.ends_with(&format!(".{text}"))) {
        return Ok(text.to_owned());
    }
    let fix = "Use the domain that the portal and the gateway share, such as \"example.com\".";
    Err(Invalid::new(format!("{host:?} is not a host of this domain."), fix))
}
