//! What a change means for the people and programs that use what changes.
//!
//! Owns: the sentence for each key whose change somebody notices at once. Every other change is what its key says.
//! Must not know: how changes are found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::subject::Subject;

/// Of what is not there any more.
pub fn of_going(subject: &Subject) -> Vec<&'static str> {
    match subject {
        Subject::Gateway | Subject::Workspace(_) => Vec::new(),
        Subject::Portal { .. } => {
            vec!["Its sessions and links are refused from then on: whoever is signed in there is signed out."]
        }
        Subject::RootKey { .. } => {
            vec!["A backend that uses it gets a 401. The sessions that it created live on."]
        }
    }
}

/// Of keys that have another value; `new` has all that the subject has now.
pub fn of_change(subject: &Subject, keys: &[String], new: &BTreeMap<String, Value>) -> Vec<&'static str> {
    let mut effects: Vec<&'static str> = Vec::new();
    for key in keys {
        let effect = match subject {
            Subject::Gateway => of_gateway(key),
            Subject::Workspace(_) => None,
            Subject::Portal { .. } => of_portal(key, new.get(key)),
            Subject::RootKey { .. } => of_root_key(key),
        };
        effects.extend(effect.filter(|effect| !effects.contains(effect)));
    }
    effects
}

fn of_gateway(key: &str) -> Option<&'static str> {
    match key {
        "server.secret" | "server.previous_secrets" => Some(
            "Every replica must know the new secret before one uses it: docs/security.md, Rotating server.secret.",
        ),
        "server.public_url" => Some(OTHER_COOKIE),
        "store.url" | "store.prefix" => {
            Some("If it is another store, it has none of the sessions: everybody goes home for a new one.")
        }
        "tokens.signing_key_files" => {
            Some("Tokens of a key that is not listed any more are refused: docs/tokens.md, Rotation.")
        }
        _ => None,
    }
}

/// `now`: None if the default holds.
fn of_portal(key: &str, now: Option<&Value>) -> Option<&'static str> {
    match key {
        "cookie.name" | "cookie.domain" | "cookie.partitioned" | "public_url" => Some(OTHER_COOKIE),
        "enabled" if now.and_then(Value::as_bool) == Some(false) => {
            Some("Nobody gets in while it is disabled; sessions and links are kept.")
        }
        "direct" if now.and_then(Value::as_bool) != Some(true) => {
            Some("Its direct tokens are refused from then on.")
        }
        "tokens.audience" => {
            Some("Signed tokens of the former audience are refused, and APIs must expect the new one.")
        }
        "landing" if now.and_then(Value::as_str) != Some("hosted") => {
            Some("Links to its hosted page that nobody has opened yet are refused.")
        }
        _ => None,
    }
}

fn of_root_key(key: &str) -> Option<&'static str> {
    match key {
        "sha256" => Some("The former key gets a 401 from then on. To rotate, keep both entries for a while."),
        _ => None,
    }
}

const OTHER_COOKIE: &str =
    "Browsers hold the former cookie: whoever is signed in may have to come again for a new session.";
