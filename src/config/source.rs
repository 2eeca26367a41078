//! Where settings come from: the embedded defaults, a file with the folders that it includes, the environment.
//!
//! Owns: their order, and which files were read on the way. With `app`, the only place that reads files and the environment.
//! Must not know: what any key means.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::files::Files;
use super::otel::Standard;
use super::places::{Fault, Places};
use super::reading::text_within;
use super::secret_files::Resolved;
use super::settings::Settings;
use super::{document, include, layers, listen, misspelt, otel, places, secret_files, telemetry, whole};
use crate::domain::invalid::{self, Invalid};

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

/// The layer between the defaults and the environment.
struct Middle<'a> {
    pub text: &'a str,
    /// What it is called in faults.
    pub name: &'a str,
    /// Where relative paths of folders begin.
    pub base: &'a Path,
    /// The `server.public_url` that holds until a restart; None: that of this document.
    pub public_url: Option<&'a Url>,
}

/// All layers as one.
struct Merged {
    pub document: Map<String, Value>,
    /// The faults of included files, which have their places already.
    pub included: Vec<Fault>,
    /// What the variables of OpenTelemetry's say that no key of ours does.
    pub standard: Standard,
    /// Variables of secrets whose files could not be read.
    pub unread: Vec<String>,
}

impl Source {
    /// Reads all layers; the process environment is the last of them.
    pub fn read(&self) -> Loaded {
        let files = Files::default();
        let settings = self.read_with(&files, None);
        Loaded { settings, files }
    }

    /// The same as a gateway takes it that runs already. Portals without a `public_url` of their own keep the server's, which
    /// holds until a restart.
    pub fn read_again(&self, public_url: &Url) -> Loaded {
        let files = Files::default();
        let settings = self.read_with(&files, Some(public_url));
        Loaded { settings, files }
    }

    fn read_with(&self, files: &Files, public_url: Option<&Url>) -> Result<Settings, Vec<Fault>> {
        let of_text = |text| Middle { public_url, ..Middle::of(text) }.read(variables(), files);
        let path = match self {
            Source::Text(text) => return of_text(text),
            Source::File(None) => return of_text(""),
            Source::File(Some(path)) => path,
        };
        let name = path.display().to_string();
        let text = files.read(path).map_err(|error| {
            let fix = "Check the path and that the file can be read by this user.";
            alone(Invalid::new(format!("The file cannot be read: {error}."), fix).at(name.clone()))
        })?;
        if says_nothing(&text) {
            let fix = "Write it again: a full disk, or a file that is being written, leaves it so. To run by variables alone, name no file.";
            return Err(alone(Invalid::new("The file says nothing.", fix).at(name)));
        }
        let base = path.parent().unwrap_or(Path::new(""));
        Middle { text: &text, name: &name, base, public_url }.read(variables(), files)
    }
}

/// Whoever names a file wants what is in it. Without portals and keys the gateway would sign out everybody.
fn says_nothing(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

fn alone(fault: invalid::Fault) -> Vec<Fault> {
    vec![fault.into()]
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
        Middle::of(text).read(variables, &Files::default())
    }
}

impl Settings {
    /// With what the variables of OpenTelemetry's say that no key of ours does.
    fn told_by(mut self, standard: Standard, is_on: bool, files: &Files) -> Settings {
        for (variable, value, path) in standard.at_restart().filter(|_| is_on) {
            self.at_restart.add(variable, &value, path, files);
        }
        self.left_aside = standard.left_aside.warnings(is_on);
        self
    }
}

impl<'a> Middle<'a> {
    /// A text that is in no file.
    pub fn of(text: &'a str) -> Self {
        Middle { text, name: "the configuration file", base: Path::new(""), public_url: None }
    }

