//! Reads the whole document into settings.
//!
//! Owns: the order of the sections, and the rules that join several of them.
//! Must not know: where the document came from.

use serde_json::{Map, Value};
use url::Url;

use super::files::Files;
use super::otel::Sampler;
use super::places::Places;
use super::restart::{AtRestart, digest_of_rest};
use super::sections::{read_history, read_limits, read_log, read_server};
use super::settings::Settings;
use super::store::{Store, StoreLocation, read_store};
use super::telemetry::read_telemetry;
use super::tokens::read_tokens;
use super::urls::parse_base_url;
use super::workspaces;
use crate::domain::invalid::{Faults, Invalid};
use crate::fields::{Fields, Object, parsed};
use crate::tokens::SigningKey;

/// Without settings there is a fault. With a fault, the settings are incomplete and must not be used.
/// `in_force`: the public URL that portals take who have none of their own, if it is not this document's. `sampler`: what stands in
/// for `telemetry.traces_one_in`.
pub fn read(
    document: &Map<String, Value>,
    in_force: Option<&Url>,
    sampler: Option<Sampler>,
    files: &Files,
    places: &Places,
    faults: &mut Faults,
) -> Option<Settings> {
    let mut top = Fields::new(Object::Map(document), "", faults);
    let store = read_store(top.section("store"), files);
    let in_memory = store.as_ref().is_none_or(|store| matches!(store.location, StoreLocation::Memory));
    let server = read_server(top.section("server"), in_memory);
    let limits = read_limits(top.section("limits"));
    let history = read_history(top.section("history"));
    let log = read_log(top.section("log"));
    let telemetry = read_telemetry(top.section("telemetry"), sampler);
    let mut errors = top.section("errors");
    let type_base = errors.optional("type_base", parsed(parse_base_url));
    errors.finish();
    // Without it, nothing is said that only follows from that.
    let public_url = server.as_ref().map(|server| &server.public_url);
    let (signing_keys, is_any_named) = read_tokens(top.section("tokens"), files);
    let can_sign = in_memory || is_any_named;
    let catalog = workspaces::read(&mut top, in_force.or(public_url), can_sign, places);
    if let Some(Store { location: StoreLocation::Memory, allow_memory: false, .. }) = &store {
        let all = catalog.portals().iter().map(|portal| &portal.public_url);
        if let Some(url) = public_url.into_iter().chain(all).find(|url| is_public(url)) {
            top.fault("store.url", forgotten_store(url));
        }
    }
    top.finish();
    let public_url = public_url?;
    let base = type_base.map_or_else(|| without_slash(public_url) + "/errors", |base| without_slash(&base));
    Some(Settings {
        server: server?,
        store: store?,
        error_type_base: base,
        limits,
        history,
        log,
        telemetry,
        rest: digest_of_rest(document, signing_keys.iter().map(SigningKey::id)),
        signing_keys,
        catalog,
        at_restart: AtRestart::of(document, files),
        left_aside: Vec::new(),
        refused_at_restart: Vec::new(),
    })
}

/// Whether people from elsewhere reach it.
fn is_public(url: &Url) -> bool {
    !matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// `[store]` was probably left out. Each replica would have sessions of its own, and people would be signed out at random.
fn forgotten_store(public_url: &Url) -> Invalid {
    let message = format!(
        "Sessions would be kept in this process only, although people come to {public_url}: another replica would not \
         have them, and a restart would sign everybody out."
    );
    Invalid::new(message, "Set it to your Redis. For a gateway that is alone, set store.allow_memory = true.")
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
