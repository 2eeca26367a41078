//! Where settings come from: the embedded defaults, a file, the environment.
//!
//! Owns: their order, and which files were read on the way. With `app`, the only place that reads files and the environment.
//! Must not know: what any key means.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::files::Files;
use super::settings::Settings;
use super::{document, layers, listen, misspelt, secret_files, telemetry, whole};
use crate::domain::invalid::{Fault, Invalid};

/// The embedded defaults. The comments in this file are the reference for every key.
pub const DEFAULT: &str = include_str!("../../config/default.toml");
/// The configuration of `vestibule dev`.
pub const DEVELOPMENT: &str = include_str!("../../config/development.toml");

/// Where settings come from, on top of the embedded defaults.
#[derive(Clone, Debug)]
pub enum Source {
    /// `--config FILE`, or no file at all.
    File(Option<PathBuf>),
    /// A text, such as [`DEVELOPMENT`].
    Text(String),
}

/// What came of reading a source.
pub struct Loaded {
    /// The settings, or every fault of them.
    pub settings: Result<Settings, Vec<Fault>>,
    /// What they were read from, also where there are faults.
    pub files: Files,
}

impl Source {
    /// Reads all layers; the process environment is the last of them.
    pub fn read(&self) -> Loaded {
        let files = Files::default();
        let text = match self {
            Source::Text(text) => Ok(text.clone()),
            Source::File(Some(path)) => read_file(path, &files),
            Source::File(None) => Ok(String::new()),
        };
        let settings = text.and_then(|text| from_layers(&text, variables(), &files));
        Loaded { settings, files }
    }
}

impl Settings {
    /// Reads all layers; the process environment is the last of them.
    pub fn load(source: &Source) -> Result<Settings, Vec<Fault>> {
        source.read().settings
    }

    /// Reads the embedded default, `text`, and `variables` on top of one another.
    pub fn from_layers(
        text: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Settings, Vec<Fault>> {
        from_layers(text, variables, &Files::default())
    }
}

fn from_layers(
    text: &str,
    variables: impl Iterator<Item = (String, String)>,
    files: &Files,
) -> Result<Settings, Vec<Fault>> {
    let mut document = document::read_toml(DEFAULT, "config/default.toml").map_err(|fault| vec![fault])?;
    layers::merge(
        &mut document,
        document::read_toml(text, "the configuration file").map_err(|fault| vec![fault])?,
    );
    let variables: Vec<(String, String)> = variables.collect();
    let mut faults = misspelt::faults(variables.iter().map(|(name, _)| name.as_str()));
    let variables = telemetry::with_standard_variables(variables);
    let (variables, unread) = secret_files::resolve(variables, files);
    faults.extend(unread);
    faults.extend(layers::merge_environment(&mut document, variables.into_iter()));
    let settings = whole::read(&document, files, &mut faults);
    match settings {
        Some(settings) if faults.is_empty() => Ok(settings),
        Some(_) | None => Err(faults),
    }
}

/// Where a gateway with this configuration listens. A file that cannot be read tells nothing.
pub fn listen_address(config: Option<&Path>) -> Option<SocketAddr> {
    let file = config.and_then(|path| std::fs::read_to_string(path).ok());
    listen::address_in(variables(), file.as_deref(), DEFAULT)
}

/// The only place that reads the environment. `vars` would panic if any variable of the process is not UTF-8. One of ours
/// that is not UTF-8 reads as empty, which no key accepts.
#[allow(clippy::disallowed_methods)]
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        let name = name.to_string_lossy().into_owned();
        (name, value.into_string().unwrap_or_default())
    })
}

fn read_file(path: &Path, files: &Files) -> Result<String, Vec<Fault>> {
    files.read(path).map_err(|error| {
        let fix = "Check the path and that the file can be read by this user.";
        vec![Invalid::new(format!("The file cannot be read: {error}."), fix).at(path.display().to_string())]
    })
}
