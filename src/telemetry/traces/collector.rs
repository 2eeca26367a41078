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
