//! Which keys are texts.
//!
//! Owns: reading that from the schema (config/vestibule.schema.json), so that a variable is read by the type of its key: a
//! password of digits is no number.
//! Must not know: what any key means.

use serde_json::Value;

use super::schema::SCHEMA;

/// The types of all keys.
pub struct Types(Value);

impl Types {
    /// As the schema has them, which is a part of the program.
    pub fn of_schema() -> Self {
        Types(serde_json::from_str(SCHEMA).unwrap_or_default())
    }

    /// Whether the key at this path (`workspaces`, `0`, `id`) is a text.
    pub fn is_text(&self, path: &[impl AsRef<str>]) -> bool {
        let key = path.iter().try_fold(self.resolved(&self.0), |outer, step| {
            let inner = match step.as_ref().parse::<usize>() {
                Ok(_) => outer?.get("items")?,
                Err(_) => outer?.get("properties")?.get(step.as_ref())?,
            };
            Some(self.resolved(inner))
        });
        let Some(Some(key)) = key else { return false };
        let words = key.get("enum").and_then(Value::as_array);
        key.get("type").is_some_and(|kind| kind == "string")
            || words.is_some_and(|words| words.iter().all(Value::is_string))
    }

    /// What `{"$ref": "#/definitions/portal"}` stands for.
    fn resolved<'t>(&'t self, node: &'t Value) -> Option<&'t Value> {
        match node.get("$ref").and_then(Value::as_str) {
            Some(path) => self.0.pointer(path.strip_prefix('#')?),
            None => Some(node),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_from_other_types() {
        let types = Types::of_schema();
        let is_text = |path: &str| types.is_text(&path.split('.').collect::<Vec<_>>());
        for text in [
            "store.sentinel_password",
            "server.previous_secrets.1",
            "log.format",
            "workspaces.0.id",
            "workspaces.3.portals.12.slug",
            "workspaces.0.portals.0.cookie.same_site",
            "workspaces.0.root_keys.0.permissions.0",
            "workspaces.0.root_keys.0.environment",
        ] {
            assert!(is_text(text), "{text}");
        }
        for other in [
            "store.timeout_ms",
            "store.allow_memory",
            "server.previous_secrets",
            "workspaces",
            "workspaces.0",
            "workspaces.0.portals.0.enabled",
            "store.nonsense",
            "store.url.0",
            "",
        ] {
            assert!(!is_text(other), "{other}");
        }
    }
}
