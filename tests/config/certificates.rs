//! Certificates and private keys that the configuration names: what cannot be used is a fault before the first connection.

use std::path::Path;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::{SECRET, accepted, locations, refused};

/// Of 2026.
const NOW_MS: u64 = 1_790_000_000_000;
/// `openssl genpkey -algorithm ed25519 -aes256 -pass pass:canary`, twenty bytes of it.
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGjMF8GCSqGSIb3DQEFDTBSMDE=\n-----END ENCRYPTED PRIVATE KEY-----\n";
const ENCRYPTED_OLD: &str = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
/// PEM around what is no key.
const GARBAGE: &str = "-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";

struct Pair {
    certificate: String,
    key: String,
}

/// Valid in the whole of these years.
fn pair(first: i32, last: i32) -> Pair {
    let mut params = CertificateParams::new(["client".to_owned()]).expect("its parameters");
    params.not_before = date_time_ymd(first, 1, 1);
    params.not_after = date_time_ymd(last, 12, 31);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    Pair { certificate, key: key.serialize_pem() }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file is written");
}

fn configuration(directory: &TempDir, certificate: &str, key: &str) -> String {
    let [certificate_file, key_file] = ["client.pem", "client.key"].map(|name| directory.path().join(name));
    write(&certificate_file, certificate);
    write(&key_file, key);
    format!(
        "[server]\n{SECRET}\n[store]\nurl = \"rediss://localhost\"\nclient_cert_file = {certificate_file:?}\nclient_key_file = {key_file:?}"
    )
}

/// Else every call would be a 503.
#[test]
fn a_key_that_is_not_that_of_its_certificate_is_a_fault() {
    let directory = tempfile::tempdir().expect("a directory");
    let (own, other) = (pair(2020, 2120), pair(2020, 2120));
    accepted(&configuration(&directory, &own.certificate, &own.key));
    let chain = own.certificate.clone() + &other.certificate;
    accepted(&configuration(&directory, &chain, &own.key));
    for (key, message) in [
        (&*other.key, "not that of the certificate"),
        (ENCRYPTED, "encrypted with a passphrase"),
        (ENCRYPTED_OLD, "encrypted with a passphrase"),
        (GARBAGE, "damaged"),
        ("", "no whole private key"),
        (&own.certificate, "no whole private key"),
        (&own.key[..own.key.len() / 2], "no whole private key"),
    ] {
        let faults = refused(&configuration(&directory, &own.certificate, key));
        assert_eq!(locations(&faults), ["store.client_key_file"], "{message}");
        assert!(faults[0].message.contains(message), "{message}: {}", faults[0]);
    }
    // The server's authority before the certificate itself.
    let faults = refused(&configuration(&directory, &(other.certificate + &own.certificate), &own.key));
    assert_eq!(locations(&faults), ["store.client_key_file"]);
}

/// `openssl x509 -req` makes it so where no extension is asked for. The key is the right one, and is not blamed.
#[test]
fn a_certificate_of_version_1_is_told_as_such() {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, key) =
        (include_str!("../testdata/client_version_1.pem"), include_str!("../testdata/client_key.pem"));
    accepted(&configuration(&directory, include_str!("../testdata/client.pem"), key));
    let faults = refused(&configuration(&directory, old, key));
    assert_eq!(locations(&faults), ["store.client_cert_file"]);
    assert!(
        faults[0].message.contains("X.509 version 1") && faults[0].fix.contains("-extfile"),
        "{}",
        faults[0]
    );
    // Whose key is another is told that it is of that version all the same: it is the first thing to mend.
    let faults = refused(&configuration(&directory, old, &pair(2020, 2120).key));
    assert_eq!(locations(&faults), ["store.client_cert_file"]);
}

/// It may be valid again at the next start, and a gateway that runs needs it only for new connections.
#[test]
fn a_certificate_that_is_out_of_date_is_a_warning() {
    let directory = tempfile::tempdir().expect("a directory");
    for (first, last, expected) in
        [(2020, 2120, None), (2020, 2025, Some("has expired")), (2100, 2120, Some("not valid yet"))]
    {
        let pair = pair(first, last);
        let settings = accepted(&configuration(&directory, &pair.certificate, &pair.key));
        let warnings = settings.warnings(NOW_MS);
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{warnings:?}");
        assert!(expected.is_none_or(|words| warnings[0].contains(words)), "{warnings:?}");
    }
    let expired = pair(2020, 2025);
    let path = directory.path().join("gateway.toml");
    write(&path, &configuration(&directory, &expired.certificate, &expired.key));
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
    let output = command.args(["check", "--config"]).arg(&path).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("Warning: the certificate in store.client_cert_file has expired"), "{said}");
}

#[test]
fn a_key_for_signing_that_is_encrypted_is_told_as_such() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for (text, message) in [
        (ENCRYPTED, "encrypted with a passphrase"),
        (GARBAGE, "neither ECDSA on P-256 nor Ed25519"),
        (ENCRYPTED_OLD, "no PEM block \"PRIVATE KEY\""),
    ] {
        write(file.path(), text);
        let faults = refused(&format!("[tokens]\nsigning_key_files = [{:?}]", file.path()));
        assert_eq!(locations(&faults), ["tokens.signing_key_files[0]"]);
        assert!(faults[0].message.contains(message), "{}", faults[0]);
    }
}
