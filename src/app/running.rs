//! A running gateway: what of it a reload changes, and the order of its stop.
//!
//! Owns: that a reload changes all at once or nothing, and what comes before the parts end and after.
//! Must not know: files, signals.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use url::Url;

use super::agreement::Membership;
use super::counting::tell_configuration;
use super::parts::{PartEnded, Parts};
use super::signing::Signing;
use crate::config::{AtRestart, Settings};
use crate::domain::catalog::Catalog;
use crate::domain::portals::SharedCatalog;
use crate::domain::ports::Clock;
use crate::http::{self, Door};
use crate::telemetry::{Metrics, Traces};

/// How long a stop waits for a collector.
const LAST_SPANS: Duration = Duration::from_secs(2);

/// A gateway that listens.
pub struct Running {
    /// The address of the public listener.
    pub address: SocketAddr,
    /// The address of the metrics listener.
    pub metrics_address: Option<SocketAddr>,
    /// Sent before the end.
    pub(super) traces: Option<Arc<Traces>>,
    /// Of the public listener, until it closes.
    pub(super) door: Option<Door>,
    /// Among the gateways on the store, until the end.
    pub(super) membership: Option<Membership>,
    catalog: SharedCatalog,
    signing: Signing,
    stop: Stop,
    shown: Shown,
    fixed: Fixed,
    pub(super) parts: Parts,
}

/// What stays as it is until a restart.
pub(super) struct Fixed {
    pub keys: AtRestart,
    /// Where browsers reach it, and the issuer of its tokens.
    pub public_url: Url,
}

/// What it shows of its configuration.
pub(super) struct Shown {
    pub metrics: Arc<Metrics>,
    /// Tells when it was loaded.
    pub clock: Arc<dyn Clock>,
}

impl Shown {
    /// This is the configuration now. `hash`: of what is in force.
    pub(super) fn loaded(&self, catalog: &Catalog, hash: u64) {
        http::foresee(&self.metrics, catalog);
        tell_configuration(&self.metrics, catalog, hash, self.clock.now_ms());
    }
}

/// How it stops.
pub(super) struct Stop {
    /// Read by every request.
    pub stopping: Arc<AtomicBool>,
    /// How long it goes on serving once that is set.
    pub drain: Duration,
}

impl Running {
    /// Has no parts yet.
    pub(super) fn new(
        address: SocketAddr,
        catalog: SharedCatalog,
        signing: Signing,
        stop: Stop,
        shown: Shown,
        fixed: Fixed,
    ) -> Self {
        Running {
            address,
            metrics_address: None,
            traces: None,
            door: None,
            membership: None,
            catalog,
            signing,
            stop,
            shown,
            fixed,
            parts: Parts::default(),
        }
    }

    /// New requests see this catalog from now on; those in flight keep the one they began with.
    /// Of the settings, only workspaces and signing keys can change while it runs. Returns the other keys that differ from
    /// those it was started with.
    pub fn reload(&self, settings: Settings) -> Vec<String> {
        let differences = self.fixed.keys.differences(&settings.at_restart);
        let differences = differences.into_iter().map(str::to_owned).collect();
        let signer = self.signing.signer(settings.signing_keys);
        self.shown.loaded(&settings.catalog, self.fixed.keys.hash_with(&settings.rest));
        self.shown.metrics.configuration.reloaded();
        self.catalog.store(Arc::new(settings.catalog.signed_by(signer)));
        differences
    }

    /// What a reload reads portals with that have no public URL of their own.
    pub fn public_url(&self) -> &Url {
        &self.fixed.public_url
    }

    /// What it counts.
    pub(super) fn metrics(&self) -> Arc<Metrics> {
        self.shown.metrics.clone()
    }

    /// Portals and root keys that are in force.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// A new configuration had faults, and the old one stays.
    pub fn reload_refused(&self) {
        self.shown.metrics.configuration.reload_refused();
    }

    /// From now on it is not ready, and every answer closes its connection. It still serves all requests; returns how long
    /// it should.
    pub fn announce_stop(&self) -> Duration {
        self.stop.stopping.store(true, Ordering::Relaxed);
        self.stop.drain
    }

    /// Waits until a part ends by itself. None should.
    pub async fn part_ended(&mut self) -> PartEnded {
        self.parts.ended().await
    }

    /// Lets nobody begin a connection any more, and waits for those who have begun. To be called right before the stop.
    pub async fn close_door(&mut self) {
        if let Some(door) = self.door.take() {
            door.close().await;
        }
    }

    /// Takes no more requests, lets those in flight finish, and returns when all is done.
    pub async fn stop(mut self) {
        // Where a part has ended, nobody has closed it. While it is there, the kernel goes on to make connections.
        drop(self.door.take());
        self.parts.stop().await;
        if let Some(membership) = self.membership {
            membership.end().await;
        }
        if let Some(traces) = self.traces {
            // Nothing is lost but traces if it fails, and the log tells it.
            let _ = tokio::task::spawn_blocking(move || traces.shut_down(LAST_SPANS)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::Instant;

    use super::*;
    use crate::app::{self, SystemClock};
    use crate::http::METRICS_FINISH_SECONDS;

    fn start() -> Running {
        let text = "[server]\nlisten = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\n";
        let settings = Settings::from_layers(text, std::iter::empty()).expect("a configuration");
        app::start(settings, Arc::new(SystemClock)).expect("it starts")
    }

    /// An orchestrator grants all of it together one time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_stop_waits_for_a_scraper_that_asks_and_does_not_read() {
        let running = start();
        let mut scraper =
            TcpStream::connect(running.metrics_address.expect("an address")).expect("it listens");
        let mut asker = scraper.try_clone().expect("a handle");
        // Far more answers than the buffers between the two can hold.
        let requests = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100_000);
        std::thread::spawn(move || asker.write_all(&requests));
        scraper.read_exact(&mut [0; 15]).expect("HTTP/1.1 200 OK");
        let began = Instant::now();
        running.stop().await;
        let most = Duration::from_secs(METRICS_FINISH_SECONDS + 10);
        assert!(began.elapsed() < most, "{:?}", began.elapsed());
    }

    /// Whoever is not served must be refused, so that a proxy goes to the next gateway.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn while_a_gateway_stops_that_has_lost_a_part_nobody_is_kept_waiting() {
        let mut running = start();
        let address = running.address;
        let mut slow = TcpStream::connect(address).expect("it listens");
        let head =
            b"POST /v2/portal.exchangeSession HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                     Expect: 100-continue\r\nContent-Length: 8\r\n\r\n";
        slow.write_all(head).expect("it reads");
        slow.read_exact(&mut [0; 25]).expect("HTTP/1.1 100 Continue");
        running.parts.add_task("a task", async { panic!("a defect") });
        running.part_ended().await;
        let stopping = tokio::spawn(running.stop());
        // Far fewer than the kernel lets wait, and far from the 20 s that the last request has.
        let is_refused = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            TcpStream::connect(address).is_err()
        });
        assert!(is_refused, "it is closed long before the last request ends");
        slow.write_all(b"{\"x\":1}x").expect("it reads");
        slow.read_exact(&mut [0; 13]).expect("HTTP/1.1 400 ");
        drop(slow);
        stopping.await.expect("no panic");
    }
}