    /// Reads the embedded default, this, and `variables` on top of one another.
    pub fn read(
        self,
        variables: impl Iterator<Item = (String, String)>,
        files: &Files,
    ) -> Result<Settings, Vec<Fault>> {
        let (mut places, mut faults) = (Places::default(), Vec::new());
        let public_url = self.public_url;
        let merged = self.merged(variables, files, &mut places, &mut faults).map_err(alone)?;
        let Merged { document, included, mut standard, unread } = merged;
        let mut found = invalid::Faults::of_configuration();
        let mut settings = whole::read(&document, public_url, standard.sampler, files, &places, &mut found);
        faults.extend(found.told().into_iter().filter(|fault| !secret_files::follows(fault, &unread)));
        let is_on = telemetry::is_on(&document);
        if is_on {
            faults.append(&mut standard.faults);
            let is_trusted = settings.as_ref().is_none_or(|settings| settings.telemetry.trust_traceparent);
            faults.extend(standard.records_nothing(is_trusted));
            match (standard.authorities.as_ref().map(|file| file.read(files)).transpose(), &mut settings) {
                (Ok(authorities), Some(settings)) => settings.telemetry.authorities = authorities,
                (Ok(_), None) => {}
                // It has no use for them until it is started anew, and a root key that has become known must go now.
                (Err(fault), Some(settings)) if public_url.is_some() => {
                    settings.refused_at_restart.push(fault)
                }
                (Err(fault), _) => faults.push(fault),
            }
        }
        let mut faults: Vec<Fault> = faults.into_iter().map(|fault| places.locate(fault)).collect();
        faults.extend(included);
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings.told_by(standard, is_on, files)),
            Some(_) | None => Err(faults),
        }
    }

    /// All layers.
    fn merged(
        self,
        variables: impl Iterator<Item = (String, String)>,
        files: &Files,
        places: &mut Places,
        faults: &mut Vec<invalid::Fault>,
    ) -> Result<Merged, invalid::Fault> {
        let mut document = document::read_toml(DEFAULT, "config/default.toml")?.table;
        let read = document::read_toml(self.text, self.name)?;
        layers::merge(&mut document, read.table);
        read.lines.into_iter().for_each(|(path, line)| places.put_line(path, self.name, line));
        let variables: Vec<(String, String)> = variables.collect();
        let mut standard = otel::read(&variables);
        let Resolved { mut variables, mut renamed, faults: of_files, unread } =
            secret_files::resolve(variables, files);
        faults.extend(of_files);
        faults.extend(misspelt::faults(variables.iter().map(|(name, _)| name.as_str())));
        if let Some((variable, theirs)) = standard.in_place.take() {
            renamed.push((variable.0.clone(), theirs.to_owned()));
            variables.push(variable);
        }
        let merged = layers::merge_environment(
            &mut document,
            variables.into_iter(),
            |name| renamed.iter().any(|(ours, _)| ours == name),
            places,
        );
        let merged = merged.into_iter().map(|fault| places::renamed(fault, &renamed));
        faults.extend(merged.filter(|fault| !secret_files::follows(fault, &unread)));
        renamed.iter().for_each(|(ours, told)| places.rename_variable(ours, told));
        let included = include::expand(&mut document, self.base, files, places);
        Ok(Merged { document, included, standard, unread })
    }
}

/// Where a gateway is asked that runs with a configuration.
pub struct Listening {
    /// Of its public listener.
    pub address: SocketAddr,
    /// Why the file told nothing of it, with its name; it is in a gateway's place that runs on.
    pub unread: Option<String>,
}

/// For the file of those who only ask a gateway: a disk that does not answer says nothing against one that serves on. With the
/// time for the asking it is below the time-outs of probes.
const LIMIT: Duration = Duration::from_secs(1);

/// Where a gateway with this configuration listens. A file that cannot be read tells nothing.
pub fn listen_address(config: Option<&Path>) -> Option<Listening> {
    let (mut file, mut unread) = (None, None);
    if let Some(path) = config {
        match text_within(LIMIT, path) {
            Ok(text) => file = Some(text),
            Err(error) => unread = Some(format!("{} cannot be read: {error}", path.display())),
        }
    }
    let address = listen::address_in(variables(), file.as_deref(), DEFAULT)?;
    Some(Listening { address, unread })
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
