//! Reads `[[workspaces.root_keys]]`.
//!
//! Owns: the rules and defaults of a root key's entry (API.md sections 8, 9 and 16).
//! Must not know: the key itself; the entry has its digest.

use super::invisible;
use super::tokens::signing_key_missing;
use super::uses::Uses;
use crate::domain::credential::Digest;
use crate::domain::environment::Environment;
use crate::domain::invalid::Invalid;
use crate::domain::permission::{MAX_PERMISSIONS, Permission, any_covers};
use crate::domain::root_key::{PortalScope, Right, RootKeyEntry};
use crate::domain::token_format::TokenFormat;
use crate::fields::{Fields, shown_text, string};

/// Reads one entry. `slugs`: the portals of its workspace; None if not all are known. `can_sign`: there is a key that signs tokens, or one is made at
/// the start. `taken`: the digests of all entries before it.
pub fn read_root_key(
    mut fields: Fields<'_, '_>,
    workspace: &str,
    slugs: Option<&[&str]>,
    can_sign: bool,
    taken: &mut Uses<'_, Digest>,
) -> Option<RootKeyEntry> {
    let id = fields.required("id", shown_text(1, 64));
    let digest = read_digest(&mut fields, taken);
    let environment = fields.required("environment", |value| {
        let environment = Environment::from_name(string(value)?);
        environment
            .ok_or_else(|| Invalid::new("Expected \"live\" or \"test\".", "Write environment = \"live\"."))
    });
    let portals = read_portals(&mut fields, slugs);
    let rights = read_rights(&mut fields);
    let everything = || Permission::parse("*").map(|all| vec![all]).unwrap_or_default();
    let permissions = fields.list("permissions", |value| Permission::parse(string(value)?));
    let permissions = permissions.unwrap_or_else(everything);
    let default_portal = read_default_portal(&mut fields, slugs, &portals);
    let default_permissions = read_default_permissions(&mut fields, &permissions);
    let default_format = read_default_format(&mut fields, can_sign);
    fields.finish();
    Some(RootKeyEntry {
        workspace: workspace.to_owned(),
        id: id?.to_owned(),
        digest: digest?,
        environment: environment?,
        portals,
        rights,
        permissions,
        default_portal,
        default_permissions,
        default_format,
    })
}

fn read_digest(fields: &mut Fields<'_, '_>, taken: &mut Uses<'_, Digest>) -> Option<Digest> {
    let digest = fields.required("sha256", |value| {
        let fix = "Take the sha256 that `vestibule keys new` prints. It is not the key itself.";
        let text = string(value)?;
        Digest::from_hex(text).ok_or_else(|| {
            // To whoever counts, it has 64 of them.
            let beside = match invisible::in_secret(text) {
                Some(character) => format!(" There is the character {character} too, which nobody sees."),
                None if text.trim() != text => " There is white space at its ends.".to_owned(),
                None => String::new(),
            };
            Invalid::new(format!("Expected 64 hexadecimal digits.{beside}"), fix)
        })
    })?;
    if let Some(other) = taken.other(digest, fields.location("sha256")) {
        let fix = "Make a key of its own for each entry.";
        fields.fault("sha256", Invalid::new(format!("Another root key has this sha256 ({other})."), fix));
    }
    Some(digest)
}

fn read_portals(fields: &mut Fields<'_, '_>, slugs: Option<&[&str]>) -> PortalScope {
    let listed = fields.list("portals", |value| match string(value)? {
        "*" => Ok("*".to_owned()),
        slug => of_workspace(slug, slugs, "Use \"*\" or slugs of this workspace"),
    });
    match listed {
        Some(listed) if !listed.iter().any(|slug| slug == "*") => PortalScope::Slugs(listed),
        Some(_) | None => PortalScope::All,
    }
}

fn read_rights(fields: &mut Fields<'_, '_>) -> Vec<Right> {
    let names = Right::ALL.map(Right::name).join(", ");
    let listed = fields.list("rights", |value| {
        let right = Right::from_name(string(value)?);
        right.ok_or_else(|| Invalid::new("There is no such right.", format!("Use any of: {names}.")))
    });
    if fields.value("rights").and_then(|value| value.as_array()).is_some_and(Vec::is_empty) {
        let fix = "Name at least one, or leave rights out: then it has all.";
        fields.fault("rights", Invalid::new("A key without a right is of no use.", fix));
    }
    listed.unwrap_or_else(|| Right::ALL.to_vec())
}

fn read_default_portal(
    fields: &mut Fields<'_, '_>,
    slugs: Option<&[&str]>,
    portals: &PortalScope,
) -> Option<String> {
    let slug = fields.optional("default_portal", |value| {
        of_workspace(string(value)?, slugs, "Use a slug of this workspace")
    })?;
    if !portals.has(&slug) {
        let fix = "Name one of the key's own portals, or add it to them.";
        fields.fault("default_portal", Invalid::new("This key may not see the portal.", fix));
    }
    Some(slug)
}

fn read_default_permissions(
    fields: &mut Fields<'_, '_>,
    permissions: &[Permission],
) -> Option<Vec<Permission>> {
    let name = "default_permissions";
    let defaults = fields.list(name, |value| Permission::parse(string(value)?))?;
    if defaults.is_empty() {
        let fix = "Name at least one, or leave the key out.";
        fields.fault(name, Invalid::new("A session needs a permission.", fix));
    }
    if defaults.len() > MAX_PERMISSIONS {
        let message = format!("A session is granted at most {MAX_PERMISSIONS} permissions.");
        fields.fault(name, Invalid::new(message, "Use wildcards, as in \"api.*.read_key\"."));
    }
    if defaults.iter().any(|asked| !any_covers(permissions, asked)) {
        let fix = "Leave out what the key may not grant, or add it to the key's permissions.";
        fields.fault(name, Invalid::new("The key may not grant all of these.", fix));
    }
    Some(defaults)
}

fn read_default_format(fields: &mut Fields<'_, '_>, can_sign: bool) -> TokenFormat {
    let format = fields.optional("default_format", |value| {
        let fix = "Leave the key out, or write default_format = \"jwt\".";
        TokenFormat::from_name(string(value)?)
            .ok_or_else(|| Invalid::new("Expected \"opaque\" or \"jwt\".", fix))
    });
    let format = format.unwrap_or(TokenFormat::Opaque);
    if format == TokenFormat::Jwt && !can_sign {
        fields.fault("default_format", signing_key_missing());
    }
    format
}

fn of_workspace(slug: &str, slugs: Option<&[&str]>, fix: &str) -> Result<String, Invalid> {
    let Some(slugs) = slugs.filter(|slugs| !slugs.contains(&slug)) else { return Ok(slug.to_owned()) };
    let fix = format!("{fix}: {}.", slugs.join(", "));
    Err(Invalid::new(format!("This workspace has no portal {slug:?}."), fix))
}
