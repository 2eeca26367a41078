//! Folders of files with portals, one file for each team: `include` of a workspace.
//!
//! Owns: what such a file may say. Its writers are trusted with their own portals and nothing else: it has no settings of the
//! gateway, it cannot choose its workspace, and a root key in it sees the portals of the same file only.
//! Must not know: the rules of a portal or of a root key.

use std::path::Path;

use serde_json::{Map, Value};

use super::document::{Document, read_toml};
use super::files::Files;
use super::places::{Fault, Place, Places};
use crate::domain::invalid::{self, Invalid};

/// The most files of a folder.
const MAX_FILES: usize = 10_000;
/// The most bytes of a file: a logo that is embedded has up to 16 KiB.
const MAX_BYTES: usize = 256 * 1024;
const LISTS: [&str; 2] = ["portals", "root_keys"];

/// Adds what the folders hold to the workspaces that include them. A path is relative to `base`.
pub fn expand(
    document: &mut Map<String, Value>,
    base: &Path,
    files: &Files,
    places: &mut Places,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    let workspaces = document.get_mut("workspaces").and_then(Value::as_array_mut);
    for (index, workspace) in workspaces.into_iter().flatten().enumerate() {
        let Some(workspace) = workspace.as_object_mut() else { continue };
        let Some(folder) = workspace.get("include").and_then(Value::as_str) else { continue };
        let folder = base.join(folder);
        let at = format!("workspaces[{index}]");
        match list(&folder, files) {
            Ok(paths) => {
                for path in paths {
                    let mut into = Workspace { table: &mut *workspace, at: &at, places: &mut *places };
                    faults.extend(into.add_file(&path, files));
                }
            }
            Err(invalid) => {
                places.put_incomplete(&at);
                faults.push(places.locate(invalid.at(format!("{at}.include"))));
            }
        }
    }
    faults
}

fn list(folder: &Path, files: &Files) -> Result<Vec<std::path::PathBuf>, Invalid> {
    let shown = folder.display();
    let paths = files.list(folder).map_err(|error| {
        let fix = "Name a folder that this user can read; a relative path begins at the configuration file.";
        Invalid::new(format!("The folder {shown} cannot be read: {error}."), fix)
    })?;
    if paths.is_empty() {
        let message = format!("The folder {shown} has no file with portals, so it was probably not mounted.");
        return Err(Invalid::new(message, "Put a file into it, or take the include away."));
    }
    if paths.len() > MAX_FILES {
        let message = format!("The folder {shown} has {} files; allowed are {MAX_FILES}.", paths.len());
        return Err(Invalid::new(message, "Put several portals into one file, or take several workspaces."));
    }
    Ok(paths)
}

/// A workspace that files are added to.
struct Workspace<'a> {
    table: &'a mut Map<String, Value>,
    at: &'a str,
    places: &'a mut Places,
}

impl Workspace<'_> {
    fn add_file(&mut self, path: &Path, files: &Files) -> Vec<Fault> {
        let name = path.display().to_string();
        let mut document = match read(path, &name, files) {
            Ok(document) => document,
            Err(fault) => {
                self.places.put_incomplete(self.at);
                return vec![fault.into()];
            }
        };
        let mut faults = foreign_keys(&document, &name);
        if has_no_portal(&document.table) {
            self.places.put_incomplete(self.at);
            let message = "The file has no portal, so it was probably cut off.";
            faults.push(
                Invalid::new(message, "Put [[portals]] into it, or take the file away.").at(name).into(),
            );
            return faults;
        }
        let slugs = slugs_of(&document.table);
        for list in LISTS {
            let Some(value) = document.table.remove(list) else { continue };
            let Value::Array(elements) = value else {
                let fix = format!("Write [[{list}]].");
                let fault = Invalid::new("Expected a list.", fix).at(list);
                faults.push(located(fault, &document, &name));
                continue;
            };
            faults.extend(self.add_list(list, elements, &document, &name, &slugs));
        }
        faults
    }

    fn add_list(
        &mut self,
        list: &str,
        elements: Vec<Value>,
        document: &Document,
        name: &str,
        slugs: &[String],
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let own = self.table.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        // Something else is a fault of the workspace, which is told there.
        let Value::Array(own) = own else { return faults };
        let before = own.len();
        for (path, line) in &document.lines {
            let Some((index, rest)) = element_of(path, list) else { continue };
            let merged = format!("{}.{list}[{}]", self.at, before + index);
            if rest.is_empty() {
                self.places.put_included(merged.clone(), path.clone());
            }
            self.places.put_line(merged + rest, name, *line);
        }
        for (index, mut element) in elements.into_iter().enumerate() {
            if let (true, Some(key)) = (list == "root_keys", element.as_object_mut()) {
                let at = format!("{}.root_keys[{}]", self.at, before + index);
                let beyond = narrow(key, slugs, &at);
                faults.extend(beyond.into_iter().map(|fault| self.places.locate(fault)));
            }
            own.push(element);
        }
        faults
    }
}

