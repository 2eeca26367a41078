//! The composition root: builds a gateway from its settings, runs it, reloads it, stops it.
//!
//! Owns: the choice of the store, the listeners, the clock. This is the only file that names both `http` and `store`;
//! tests start exactly what `main` starts.
//! Must not know: where settings come from, or any rule of the product.

mod agreement;
pub mod check;
mod counting;
mod cut_off;
mod parts;
mod patience;
pub mod process;
mod running;
pub mod signing;
mod store_clock;
pub mod stores;
mod supervisor;
mod watching;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use url::Url;

use crate::config::{Settings, Telemetry};
use crate::domain::base62::random_text;
use crate::domain::idempotency::TokenDeriver;
use crate::domain::landing_pass::LandingNonces;
use crate::domain::portals::{Product, SharedCatalog};
use crate::domain::ports::Clock;
use crate::domain::secret_mark::SecretMarks;
use crate::domain::user_tag::UserTagger;
use crate::http;
use crate::http::gateway::Gateway;
use crate::http::gateway::languages::Languages;
use crate::http::gateway::limits::Limits;
use crate::http::gateway::untrusted::Untrusted;
use crate::telemetry::{Metrics, Receiver, Sampling, Traces, TracesError};
use crate::tokens::KeyError;
use agreement::Membership;
pub use parts::PartEnded;
pub use running::Running;
use running::{Fixed, Shown, Stop};
use signing::Signing;
use store_clock::StoreClock;
use stores::StoreMaker;

/// How often idle clients are dropped from the rate limits. It bounds what an attacker with many addresses can make
/// them remember.
const FORGET_EVERY: Duration = Duration::from_secs(5);

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// The store's URL cannot be used.
    #[error("cannot use the store's URL: {0}")]
    Store(redis::RedisError),
    /// A language of the pages cannot be read.
    #[error("cannot read a language of the pages: {0}")]
    Languages(String),
    /// The process could not be told to stop.
    #[error("cannot receive signals: {0}")]
    Signals(io::Error),
    /// No key for signed tokens could be made.
    #[error("cannot make a key to sign tokens with: {0}")]
    Signing(#[from] KeyError),
    /// The metrics cannot be registered.
    #[error("cannot register the metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// Traces cannot be exported.
    #[error(transparent)]
    Traces(#[from] TracesError),
}

/// The clock of this machine.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // The only place that reads it.
    fn now_ms(&self) -> u64 {
        u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or(0)
    }
}

/// Starts a gateway. When this returns, it listens, even if the store cannot be reached yet.
pub fn start(settings: Settings, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    let metrics = Arc::new(Metrics::new()?);
    let shown = Shown { metrics: metrics.clone(), clock: clock.clone() };
    shown.loaded(&settings.catalog, settings.at_restart.hash_with(&settings.rest));
    let signing = Signing::new(&settings.server.public_url, &settings.store.location)?;
    let signer = signing.signer(settings.signing_keys);
    let catalog: SharedCatalog = Arc::new(ArcSwap::from_pointee(settings.catalog.signed_by(signer)));
    let limits =
        Arc::new(Limits::new(settings.limits.exchange_per_minute, settings.limits.create_per_minute));
    let traces = traces(&settings.telemetry, &metrics)?;
    let stores = StoreMaker::new(&settings.store, settings.history, clock.clone(), &metrics, traces.clone());
    let stores = stores.map_err(StartError::Store)?;
    let marks = SecretMarks::new(&settings.server.secret, &settings.server.previous_secrets);
    let gateway = random_text();
    stores.agree_first(marks.clone(), gateway.clone());
    // The first contact logs warnings about how the store is set up. The start does not depend on it.
    let first_contact = stores.make();
    let store_clock = Arc::new(StoreClock::new(clock.clone()));
    let tagger = Arc::new(UserTagger::new(&settings.server.secret, &settings.server.previous_secrets));
    let deriver = Arc::new(TokenDeriver::new(&settings.server.secret));
    let landing_nonces = Arc::new(LandingNonces::new(&settings.server.secret));
    let languages = Arc::new(Languages::load().map_err(StartError::Languages)?);
    let stopping = Arc::new(AtomicBool::new(false));
    let stop = Stop { stopping: stopping.clone(), drain: settings.server.drain };
    let make_gateway = {
        let untrusted = Arc::new(Untrusted::default());
        let events = Arc::new(http::AuditTrail::new(metrics.clone()));
        let (catalog, metrics, limits) = (catalog.clone(), metrics.clone(), limits.clone());
        let traces = traces.clone();
        let store_clock = store_clock.clone();
        let strict_transport = settings.server.public_url.scheme() == "https";
        let client_address_header = settings.server.client_address_header;
        let (trusted_proxies, error_type_base) = (settings.server.trusted_proxies, settings.error_type_base);
        move || Gateway {
            product: Product::new(
                catalog.clone(),
                stores.make(),
                tagger.clone(),
                deriver.clone(),
                events.clone(),
            ),
            metrics: metrics.clone(),
            traces: traces.clone(),
            limits: limits.clone(),
            client_address_header: client_address_header.clone(),
            trusted_proxies: trusted_proxies.clone(),
            untrusted: untrusted.clone(),
            stopping: stopping.clone(),
            error_type_base: error_type_base.clone(),
            strict_transport,
            landing_nonces: landing_nonces.clone(),
            languages: languages.clone(),
            clock: clock.clone(),
            store_clock: store_clock.clone(),
        }
    };
    let fixed = Fixed { keys: settings.at_restart, public_url: settings.server.public_url };
    let listen = settings.server.listen;
    let (server, address, door) = http::listen(listen, settings.server.workers, make_gateway)
        .map_err(|error| StartError::Listen(listen, error))?;
    let mut running = Running::new(address, catalog, signing, stop, shown, fixed);
    running.traces = traces;
    running.parts.add_server("the public listener", server);
    running.door = Some(door);

    if let Some(listen) = settings.server.metrics_listen {
        let (server, address) =
            http::listen_for_metrics(listen, metrics).map_err(|error| StartError::Listen(listen, error))?;
        running.metrics_address = Some(address);
        running.parts.add_server("the metrics listener", server);
    }
    let membership = Membership::new(first_contact.clone(), marks, gateway);
    running.parts.add_task("the check of server.secret", membership.clone().keep());
    running.membership = Some(membership);
    running.parts.add_task("the housekeeping", async move {
        let mut ticks = tokio::time::interval(FORGET_EVERY);
        // Its answer is a warning in the log, if there is one.
        let _ = first_contact.ready().await;
        loop {
            ticks.tick().await;
            store_clock.follow(first_contact.as_ref()).await;
            limits.forget_idle();
        }
    });
    Ok(running)
}

/// `None`: they are off.
fn traces(settings: &Telemetry, metrics: &Metrics) -> Result<Option<Arc<Traces>>, TracesError> {
    let Telemetry { traces_endpoint, sampler, trust_traceparent, authorities } = settings;
    let sampling = Sampling::of(sampler.ratio, sampler.follows_proxy);
    let authorities = authorities.as_ref().map(String::as_bytes);
    let start = |endpoint: &Url| {
        let to = Receiver { endpoint: endpoint.as_str(), authorities };
        Traces::start(&to, sampling, *trust_traceparent, &metrics.traces)
    };
    traces_endpoint.as_ref().map(start).transpose().map(|traces| traces.map(Arc::new))
}
