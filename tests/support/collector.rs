//! A collector of traces: a real HTTP server that decodes what is exported to it (OTLP, protobuf), and keeps it for the test.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message;

const LIMIT: Duration = Duration::from_secs(20);

/// What it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Takes,
    Refuses,
    /// It never answers.
    Hangs,
}

pub struct Collector {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    server: ServerHandle,
}

struct Shared {
    mood: Mutex<Mood>,
    received: Mutex<Received>,
    arrived: Condvar,
}

/// Everything that has arrived, taken or not.
#[derive(Clone, Default)]
pub struct Received {
    pub spans: Vec<Span>,
    pub bodies: Vec<Vec<u8>>,
    /// The values of the headers `x-key`, `host` and `content-encoding`, of each request.
    pub keys: Vec<String>,
    pub hosts: Vec<String>,
    pub encodings: Vec<String>,
}

/// A span, with hexadecimal ids.
#[derive(Clone, Debug)]
pub struct Span {
    pub trace: String,
    pub id: String,
    /// Empty without one.
    pub parent: String,
    pub name: String,
    pub is_error: bool,
    pub took: Duration,
    pub attributes: Vec<(String, String)>,
    /// The attributes of the resource.
    pub resource: Vec<(String, String)>,
}

impl Span {
    pub fn attribute(&self, name: &str) -> &str {
        value_of(&self.attributes, name)
    }

    pub fn resource(&self, name: &str) -> &str {
        value_of(&self.resource, name)
    }
}

impl Collector {
    pub fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (mood, received) = (Mutex::new(mood), Mutex::default());
        let shared = Arc::new(Shared { mood, received, arrived: Condvar::new() });
        let (tell, told) = std::sync::mpsc::channel();
        let kept = shared.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let data = web::Data::from(kept);
                let app = move || App::new().app_data(data.clone()).route("/v1/traces", web::post().to(take));
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.listen(listener).expect("it listens").run();
                tell.send(server.handle()).expect("the test waits");
                server.await.expect("it serves");
            });
        });
        Collector { address, shared, server: told.recv().expect("it starts") }
    }

    /// As in `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The lines of a configuration that send traces here.
    pub fn configured(&self, one_in: u64) -> String {
        format!("[telemetry]\ntraces_endpoint = \"{}\"\ntraces_one_in = {one_in}\n\n", self.url())
    }

    /// The same, and a trusted proxy names the trace.
    pub fn configured_behind_a_proxy(&self, one_in: u64) -> String {
        self.configured(one_in).replace("\n\n", "\ntrust_traceparent = true\n\n")
    }

    pub fn change(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    }

    /// What has arrived by now.
    pub fn received(&self) -> Received {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for spans.
    pub fn wait_until(&self, what: &str, fits: impl Fn(&Received) -> bool) -> Received {
        let received = self.shared.received.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.arrived.wait_timeout_while(received, LIMIT, |received| !fits(received));
        let (received, end) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!end.timed_out(), "{what}: {:#?}", received.spans);
        received.clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // The order is given at once; nobody waits for its end.
        drop(self.server.stop(false));
    }
}

async fn take(request: HttpRequest, body: web::Bytes, shared: web::Data<Shared>) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("content-type"), "application/x-protobuf");
    let mut plain = Vec::new();
    match header("content-encoding") {
        "" => plain.extend_from_slice(&body),
        "gzip" => drop(GzDecoder::new(&body[..]).read_to_end(&mut plain).expect("gzip")),
        other => panic!("no encoding of ours: {other}"),
    }
    let spans = ExportTraceServiceRequest::decode(&plain[..]).expect("a request to export traces");
    {
        let mut received = shared.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.spans.extend(spans_of(spans));
        received.bodies.push(plain);
        received.keys.push(header("x-key").to_owned());
        received.hosts.push(header("host").to_owned());
        received.encodings.push(header("content-encoding").to_owned());
    }
    shared.arrived.notify_all();
    let mood = *shared.mood.lock().unwrap_or_else(PoisonError::into_inner);
    match mood {
        Mood::Takes => HttpResponse::Ok().content_type("application/x-protobuf").finish(),
        Mood::Refuses => HttpResponse::BadRequest().body("canary-answer"),
        Mood::Hangs => std::future::pending().await,
    }
}

fn spans_of(request: ExportTraceServiceRequest) -> Vec<Span> {
    let of_resource = request.resource_spans.into_iter().flat_map(|spans| {
        let resource = pairs(spans.resource.map(|resource| resource.attributes).unwrap_or_default());
        let spans = spans.scope_spans.into_iter().flat_map(|spans| spans.spans);
        spans.map(move |span| (span, resource.clone()))
    });
    let span = of_resource.map(|(span, resource)| Span {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        name: span.name,
        // STATUS_CODE_ERROR
        is_error: span.status.is_some_and(|status| status.code == 2),
        took: Duration::from_nanos(span.end_time_unix_nano - span.start_time_unix_nano),
        attributes: pairs(span.attributes),
        resource,
    });
    span.collect()
}

fn pairs(attributes: Vec<KeyValue>) -> Vec<(String, String)> {
    #[allow(clippy::wildcard_enum_match_arm)] // Theirs, and no other is expected.
    let text = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("no attribute of ours: {other:?}"),
    };
    let pair = |pair: KeyValue| {
        let value = pair.value.and_then(|value| value.value).expect("a value");
        (pair.key, text(value))
    };
    attributes.into_iter().map(pair).collect()
}

fn value_of<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
