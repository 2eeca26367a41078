//! The files that a configuration is read from.
//!
//! Owns: what each of them held, as digests because some hold secrets, whether that is still so, and whether one was missing.
//! A file that another one has replaced (an editor's rename, a ConfigMap's symlink) is simply read under its name again.
//! Must not know: what is in them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::reading::{text_of, visible_line};
use crate::domain::credential::Digest;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Files {
    by_path: RefCell<BTreeMap<PathBuf, Held>>,
    is_any_missing: Cell<bool>,
}

/// Two that hold the same are the same. One that was missing holds nothing.
impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.by_path == other.by_path
    }
}

/// None: it could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Text(Option<Digest>),
    Names(Option<Digest>),
    /// Whether there is a secret in it. Another one is no change of the configuration.
    Secret(bool),
}

impl Files {
    /// Reads a whole file, and remembers it unless it is a pipe or the like, which can be read only once.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let path = path.as_ref();
        let text = text_of(path);
        self.note(&text, is_blank);
        if text.is_err() || path.is_file() {
            let held = Held::Text(text.as_ref().ok().map(|text| Digest::of(text)));
            self.by_path.borrow_mut().insert(path.to_owned(), held);
        }
        text
    }

    /// The configuration files in a folder, in the order of their names. Hidden ones are not among them: mounted ConfigMaps and
    /// editors have such beside the files.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let names = names_in(folder);
        self.note(&names, Vec::is_empty);
        let held = Held::Names(names.as_ref().ok().map(|names| Digest::of(&format!("{names:?}"))));
        self.by_path.borrow_mut().insert(folder.to_owned(), held);
        Ok(names?.into_iter().map(|name| folder.join(name)).collect())
    }

    /// Looks whether a file holds a secret of one line, for those that are read again when they are used. One that holds none
    /// now may hold one soon.
    pub fn look_for_secret(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let text = text_of(path);
        self.note(&text, is_blank);
        let found = text.and_then(|text| visible_line(&text).map(|_| ()));
        let held = Held::Secret(found.is_ok());
        self.by_path.borrow_mut().entry(path.to_owned()).or_insert(held);
        found
    }

    /// What this file held when it was read.
    pub fn digest(&self, path: impl AsRef<Path>) -> Option<Digest> {
        match self.by_path.borrow().get(path.as_ref())? {
            Held::Text(digest) | Held::Names(digest) => *digest,
            Held::Secret(_) => None,
        }
    }

    fn note<T>(&self, read: &io::Result<T>, is_nothing: fn(&T) -> bool) {
        let is_missing = match read {
            // Of a disk that is not mounted yet only the place is there, and of a file that is being written only the name.
            Ok(read) => is_nothing(read),
            // What the system says may be over soon. Our own errors are about what is in a file.
            Err(error) => error.raw_os_error().is_some(),
        };
        if is_missing {
            self.is_any_missing.set(true);
        }
    }

    /// Whether one could not be read that may be there later, or is empty: a disk that is not mounted yet, a secret that is not
    /// written. What else is wrong may come of that.
    pub fn is_any_missing(&self) -> bool {
        self.is_any_missing.get()
    }

    /// The same files as they are now. It waits for the disk, or for the network that the files come over.
    pub fn read_again(&self) -> Files {
        let now = Files::default();
        for (path, held) in self.by_path.borrow().iter() {
            // Why it cannot be read does not matter here.
            match held {
                Held::Text(_) => drop(now.read(path)),
                Held::Names(_) => drop(now.list(path)),
                Held::Secret(_) => drop(now.look_for_secret(path)),
            }
        }
        now
    }

    /// Whether none was read.
    pub fn is_empty(&self) -> bool {
        self.by_path.borrow().is_empty()
    }
}

#[allow(clippy::ptr_arg)] // What is read is one.
fn is_blank(text: &String) -> bool {
    text.trim_end_matches(['\r', '\n']).is_empty()
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
