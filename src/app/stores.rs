//! How each worker thread gets its store.
//!
//! Owns: turning the settings into a store. Each worker has its own link to Redis; a store in memory is shared by all.
//! Must not know: what a store is used for.

use std::sync::Arc;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{
    Client, ClientTlsConfig, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo, RedisResult,
    TlsCertificates,
};
use secrecy::{ExposeSecret, SecretString};

use super::counting::Counting;
use crate::config::{self, PasswordFile, StoreLocation};
use crate::domain::ports::{Clock, SessionStore};
use crate::domain::secret_mark::SecretMarks;
use crate::store::memory::MemoryStore;
use crate::store::redis::{
    Consent, PasswordSource, Place, Probe, Promises, RedisStore, Servers, StoreObserver, Topology, node_at,
};
use crate::telemetry::{Metrics, Traces};

/// Makes a store for each worker.
#[derive(Clone)]
pub enum StoreMaker {
    /// All workers get the same one.
    Shared(Arc<MemoryStore>),
    /// Each worker gets a link of its own.
    PerWorker(Arc<Redis>),
}

/// What the workers' links have in common.
pub struct Redis {
    place: Place,
    promises: Promises,
    probe: Arc<Probe>,
    consent: Arc<Consent>,
    observer: Arc<dyn StoreObserver>,
}

impl StoreMaker {
    /// Does not connect yet; an error means that the settings cannot be used.
    /// `history`: how long a session's history outlives it; zero keeps none.
    pub fn new(
        settings: &config::Store,
        history: Duration,
        clock: Arc<dyn Clock>,
        metrics: &Arc<Metrics>,
        traces: Option<Arc<Traces>>,
    ) -> RedisResult<Self> {
        let Some(topology) = topology(settings)? else {
            return Ok(StoreMaker::Shared(Arc::new(MemoryStore::new(clock).keeping(history))));
        };
        let observer = Arc::new(Counting::new(metrics.clone(), traces));
        let promises = Promises {
            timeout: settings.timeout,
            fence_failover: settings.fence_failover,
            wait_replicas: settings.wait_replicas,
            history,
        };
        let probe = Probe::new(settings.fence_failover);
        let password = settings.password_file.as_ref().map(password_source);
        let servers = Servers { topology, password, own_authority: settings.ca_certificates.is_some() };
        let place = Place { servers, prefix: settings.prefix.clone() };
        let consent = Arc::default();
        Ok(StoreMaker::PerWorker(Arc::new(Redis { place, promises, probe, consent, observer })))
    }

    /// What the servers that were met say of themselves that weakens a promise.
    pub async fn weaknesses(&self) -> Vec<String> {
        match self {
            StoreMaker::Shared(_) => Vec::new(),
            StoreMaker::PerWorker(redis) => redis.probe.weaknesses().await,
        }
    }

    /// Whether sentinels have named the primary that are too few to be followed at once.
    pub fn waits_for_sentinels(&self) -> bool {
        match self {
            StoreMaker::Shared(_) => false,
            StoreMaker::PerWorker(redis) => redis.probe.is_deciding(),
        }
    }

    /// From now on the stores begin nothing before `server.secret` was compared with the other gateways'.
    pub fn agree_first(&self, marks: SecretMarks, gateway: String) {
        match self {
            StoreMaker::Shared(_) => {}
            StoreMaker::PerWorker(redis) => redis.consent.is_needed_for(marks, gateway),
        }
    }

    /// Must be called on the worker's own thread, because the link belongs to its runtime.
    pub fn make(&self) -> Arc<dyn SessionStore> {
        match self {
            StoreMaker::Shared(store) => store.clone(),
            StoreMaker::PerWorker(redis) => {
                let (probe, observer) = (redis.probe.clone(), redis.observer.clone());
                let consent = redis.consent.clone();
                Arc::new(RedisStore::new(&redis.place, redis.promises, probe, consent, observer))
            }
        }
    }
}

fn topology(settings: &config::Store) -> RedisResult<Option<Topology>> {
    Ok(match &settings.location {
        StoreLocation::Memory => None,
        StoreLocation::Redis(node) => Some(Topology::Single(node_info(settings, node)?)),
        StoreLocation::Sentinel { sentinels, master, node } => {
            let node = node_info(settings, node)?;
            let sentinel = |address| Client::open(sentinel_info(settings, &node, address));
            let sentinels = sentinels.iter().map(sentinel).collect::<Result<_, _>>()?;
            let password = settings.sentinel_password_file.as_ref().map(password_source);
            Some(Topology::Sentinel { sentinels, password, master: master.clone(), node })
        }
        StoreLocation::Cluster { nodes, node } => {
            Some(Topology::Cluster { nodes: nodes.clone(), node: node_info(settings, node)? })
        }
    })
}

fn password_source(file: &PasswordFile) -> PasswordSource {
    let file = file.clone();
    Arc::new(move || file.read())
}

/// Without delay: on a real network, small requests would otherwise wait for one another.
fn node_info(settings: &config::Store, url: &SecretString) -> RedisResult<Box<ConnectionInfo>> {
    let info = url.expose_secret().into_connection_info()?;
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let root_cert = settings.ca_certificates.clone();
    let client_tls = settings.client_certificate.as_ref().map(|client| ClientTlsConfig {
        client_cert: client.certificates.clone(),
        client_key: client.key.expose_secret().as_bytes().to_vec(),
    });
    if root_cert.is_none() && client_tls.is_none() {
        return Ok(Box::new(info));
    }
    let client = Client::build_with_tls(info, TlsCertificates { client_tls, root_cert })?;
    Ok(Box::new(client.get_connection_info().clone()))
}

/// By TLS as the data nodes, with credentials of their own.
fn sentinel_info(settings: &config::Store, node: &ConnectionInfo, address: &(String, u16)) -> ConnectionInfo {
    let mut user = RedisConnectionInfo::default();
    if let Some(name) = &settings.sentinel_username {
        user = user.set_username(name);
    }
    if let Some(password) = &settings.sentinel_password {
        user = user.set_password(password.expose_secret());
    }
    node_at(node, address).set_redis_settings(user)
}
