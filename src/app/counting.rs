//! How metrics and traces learn of the store, and metrics of the configuration.
//!
//! Must not know: names of metrics or spans.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::catalog::Catalog;
use crate::domain::environment::Environment;
use crate::store::redis::{FailureKind, OPERATIONS, StoreObserver};
use crate::telemetry::{Configured, Metrics, Traces};

/// Counts what the store's links tell, and records it where it belongs to a request that is recorded.
pub struct Counting {
    metrics: Arc<Metrics>,
    traces: Option<Arc<Traces>>,
}

impl Counting {
    /// Begins at 0.
    pub fn new(metrics: Arc<Metrics>, traces: Option<Arc<Traces>>) -> Self {
        for operation in OPERATIONS {
            metrics.store.foresee(operation, FailureKind::ALL.iter().map(|kind| kind.name()));
        }
        Counting { metrics, traces }
    }
}

impl StoreObserver for Counting {
    fn call_began(&self) {
        self.metrics.store.call_began();
    }

    fn call_ended(&self) {
        self.metrics.store.call_ended();
    }

    fn call_done(&self, operation: &'static str, took: Duration, failure: Option<FailureKind>) {
        let failure = failure.map(FailureKind::name);
        self.metrics.store.call(operation, took, failure);
        if let Some(traces) = &self.traces {
            traces.store_call_ended(operation, took, failure);
        }
    }

    fn connected(&self) {
        self.metrics.store.connected();
    }

    fn disconnected(&self) {
        self.metrics.store.disconnected();
    }

    fn connect_failed(&self) {
        self.metrics.store.connect_failed();
    }
}

/// Tells what is configured now. `hash`: of what is in force.
pub fn tell_configuration(metrics: &Metrics, catalog: &Catalog, hash: u64, now_ms: u64) {
    let enabled = catalog.enabled().count();
    let root_keys = [Environment::Live, Environment::Test]
        .map(|environment| (environment.name(), catalog.root_keys_of(environment)));
    let portals = (enabled, catalog.portals().len() - enabled);
    metrics.configuration.loaded(Configured { hash, portals, root_keys: &root_keys }, now_ms);
}
