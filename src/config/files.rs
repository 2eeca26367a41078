//! The files that a configuration is read from.
//!
//! Owns: what each of them held, as digests because some hold secrets, and whether that is still so. A file that another one
//! has replaced (an editor's rename, a ConfigMap's symlink) is simply read under its name again.
//! Must not know: what is in them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::reading::text_of;
use crate::domain::credential::Digest;

/// What was read, by its path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(RefCell<BTreeMap<PathBuf, Held>>);

/// None: it could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Text(Option<Digest>),
    Names(Option<Digest>),
}

impl Files {
    /// Reads a whole file, and remembers it unless it is a pipe or the like, which can be read only once.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let path = path.as_ref();
        let text = text_of(path);
        if text.is_err() || path.is_file() {
            let held = Held::Text(text.as_ref().ok().map(|text| Digest::of(text)));
            self.0.borrow_mut().insert(path.to_owned(), held);
        }
        text
    }

    /// The configuration files in a folder, in the order of their names. Hidden ones are not among them: mounted ConfigMaps and
    /// editors have such beside the files.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let names = names_in(folder);
        let held = Held::Names(names.as_ref().ok().map(|names| Digest::of(&format!("{names:?}"))));
        self.0.borrow_mut().insert(folder.to_owned(), held);
        Ok(names?.into_iter().map(|name| folder.join(name)).collect())
    }

    /// What this file held when it was read.
    pub fn digest(&self, path: impl AsRef<Path>) -> Option<Digest> {
        match self.0.borrow().get(path.as_ref())? {
            Held::Text(digest) | Held::Names(digest) => *digest,
        }
    }

    /// The same files as they are now. It waits for the disk, or for the network that the files come over.
    pub fn read_again(&self) -> Files {
        let now = Files::default();
        for (path, held) in self.0.borrow().iter() {
            // Why it cannot be read does not matter here.
            match held {
                Held::Text(_) => drop(now.read(path)),
                Held::Names(_) => drop(now.list(path)),
            }
        }
        now
    }

    /// Whether none was read.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

fn names_in(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let shown = name.to_string_lossy();
        if shown.ends_with(".toml") && !shown.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
