//! Reads `[store]`.
//!
//! Owns: the rules of its keys (API.md section 8), and which of them belong together.
//! Must not know: where the document came from, or how a store is reached.

mod certificates;
mod ignored;
mod location;
mod password;

use std::time::Duration;

use secrecy::SecretString;

pub use self::certificates::ClientCertificate;
pub use self::certificates::read_certificates;
use self::certificates::read_private_key;
pub use self::location::StoreLocation;
use self::location::parse_store_url;
pub use self::password::PasswordFile;
use super::files::Files;
use super::invisible;
use crate::domain::invalid::Invalid;
use crate::fields::{Fields, boolean, integer, parsed};

/// `[store]`
#[derive(Debug)]
pub struct Store {
    /// Where it is.
    pub location: StoreLocation,
    /// Time for one try.
    pub timeout: Duration,
    /// Authorities (PEM) for the certificates of servers reached by TLS, in place of the public ones.
    pub ca_certificates: Option<Vec<u8>>,
    /// The gateway's own certificate for such servers.
    pub client_certificate: Option<ClientCertificate>,
    /// Holds the password of `location`'s user, and is read for each connection.
    pub password_file: Option<PasswordFile>,
    /// What the names of all keys in Redis begin with.
    pub prefix: String,
    /// The sentinels' own user, which is not that of the data nodes.
    pub sentinel_username: Option<String>,
    /// Theirs.
    pub sentinel_password: Option<SecretString>,
    /// Holds theirs, and is read for each connection.
    pub sentinel_password_file: Option<PasswordFile>,
    /// Refuse tickets that were minted before a failover or restart of Redis.
    pub fence_failover: bool,
    /// How many replicas must have an exchange before it is answered.
    pub wait_replicas: u64,
    /// In memory also behind a public address: the gateway is alone, and its sessions may go with it.
    pub allow_memory: bool,
}

/// `[store]`
pub fn read_store(mut fields: Fields<'_, '_>, files: &Files) -> Option<Store> {
    let location = fields.required("url", parsed(parse_store_url));
    let timeout_ms = fields.optional("timeout_ms", integer(10, 5_000)).unwrap_or(1_000);
    let fence_failover = fields.optional("fence_failover", boolean).unwrap_or(true);
    let allow_memory = fields.optional("allow_memory", boolean).unwrap_or(false);
    let wait_replicas = fields.optional("wait_replicas", integer(0, 16)).unwrap_or(0);
    let ca_certificates = fields.optional("ca_file", parsed(|path| read_certificates(path, files)));
    let certificates = fields.optional("client_cert_file", parsed(|path| read_certificates(path, files)));
    let key = fields.optional("client_key_file", parsed(|path| read_private_key(path, files)));
    let password_of = |path: &str| PasswordFile::parse(path, files);
    let password_file = fields.optional("password_file", parsed(password_of));
    let prefix = fields.optional("prefix", parsed(parse_prefix)).unwrap_or_else(|| "vst".to_owned());
    let sentinel_username = fields.optional("sentinel_username", parsed(parse_word));
    let sentinel_password = fields.optional("sentinel_password", parsed(parse_word)).map(SecretString::from);
    let sentinel_password_file = fields.optional("sentinel_password_file", parsed(password_of));
    let pair = certificates.zip(key).map(|(certificates, key)| ClientCertificate::new(certificates, key));
    let client_certificate = match pair.transpose() {
        Ok(pair) => pair,
        Err((name, invalid)) => {
            fields.fault(name, invalid);
            None
        }
    };
    check_what_belongs_together(&mut fields, location.as_ref());
    fields.finish();
    let timeout = Duration::from_millis(timeout_ms);
    Some(Store {
        location: location?,
        timeout,
        ca_certificates: ca_certificates.map(String::into_bytes),
        client_certificate,
        password_file,
        prefix,
        sentinel_username,
        sentinel_password,
        sentinel_password_file,
        fence_failover,
        wait_replicas,
        allow_memory,
    })
}

/// What would have no effect is a fault: somebody believes in it.
fn check_what_belongs_together(fields: &mut Fields<'_, '_>, location: Option<&StoreLocation>) {
    for (name, other, what) in [
        ("client_cert_file", "client_key_file", "A certificate and its key belong together."),
        ("client_key_file", "client_cert_file", "A certificate and its key belong together."),
    ] {
        if fields.value(name).is_some() && fields.value(other).is_none() {
            fields.fault(name, Invalid::new(what, format!("Set {other} too.")));
        }
    }
    check_sentinels(fields, location);
    let Some(location) = location.filter(|location| !matches!(location, StoreLocation::Memory)) else {
        return;
    };
    for name in ["ca_file", "client_cert_file"] {
        if fields.value(name).is_some() && !location.has_tls() {
            let fix =
                "Write rediss://, rediss+sentinel:// or rediss+cluster:// in store.url, or take it out.";
            fields.fault(
                name,
                Invalid::new("The store's URL asks for no TLS: nothing would be encrypted.", fix),
            );
        }
    }
    if fields.value("password_file").is_none() && location.has_user_only() {
        let fix = "Write redis://user:password@host, or set store.password_file.";
        let message = "The URL has a user without a password, who would be ignored.";
        fields.fault("url", Invalid::new(message, fix));
    }
    if fields.value("password_file").is_some() && location.has_password() {
        let fix = "Take one of the two out. The name of a user stays in the URL: redis://user@host.";
        fields.fault("password_file", Invalid::new("The store's URL has a password too.", fix));
    }
}

fn check_sentinels(fields: &mut Fields<'_, '_>, location: Option<&StoreLocation>) {
    let passwords = ["sentinel_password", "sentinel_password_file"].map(|name| (name, fields.value(name)));
    let given: Vec<&'static str> =
        passwords.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect();
    if fields.value("sentinel_username").is_some() && given.is_empty() {
        let fix = "Set sentinel_password or sentinel_password_file too.";
        fields.fault("sentinel_username", Invalid::new("A user has a password.", fix));
    }
    match location {
        None | Some(StoreLocation::Memory) => {}
        Some(StoreLocation::Sentinel { .. }) if given.len() > 1 => {
            let message = "There is store.sentinel_password too.";
            fields.fault("sentinel_password_file", Invalid::new(message, "Take one of the two out."));
        }
        Some(StoreLocation::Sentinel { .. }) => {}
        Some(StoreLocation::Redis(_) | StoreLocation::Cluster { .. }) => {
            let fix =
                "Take it out. The store's own password is a part of store.url, or in store.password_file.";
            for name in given {
                fields.fault(name, Invalid::new("The store's URL names no sentinels.", fix));
            }
        }
    }
}

/// Braces would change where a cluster keeps a key, and other signs what an ACL's pattern allows: `~vst:*` is everything
/// under `vst:team-b` too, so a prefix has no colon.
fn parse_prefix(text: &str) -> Result<String, Invalid> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if (1..=32).contains(&text.len()) && text.bytes().all(is_fine) {
        return Ok(text.to_owned());
    }
    let fix = "Write \"vst\", or a name of your own such as \"team-a\".";
    Err(Invalid::new("Expected 1 to 32 letters, digits, dots, hyphens and underscores.", fix))
}

fn parse_word(text: &str) -> Result<String, Invalid> {
    if text.is_empty() || text.trim() != text {
        let fix = "Remove the white space, or the whole line.";
        return Err(Invalid::new("This is empty or has white space at its ends.", fix));
    }
    if let Some(character) = invisible::in_secret(text) {
        let message = format!("This has the character {character}, which nobody sees.");
        return Err(Invalid::new(message, "Remove it."));
    }
    Ok(text.to_owned())
}
