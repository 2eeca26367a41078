//! The file with the store's password.
//!
//! Owns: what of the file is the password, and that it is looked at when the configuration is read and again for each
//! connection.
//! Must not know: who rotates it.

use std::io;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::config::files::Files;
use crate::config::reading::{text_of, visible_line};
use crate::domain::invalid::Invalid;

/// `store.password_file`
#[derive(Clone, Debug)]
pub struct PasswordFile(PathBuf);

impl PasswordFile {
    /// The file must be readable now.
    pub fn parse(path: &str, files: &Files) -> Result<Self, Invalid> {
        let fix = "Name a file that holds the password and nothing else, and that this user can read.";
        match files.look_for_secret(path) {
            Ok(()) => Ok(PasswordFile(path.into())),
            Err(error) => Err(Invalid::new(format!("The password cannot be read: {error}."), fix)),
        }
    }

    /// What it holds now.
    pub fn read(&self) -> io::Result<SecretString> {
        visible_line(&text_of(&self.0)?).map(SecretString::from)
    }
}
