//! Servers that speak TLS, with certificates of a private authority: one for servers, one for their clients.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use redis::{Client, ClientTlsConfig, TlsCertificates};
use tempfile::TempDir;

use super::redis_server::{RedisServer, free_port};

pub struct Tls {
    directory: TempDir,
    /// The first name of the certificate: where the test itself reaches its servers.
    host: String,
}

impl Tls {
    /// All servers have one certificate, for these names or addresses. They ask their clients for one too.
    pub fn for_names(names: &[&str]) -> Arc<Self> {
        let tls =
            Tls { directory: tempfile::tempdir().expect("a temporary directory"), host: names[0].to_owned() };
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.distinguished_name.push(DnType::CommonName, "an authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
            .expect("an authority");
        tls.write("authority.pem", &authority.pem());
        for (name, subjects) in [("server", names), ("client", &["vestibule"][..])] {
            let key = KeyPair::generate().expect("a key");
            let subjects: Vec<String> = subjects.iter().map(|subject| (*subject).to_owned()).collect();
            let params = CertificateParams::new(subjects).expect("parameters");
            let certificate = params.signed_by(&key, &authority).expect("a certificate");
            tls.write(&format!("{name}.pem"), &certificate.pem());
            tls.write(&format!("{name}.key"), &key.serialize_pem());
        }
        Arc::new(tls)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file is written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Of a server at this port, a sentinel among them.
    pub fn arguments(&self, port: u16) -> Vec<String> {
        let path = |name| self.path(name).to_str().expect("a path").to_owned();
        let fixed = ["--port", "0", "--tls-replication", "yes", "--tls-port"].map(str::to_owned);
        let files = [
            ("--tls-cert-file", "server.pem"),
            ("--tls-key-file", "server.key"),
            ("--tls-ca-cert-file", "authority.pem"),
        ];
        let files = files.into_iter().flat_map(|(argument, name)| [argument.to_owned(), path(name)]);
        fixed.into_iter().chain([port.to_string()]).chain(files).collect()
    }

    /// For `[store]`.
    pub fn lines(&self) -> String {
        let line = |key: &str, name| format!("{key} = {:?}\n", self.path(name));
        [("ca_file", "authority.pem"), ("client_cert_file", "client.pem"), ("client_key_file", "client.key")]
            .map(|(key, name)| line(key, name))
            .concat()
    }

    /// For the test itself.
    pub fn connect(&self, url: url::Url) -> redis::RedisResult<redis::Connection> {
        self.client(url.as_str())?.get_connection_with_timeout(Duration::from_secs(5))
    }

    /// Trusts the authority, and has a certificate.
    pub fn client(&self, url: &str) -> redis::RedisResult<Client> {
        let read = |name| std::fs::read(self.path(name)).expect("a file");
        let client_tls = ClientTlsConfig { client_cert: read("client.pem"), client_key: read("client.key") };
        let certificates =
            TlsCertificates { client_tls: Some(client_tls), root_cert: Some(read("authority.pem")) };
        Client::build_with_tls(url, certificates)
    }
}

impl RedisServer {
    /// A port with TLS beside the plain one: its URL, and the file of the authority that vouches for it.
    pub fn start_with_tls() -> (Self, String, PathBuf) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = |name: &str, text: String| {
            let path = directory.path().join(name);
            std::fs::write(&path, text).expect("a file is written");
            path
        };
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = file("certificate.pem", certified.cert.pem());
        let key = file("key.pem", certified.signing_key.serialize_pem());
        let port = free_port().to_string();
        let (certificate_path, key) = (certificate.to_str().expect("a path"), key.to_str().expect("a path"));
        let tls = ["--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file", certificate_path];
        let server = Self::start_in(directory, free_port(), &[&tls[..], &["--tls-key-file", key]].concat());
        (server, format!("rediss://localhost:{port}/0"), certificate)
    }
}
