//! Where each key is written, and faults that tell it.
//!
//! Owns: finding the place of a key that is missing (where it would belong), and the path of a key within an included file.
//! Must not know: what any key means.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::domain::invalid;

/// Where a key has its value from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a file, counted from 1.
    Line {
        /// Its path.
        file: String,
        /// Of the key.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { file, line } => write!(form, "{file}:{line}"),
            Place::Variable(name) => form.write_str(name),
        }
    }
}

/// One invalid value of the configuration. It is shown as compilers show theirs, so that editors find the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is written; None where the location says so itself.
    pub place: Option<Place>,
    /// Such as `workspaces[0].portals[1].url`; within an included file `portals[0].url`.
    pub location: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(form, "{place}: ")?;
        }
        write!(form, "{}: {} {}", self.location, self.message, self.fix)
    }
}

impl From<invalid::Fault> for Fault {
    fn from(fault: invalid::Fault) -> Self {
        let invalid::Fault { location, message, fix } = fault;
        Fault { place: None, location, message, fix }
    }
}

/// The place of every key of a document, by its path.
#[derive(Default)]
pub struct Places {
    places: HashMap<String, Place>,
    /// The paths of elements that come from an included file, and their paths in that.
    included: HashMap<String, String>,
    /// The paths of workspaces of which not all files could be read.
    incomplete: HashSet<String>,
}

impl Places {
    /// A key is in a file.
    pub fn put_line(&mut self, path: String, file: &str, line: usize) {
        self.places.insert(path, Place::Line { file: file.to_owned(), line });
    }

    /// A variable has replaced a value, with all that was in it.
    pub fn put_variable(&mut self, path: &str, name: &str) {
        let is_inside =
            |other: &str| other.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.places.retain(|other, _| !is_inside(other));
        self.places.insert(path.to_owned(), Place::Variable(name.to_owned()));
    }

    /// A variable stood in for another one, which is what its operator has set.
    pub fn rename_variable(&mut self, ours: &str, told: &str) {
        let is_ours = |place: &Place| matches!(place, Place::Variable(name) if name == ours);
        for place in self.places.values_mut().filter(|place| is_ours(place)) {
            *place = Place::Variable(told.to_owned());
        }
    }

    /// An element of a list is from an included file, where it has a path of its own.
    pub fn put_included(&mut self, path: String, inner: String) {
        self.included.insert(path, inner);
    }

    /// Whether this is an element of a list that is from an included file.
    pub fn is_included(&self, path: &str) -> bool {
        self.included.contains_key(path)
    }

    /// A file of this workspace could not be read.
    pub fn put_incomplete(&mut self, workspace: &str) {
        self.incomplete.insert(workspace.to_owned());
    }

    /// Whether this workspace may have more than is known.
    pub fn is_incomplete(&self, workspace: &str) -> bool {
        self.incomplete.contains(workspace)
    }

    /// The file that a key is in.
    pub fn file_of(&self, path: &str) -> Option<&str> {
        match self.of(path)? {
            Place::Line { file, .. } => Some(file),
            Place::Variable(_) => None,
        }
    }

    /// Where a key is written, or the innermost that encloses it.
    pub fn of(&self, path: &str) -> Option<&Place> {
        enclosing(path).find_map(|path| self.places.get(path))
    }

    /// Adds the place to a fault.
    pub fn locate(&self, fault: invalid::Fault) -> Fault {
        let place = self.of(&fault.location).cloned();
        let included =
            enclosing(&fault.location).find_map(|path| Some((path.len(), self.included.get(path)?)));
        let location = included.map(|(end, inner)| format!("{inner}{}", &fault.location[end..]));
        let location = location.unwrap_or(fault.location);
        Fault { place, location, message: fault.message, fix: fault.fix }
    }
}

/// `a[0].b`, `a[0]`, `a`
fn enclosing(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rfind(['.', '[']).map(|end| &path[..end]))
}

/// A fault of a variable that stood in for another one.
pub fn renamed(fault: invalid::Fault, names: &[(String, String)]) -> invalid::Fault {
    let told = names.iter().find(|(ours, _)| *ours == fault.location).map(|(_, told)| told.clone());
    invalid::Fault { location: told.unwrap_or(fault.location), ..fault }
}
