//! What one configuration changes if it takes the place of another: `vestibule check --against`.
//!
//! Owns: by what a portal, a root key and a workspace are known in both, what takes a restart, and what a change means for
//! people. It tells no value: some are secret.
//! Must not know: files, the rules of a key, how anything is printed.

mod effects;
mod subject;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

pub use self::subject::Subject;
use super::restart;

/// What becomes of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in the new configuration only.
    Comes,
    /// It is in the old configuration only.
    Goes,
    /// A reload takes in these keys.
    Changes(Vec<String>),
    /// These keys take a restart.
    WaitsForRestart(Vec<String>),
}

/// One change, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is concerned.
    pub subject: Subject,
    /// What becomes of it.
    pub fate: Fate,
    /// For whoever uses it; empty if nobody notices.
    pub effects: Vec<&'static str>,
}

type Keys = BTreeMap<String, Value>;
type Outline = BTreeMap<Subject, Keys>;

/// All changes, in the order of their subjects.
pub fn between(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Change> {
    let (old, new) = (outline(old), outline(new));
    let subjects: BTreeSet<&Subject> = old.keys().chain(new.keys()).collect();
    subjects.into_iter().flat_map(|subject| changes_of(subject, old.get(subject), new.get(subject))).collect()
}

fn changes_of(subject: &Subject, old: Option<&Keys>, new: Option<&Keys>) -> Vec<Change> {
    let change = |fate: Fate, effects| Change { subject: subject.clone(), fate, effects };
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(_), None) => return vec![change(Fate::Goes, effects::of_going(subject))],
        (None, Some(_) | None) => return vec![change(Fate::Comes, Vec::new())],
    };
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differ = keys.into_iter().filter(|key| old.get(*key) != new.get(*key)).cloned();
    let (at_restart, at_reload): (Vec<_>, Vec<_>) =
        differ.partition(|key| *subject == Subject::Gateway && restart::is_needed_for(key));
    let mut changes = Vec::new();
    for (keys, fate) in
        [(at_reload, Fate::Changes as fn(Vec<String>) -> Fate), (at_restart, Fate::WaitsForRestart)]
    {
        if !keys.is_empty() {
            let effects = effects::of_change(subject, &keys, new);
            changes.push(change(fate(keys), effects));
        }
    }
    changes
}

/// What a document says, by subject.
fn outline(document: &Map<String, Value>) -> Outline {
    let mut outline = Outline::new();
    let gateway = document.iter().filter(|(name, _)| *name != "workspaces");
    outline.insert(Subject::Gateway, flat(gateway));
    for workspace in tables(document.get("workspaces")) {
        let id = text(workspace, "id");
        for portal in tables(workspace.get("portals")) {
            let subject = Subject::Portal { workspace: id.clone(), slug: text(portal, "slug") };
            outline.insert(subject, flat(portal.iter()));
        }
        for key in tables(workspace.get("root_keys")) {
            let name = match key.get("id") {
                Some(_) => text(key, "id"),
                None => format!("{}…", text(key, "sha256").get(..8).unwrap_or_default()),
            };
            outline.insert(Subject::RootKey { workspace: id.clone(), id: name }, flat(key.iter()));
        }
        let own = workspace.iter().filter(|(name, _)| *name != "portals" && *name != "root_keys");
        outline.insert(Subject::Workspace(id), flat(own));
    }
    outline
}

fn tables(list: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn text(table: &Map<String, Value>, key: &str) -> String {
    table.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The keys of a table, and those of its tables with a point between.
fn flat<'a>(table: impl Iterator<Item = (&'a String, &'a Value)>) -> Keys {
    let mut keys = Keys::new();
    for (name, value) in table {
        match value.as_object() {
            Some(inner) => {
                keys.extend(inner.iter().map(|(key, value)| (format!("{name}.{key}"), value.clone())));
            }
            None => {
                keys.insert(name.clone(), value.clone());
            }
        }
    }
    keys
}

impl fmt::Display for Change {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fate {
            Fate::Comes => write!(form, "{} is new.", self.subject)?,
            Fate::Goes => write!(form, "{} goes.", self.subject)?,
            Fate::Changes(keys) => {
                write!(form, "{} changes at a reload: {}.", self.subject, keys.join(", "))?
            }
            Fate::WaitsForRestart(keys) => {
                write!(form, "{} needs a restart for: {}.", self.subject, keys.join(", "))?;
            }
        }
        self.effects.iter().try_for_each(|effect| write!(form, " {effect}"))
    }
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
