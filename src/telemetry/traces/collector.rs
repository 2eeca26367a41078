//! The collector that spans are sent to, by OTLP over HTTP with protobuf.
//!
//! Owns: the HTTP client and its deadline, and what the log tells of it: one line when it fails, one when it is well again.
//! Must not know: what is in a span, or when it is sent. (Headers, such as a key of the collector's owner, are read by the
//! library from `OTEL_EXPORTER_OTLP_HEADERS`, so that they are in nothing of ours.)

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};

/// Why no traces can be exported.
#[derive(Debug, thiserror::Error)]
pub enum TracesError {
    /// The exporter cannot use the address or a variable.
    #[error("cannot export traces: {0}")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The client has no runtime, or no TLS.
    #[error("cannot export traces: {0}")]
    Client(#[from] std::io::Error),
}

/// For one batch, with all tries.
const DEADLINE: Duration = Duration::from_secs(10);

/// Who gets the spans.
pub struct Receiver<'a> {
    /// The whole URL.
    pub endpoint: &'a str,
    /// Authorities (PEM) for its certificate; None: the public ones.
    pub authorities: Option<&'a [u8]>,
}

/// Connects at the first batch.
pub fn exporter(to: &Receiver<'_>) -> Result<SpanExporter, TracesError> {
    let collector = Collector::new(to)?;
    let exporter = SpanExporter::builder().with_http().with_http_client(collector);
    let exporter = exporter.with_endpoint(to.endpoint).with_protocol(Protocol::HttpBinary);
    Ok(exporter.with_timeout(DEADLINE).build()?)
}

/// The client, with a runtime of its own: the thread that sends has none, and shares nothing with those that serve.
#[derive(Debug)]
struct Collector {
    endpoint: String,
    runtime: Runtime,
    client: Box<dyn HttpClient>,
    fails: AtomicBool,
}

impl Collector {
    fn new(to: &Receiver<'_>) -> io::Result<Self> {
        let builder = HttpsConnectorBuilder::new();
        let builder = match to.authorities {
            Some(authorities) => builder.with_tls_config(trusting(authorities)?),
            None => {
                builder.with_provider_and_webpki_roots(ring::default_provider()).map_err(io::Error::other)?
            }
        };
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Collector {
            endpoint: to.endpoint.to_owned(),
            runtime: Builder::new_current_thread().enable_all().build()?,
            client: Box::new(HyperClient::new(connector, DEADLINE, None)),
            fails: AtomicBool::new(false),
        })
    }

    /// `failure`: why it did not take what was sent.
    fn tell(&self, failure: Option<String>) {
        let failed_before = self.fails.swap(failure.is_some(), Ordering::Relaxed);
        let collector = self.endpoint.as_str();
        match failure {
            Some(error) if !failed_before => tracing::warn!(
                collector,
                error,
                "the collector does not take spans: they are dropped. It must speak OTLP over HTTP, most often on port 4318"
            ),
            None if failed_before => tracing::info!(collector, "the collector takes spans again"),
            Some(_) | None => (),
        }
    }
}

fn trusting(authorities: &[u8]) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(io::Error::other)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[async_trait]
impl HttpClient for Collector {
    /// Blocks the thread that sends, which waits for it in any case.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.runtime.block_on(self.client.send_bytes(request));
        self.tell(match &sent {
            Ok(response) if response.status().is_success() => None,
            // What the collector says beside its status may repeat what it was sent.
            Ok(response) => Some(format!("status {}", response.status())),
            Err(error) => Some(with_causes(error.as_ref())),
        });
        sent
    }
}

fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
    }

    /// Whether a collector whose certificate is `issuer`'s gets spans of a gateway that trusts `trusted`.
    fn is_sent(issuer: &CertifiedIssuer<'static, KeyPair>, trusted: Option<&str>) -> bool {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["localhost".to_owned()]).expect("its parameters");
        let certificate = params.signed_by(&key, issuer).expect("a certificate").der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        let config = Arc::new(config.with_single_cert(vec![certificate], key).expect("a server"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a connection");
            let connection = ServerConnection::new(config).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let is_asked = stream.read(&mut [0; 1024]).is_ok_and(|count| count > 0);
            is_asked && stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok()
        });
        let endpoint = format!("https://localhost:{port}/v1/traces");
        let to = Receiver { endpoint: &endpoint, authorities: trusted.map(str::as_bytes) };
        let collector = Collector::new(&to).expect("a client");
        let request = Request::post(&endpoint).body(Bytes::from_static(b"spans")).expect("a request");
        let sent = futures_util::FutureExt::now_or_never(collector.send_bytes(request));
        let is_sent = sent.expect("it blocks").is_ok_and(|response| response.status().is_success());
        assert_eq!(server.join().expect("it ends"), is_sent);
        is_sent
    }

    #[test]
    fn a_collector_is_trusted_by_the_authority_that_is_named_and_no_other() {
        let (own, other) = (authority(), authority());
        assert!(is_sent(&own, Some(&own.pem())));
        assert!(is_sent(&own, Some(&(other.pem() + &own.pem()))));
        assert!(!is_sent(&own, Some(&other.pem())));
        assert!(!is_sent(&own, None));
    }
}
