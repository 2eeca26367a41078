//! How the metrics learn of the store and of the configuration.
//!
//! Must not know: names of metrics.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::catalog::Catalog;
use crate::domain::environment::Environment;
use crate::store::redis::{FailureKind, OPERATIONS, StoreObserver};
use crate::telemetry::{Configured, Metrics};

/// Counts what the store's links tell.
pub struct Counting(Arc<Metrics>);

impl Counting {
    /// Begins at 0.
    pub fn new(metrics: Arc<Metrics>) -> Self {
        for operation in OPERATIONS {
            metrics.store.foresee(operation, FailureKind::ALL.iter().map(|kind| kind.name()));
        }
        Counting(metrics)
    }
}

impl StoreObserver for Counting {
    fn call_began(&self) {
        self.0.store.call_began();
    }

    fn call_ended(&self) {
        self.0.store.call_ended();
    }

    fn call_done(&self, operation: &'static str, took: Duration, failure: Option<FailureKind>) {
        self.0.store.call(operation, took, failure.map(FailureKind::name));
    }

    fn connected(&self) {
        self.0.store.connected();
    }

    fn disconnected(&self) {
        self.0.store.disconnected();
    }

    fn connect_failed(&self) {
        self.0.store.connect_failed();
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
