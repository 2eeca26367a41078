//! The JSON Schema of the configuration, by which editors complete keys and mark mistakes.
//!
//! Owns: config/vestibule.schema.json. `tests/config/schema.rs` holds it to the readers of this module, key by key. What several
//! keys decide together only `vestibule check` knows.
//! Must not know: what any key means.

use serde_json::{Value, json};

/// Of the configuration file.
pub const SCHEMA: &str = include_str!("../../config/vestibule.schema.json");

/// Of a file in a folder that a workspace includes.
pub fn schema_of_included() -> serde_json::Result<Value> {
    let whole: Value = serde_json::from_str(SCHEMA)?;
    let lists = &whole["definitions"]["workspace"]["properties"];
    Ok(json!({
        "$schema": whole["$schema"],
        "title": "Portals of Vestibule, and the keys of their backends",
        "type": "object",
        "additionalProperties": false,
        "properties": { "portals": lists["portals"], "root_keys": lists["root_keys"] },
        "definitions": whole["definitions"],
    }))
}
