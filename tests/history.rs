//! The promise under random faults: clients of several gateways, faults from a seed, and a checker that judges
//! all that happened. The checker is proven first: by histories made by hand, and by gateways with a defect.
//!
//! By hand, as docs/internals/reliability.md tells:
//! `HISTORY_TOPOLOGY=single HISTORY_SECONDS=3600 HISTORY_SEED=7 cargo test --test history -- --ignored --nocapture for_long`

mod support;

#[path = "history/cluster.rs"]
mod cluster;
#[path = "history/defects.rs"]
mod defects;
#[path = "history/judgements.rs"]
mod judgements;
#[path = "history/judgements_of_direct.rs"]
mod judgements_of_direct;
#[path = "history/limits.rs"]
mod limits;
#[path = "history/runs.rs"]
mod runs;
#[path = "history/sentinels.rs"]
mod sentinels;
#[path = "history/topology.rs"]
mod topology;
