//! The files of `[store]` with certificates and keys.
//!
//! Owns: that they are read as they will be used, so that a file that is cut off, a key that cannot sign, or a key of
//! another certificate is found here and not when it is first needed.
//! Must not know: what they are for.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys, RootCertStore};
use secrecy::{ExposeSecret, SecretString};

use crate::config::files::Files;
use crate::domain::invalid::Invalid;

const CERTIFICATE: &str = "client_cert_file";
const KEY: &str = "client_key_file";

/// A certificate with its key, both in PEM form.
#[derive(Debug)]
pub struct ClientCertificate {
    /// With its chain.
    pub certificates: Vec<u8>,
    /// Never printed.
    pub key: SecretString,
}

impl ClientCertificate {
    /// An error, and the key that it is of, if the two do not belong together or the certificate cannot be shown to anybody.
    pub fn new(certificates: String, key: SecretString) -> Result<Self, (&'static str, Invalid)> {
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(certificates.as_bytes()).filter_map(Result::ok).collect();
        let is_old = chain.first().is_some_and(|certificate| is_of_version_1(certificate));
        let fix = "Name the key of the first certificate in store.client_cert_file.";
        let unusable = |message: &str| (KEY, Invalid::new(message, fix));
        let parsed = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes());
        let parsed = parsed.map_err(|_| unusable("The file holds no whole private key."))?;
        match CertifiedKey::from_der(chain, parsed, &ring::default_provider()) {
            Ok(_) => Ok(ClientCertificate { certificates: certificates.into_bytes(), key }),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                Err(unusable("The key is not that of the certificate in store.client_cert_file."))
            }
            Err(Error::InvalidCertificate(_)) if is_old => Err((CERTIFICATE, of_version_1())),
            Err(Error::InvalidCertificate(error)) => {
                let message = format!("The first certificate in the file cannot be used: {error}.");
                Err((
                    CERTIFICATE,
                    Invalid::new(message, "Have it made anew, or convert it to PEM form anew."),
                ))
            }
            Err(_) => Err(unusable(
                "The key and the certificate in store.client_cert_file cannot be used together.",
            )),
        }
    }

    /// Why no server takes it at this time.
    pub fn out_of_date(&self, now_ms: u64) -> Option<&'static str> {
        let certificate = CertificateDer::from_pem_slice(&self.certificates).ok()?;
        // Whoever has signed it does not matter here: its dates are looked at first.
        let mut anyone = RootCertStore::empty();
        anyone.add(certificate.clone()).ok()?;
        let provider = Arc::new(ring::default_provider());
        let judge = WebPkiClientVerifier::builder_with_provider(Arc::new(anyone), provider).build().ok()?;
        let now = UnixTime::since_unix_epoch(Duration::from_millis(now_ms));
        match judge.verify_client_cert(&certificate, &[], now) {
            Err(Error::InvalidCertificate(
                CertificateError::Expired | CertificateError::ExpiredContext { .. },
            )) => Some("the certificate in store.client_cert_file has expired, so servers refuse it"),
            Err(Error::InvalidCertificate(
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
            )) => Some("the certificate in store.client_cert_file is not valid yet, so servers refuse it"),
            Ok(_) | Err(_) => None,
        }
    }
}

/// Later versions begin with their number, after the heads of the certificate and of what is signed in it (RFC 5280, section 4.1).
fn is_of_version_1(certificate: &[u8]) -> bool {
    const VERSION: u8 = 0xa0;
    let first = within(certificate).and_then(within).and_then(<[u8]>::first);
    first.is_some_and(|first| *first != VERSION)
}

/// What is in a sequence of DER.
fn within(der: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    let [SEQUENCE, length, rest @ ..] = der else { return None };
    // One below 128 is told in this byte; else its low bits say how many bytes it takes.
    let bytes = if *length < 0x80 { 0 } else { usize::from(length & 0x7f) };
    rest.get(bytes..)
}

fn of_version_1() -> Invalid {
    let message = "The certificate is of X.509 version 1, which cannot be used for TLS by the gateway.";
    let fix = "Make one of version 3, with an extension: `openssl x509 -req … -extfile FILE`, where FILE has the line \
               extendedKeyUsage=clientAuth, or `openssl req -x509 -addext extendedKeyUsage=clientAuth …`. The key may stay.";
    Invalid::new(message, fix)
}

/// One certificate or more, in PEM form.
pub fn read_certificates(path: &str, files: &Files) -> Result<String, Invalid> {
    let fix =
        "Name a file with a whole certificate in PEM form: from -----BEGIN CERTIFICATE----- to the end line.";
    let text = read_file(path, files, fix)?;
    let unusable = |message: &str| Invalid::new(message.to_owned(), fix);
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        let certificate = certificate.map_err(|_| unusable("A certificate in the file cannot be read."))?;
        store.add(certificate).map_err(|_| unusable("The file holds something that is no certificate."))?;
    }
    // A file that ends before the end line reads as one without any.
    if store.is_empty() { Err(unusable("The file holds no whole certificate.")) } else { Ok(text) }
}

/// In PEM form.
pub fn read_private_key(path: &str, files: &Files) -> Result<SecretString, Invalid> {
    let fix = "Name a file with a private key in PEM form.";
    let text = read_file(path, files, fix)?;
    if ["BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"].iter().any(|mark| text.contains(mark)) {
        let fix = "Write it without a passphrase, in a file that only this user can read: `openssl pkey -in KEY -out PLAIN`.";
        return Err(Invalid::new("The private key is encrypted with a passphrase.", fix));
    }
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes());
    let key = key.map_err(|_| Invalid::new("The file holds no whole private key.", fix))?;
    match ring::sign::any_supported_type(&key) {
        Ok(_) => Ok(SecretString::from(text)),
        Err(_) => {
            let fix =
                "Name an RSA key of 2048 bits or more, an ECDSA key on P-256 or P-384, or an Ed25519 key.";
            Err(Invalid::new("The private key is damaged, or of a kind that cannot be used.", fix))
        }
    }
}

/// Remembered as they are now: new ones take effect at a restart, and a gateway that runs says so.
fn read_file(path: &str, files: &Files, fix: &str) -> Result<String, Invalid> {
    files.read(path).map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))
}
