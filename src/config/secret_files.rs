//! Secrets that variables name by a file: `VESTIBULE__SERVER__SECRET_FILE=/run/secrets/vestibule`.
//!
//! Owns: which keys these are, how else people spell them, and what of the file is the secret. Messages never repeat what is in
//! a file.
//! Must not know: what a secret is used for. (`store.password_file` and `store.sentinel_password_file`
//! are keys of their own: they are read for each connection.)

use super::files::Files;
use super::layers::{PREFIX, key_of};
use super::reading::only_line;
use crate::domain::invalid::{Fault, Invalid};

const SUFFIX: &str = "_FILE";
const KEYS: [&str; 2] = ["SERVER__SECRET", "STORE__URL"];
/// With an index after it.
const LIST: &str = "SERVER__PREVIOUS_SECRETS__";

type Pairs = Vec<(String, String)>;

/// What came of the variables that name files.
pub struct Resolved {
    /// With what the files hold in place of those that name them.
    pub variables: Pairs,
    /// The names of what is in place, each with that which was set.
    pub renamed: Pairs,
    /// Of those that name nothing of use.
    pub faults: Vec<Fault>,
    /// What stands at none of these is missing because its file could not be read: that is told, and not what follows from it.
    pub unread: Vec<String>,
}

/// Reads the files that variables name.
pub fn resolve(variables: Pairs, files: &Files) -> Resolved {
    let (mut faults, mut renamed, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let names: Vec<String> = variables.iter().map(|(name, _)| name.clone()).collect();
    let resolved = variables.into_iter().filter_map(|(name, value)| {
        if let Some(right) = misspelt(&name) {
            let message = "This variable is not read: its name is spelt in another way.";
            faults.push(Invalid::new(message, format!("Write {right}, or take it out.")).at(name));
            return None;
        }
        let Some(meant) = meant_by(&name) else { return Some((name, value)) };
        if names.iter().any(|other| other == meant) {
            let message = format!("The variable {meant} sets the same key.");
            faults.push(Invalid::new(message, "Set one of the two.").at(name));
            return None;
        }
        match read(&value, files) {
            Ok(secret) => {
                renamed.push((meant.to_owned(), name.clone()));
                Some((meant.to_owned(), secret))
            }
            Err(invalid) => {
                unread.push(meant.to_owned());
                faults.push(invalid.at(name));
                None
            }
        }
    });
    let variables = resolved.collect();
    Resolved { variables, renamed, faults, unread }
}

/// Whether a fault only follows from it that what these variables would set is not there.
pub fn follows(fault: &Fault, unread: &[String]) -> bool {
    let list = format!("{PREFIX}{LIST}");
    unread.iter().any(|variable| {
        // The elements behind it are at no place of the list then.
        let is_of_list = variable.starts_with(&list) && fault.location.starts_with(&list);
        is_of_list || key_of(variable) == fault.location
    })
}

fn meant_by(name: &str) -> Option<&str> {
    let meant = name.strip_suffix(SUFFIX)?;
    let key = meant.strip_prefix(PREFIX)?;
    let is_of_list = || key.strip_prefix(LIST).is_some_and(|index| index.parse::<usize>().is_ok());
    (KEYS.contains(&key) || is_of_list()).then_some(meant)
}

/// The right name of a variable that was meant to name such a file. A list has a file for each of its elements.
fn misspelt(name: &str) -> Option<String> {
    let squeezed = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let upper = name.to_ascii_uppercase();
    let key = squeezed(upper.strip_prefix("VESTIBULE_")?);
    let of_key = || KEYS.into_iter().find(|right| key == squeezed(right) + "file").map(str::to_owned);
    let of_list = || {
        let rest = key.strip_prefix("serverprevioussecret")?;
        let index = rest.strip_prefix('s').unwrap_or(rest).replacen("files", "", 1).replacen("file", "", 1);
        let is_of_file = rest.contains("file") && index.bytes().all(|byte| byte.is_ascii_digit());
        is_of_file.then(|| format!("{LIST}{}", if index.is_empty() { "0" } else { &index }))
    };
    let right = of_key().or_else(of_list).map(|key| format!("{PREFIX}{key}{SUFFIX}"))?;
    (meant_by(name).is_none() && right != name).then_some(right)
}

fn read(path: &str, files: &Files) -> Result<String, Invalid> {
    let fix = "Name a file that holds the secret and nothing else, and that this user can read.";
    let text =
        files.read(path).map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))?;
    only_line(&text)
        .map(str::to_owned)
        .map_err(|error| Invalid::new(format!("The file cannot be used: {error}."), fix))
}