fn read(path: &Path, name: &str, files: &Files) -> Result<Document, invalid::Fault> {
    let refuse = |message: String| Err(Invalid::new(message, "Replace the file, or take it away.").at(name));
    // Read whatever it is, so that it is looked at again when something better is in its place.
    match files.read(path) {
        Ok(text) if text.len() > MAX_BYTES => {
            refuse(format!("The file has {} bytes; allowed are {MAX_BYTES}.", text.len()))
        }
        Ok(text) => read_toml(&text, name),
        Err(error) => refuse(format!("The file cannot be read: {error}.")),
    }
}

/// A full disk leaves an empty file, or one of comments only. A list that is none is told where lists are added.
fn has_no_portal(table: &Map<String, Value>) -> bool {
    table.get("portals").is_none_or(|portals| portals.as_array().is_some_and(Vec::is_empty))
}

fn foreign_keys(document: &Document, name: &str) -> Vec<Fault> {
    let foreign = document.table.keys().filter(|key| !LISTS.contains(&key.as_str()));
    let fault = |key: &String| {
        let message =
            "A file of an included folder holds [[portals]] and their [[root_keys]], and nothing else.";
        let fix = "Take it out. What concerns the gateway or a workspace is in the configuration file.";
        located(Invalid::new(message, fix).at(key), document, name)
    };
    foreign.map(fault).collect()
}

/// A fault of one of the file's own keys.
fn located(fault: invalid::Fault, document: &Document, name: &str) -> Fault {
    let line = document.lines.iter().find(|(path, _)| *path == fault.location).map(|(_, line)| *line);
    let place = line.map(|line| Place::Line { file: name.to_owned(), line });
    Fault { place, ..fault.into() }
}

fn slugs_of(table: &Map<String, Value>) -> Vec<String> {
    let portals = table.get("portals").and_then(Value::as_array).into_iter().flatten();
    portals.filter_map(|portal| portal.get("slug")?.as_str().map(str::to_owned)).collect()
}

/// `portals[3].url` → 3 and `.url`
fn element_of<'p>(path: &'p str, list: &str) -> Option<(usize, &'p str)> {
    let (index, rest) = path.strip_prefix(list)?.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}

/// A key sees the portals of its file, all of them if it names none.
fn narrow(key: &mut Map<String, Value>, slugs: &[String], at: &str) -> Vec<invalid::Fault> {
    let all: Vec<Value> = slugs.iter().cloned().map(Value::from).collect();
    let Some(Value::Array(named)) = key.get("portals") else {
        key.entry("portals").or_insert_with(|| Value::Array(all));
        return Vec::new();
    };
    let is_foreign =
        |portal: &Value| portal.as_str().is_some_and(|slug| !slugs.iter().any(|own| own == slug));
    let foreign = named.iter().enumerate().filter(|(_, portal)| is_foreign(portal));
    let fault = |(index, _)| {
        let fix = "Name portals of this file, or leave the list out: then the key sees all of them.";
        let message = "A root key of an included file sees the portals of its own file only.";
        Invalid::new(message, fix).at(format!("{at}.portals[{index}]"))
    };
    let faults: Vec<_> = foreign.map(fault).collect();
    if !faults.is_empty() {
        // Its fault is told here, and not again where root keys are read.
        key.insert("portals".to_owned(), Value::Array(all));
    }
    faults
}
