//! The files that a configuration is read from.
//!
//! Owns: what each of them held, as digests because some hold secrets, and whether that is still so. A file that another one
//! has replaced (an editor's rename, a ConfigMap's symlink) is simply read under its name again.
//! Must not know: what is in them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::credential::Digest;

/// What was read, by its path. None: it could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(RefCell<BTreeMap<PathBuf, Option<Digest>>>);

impl Files {
    /// Reads a whole file, and remembers it unless it is a pipe or the like, which can be read only once.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path);
        if text.is_err() || path.is_file() {
            let digest = text.as_ref().ok().map(|text| Digest::of(text));
            self.0.borrow_mut().insert(path.to_owned(), digest);
        }
        text
    }

    /// The same files as they are now. It waits for the disk, or for the network that the files come over.
    pub fn read_again(&self) -> Files {
        let now = Files::default();
        for path in self.0.borrow().keys() {
            // Why it cannot be read does not matter here.
            let _ = now.read(path);
        }
        now
    }

    /// Whether none was read.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
