//! The metrics, as Prometheus reads them.
//!
//! Owns: one registry for each gateway. The groups below have the names and labels; docs/metrics.md describes each.
//! A counter is there at 0 before its first event: an alert on its increase would miss that one. `foresee` says which.
//! Must not know: requests, sessions or stores; it takes plain values. No label has values that a stranger can make up.

mod configuration;
mod families;
mod http;
mod process;
mod sessions;
mod store;
mod traces;

use prometheus::{Registry, TextEncoder};

use self::configuration::ConfigurationMetrics;
pub use self::configuration::Configured;
pub use self::families::Held;
use self::families::{Families, Result};
use self::http::HttpMetrics;
pub use self::http::RouteSeries;
use self::sessions::SessionMetrics;
use self::store::StoreMetrics;
pub use self::traces::TraceMetrics;
use super::dropped::{DROPPED, DroppedLines};

/// The label where nothing that is configured is named.
pub const NONE: &str = "none";

/// All metrics of one gateway.
pub struct Metrics {
    registry: Registry,
    /// Requests and connections.
    pub http: HttpMetrics,
    /// What becomes of sessions and of those who ask for them.
    pub sessions: SessionMetrics,
    /// The store.
    pub store: StoreMetrics,
    /// What is configured, and reloads.
    pub configuration: ConfigurationMetrics,
    /// Spans on their way to a collector.
    pub traces: TraceMetrics,
}

impl Metrics {
    /// Registers every metric under its name.
    pub fn new() -> Result<Self> {
        let registry = Registry::new();
        let families = Families(&registry);
        let (http, sessions) = (HttpMetrics::new(&families)?, SessionMetrics::new(&families)?);
        let (store, configuration) = (StoreMetrics::new(&families)?, ConfigurationMetrics::new(&families)?);
        let traces = TraceMetrics::new(&families)?;
        registry.register(Box::new(DroppedLines::new(&DROPPED)?))?;
        process::register(&families)?;
        Ok(Metrics { registry, http, sessions, store, configuration, traces })
    }

    /// Everything as Prometheus text.
    pub fn render(&self) -> Result<String> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}
