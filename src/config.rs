//! Settings: the validated configuration of one gateway.
//!
//! Owns: what a gateway can be told, and that every fault is reported at once, with its TOML path.
//! Must not know: what the settings are used for.

mod against;
mod appearance;
mod document;
mod files;
mod include;
mod invisible;
mod layers;
mod listen;
mod misspelt;
mod otel;
mod places;
mod policy;
mod reach;
mod reading;
mod restart;
mod root_keys;
mod schema;
mod secret_files;
mod sections;
mod settings;
mod source;
mod store;
mod telemetry;
mod tokens;
mod types;
mod urls;
mod uses;
mod whole;
mod workspaces;

pub use self::against::Change;
pub use self::files::Files;
pub use self::listen::typed_address;
pub use self::misspelt::KEYS;
pub use self::places::{Fault, Place};
pub use self::restart::AtRestart;
pub use self::schema::{SCHEMA, schema_of_included};
pub use self::sections::{Limits, Log, Server};
pub use self::settings::Settings;
pub use self::source::{DEFAULT, DEVELOPMENT, Listening, Loaded, Source, listen_address};
pub use self::store::{ClientCertificate, PasswordFile, Store, StoreLocation};
pub use self::telemetry::Telemetry;
