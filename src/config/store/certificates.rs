//! The files of `[store]` with certificates and keys.
//!
//! Owns: that they are read as they will be used, so that a file that is cut off is found here and not when it is first
//! needed.
//! Must not know: what they are for.

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::SecretString;

use crate::config::files::Files;
use crate::domain::invalid::Invalid;

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
    match PrivateKeyDer::from_pem_slice(text.as_bytes()) {
        Ok(_) => Ok(SecretString::from(text)),
        Err(_) => Err(Invalid::new("The file holds no whole private key.", fix)),
    }
}

/// Remembered as they are now: new ones take effect at a restart, and a gateway that runs says so.
fn read_file(path: &str, files: &Files, fix: &str) -> Result<String, Invalid> {
    files.read(path).map_err(|error| Invalid::new(format!("The file cannot be read: {error}."), fix))
}
