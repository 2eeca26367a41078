//! What the test binaries share: real Redis servers and the real app, started by the tests themselves.

#![allow(dead_code)] // Each binary uses its part.

pub mod app;
pub mod attacks;
pub mod collector;
pub mod echo;
pub mod fast_forward;
pub mod faulty_proxy;
pub mod forge;
pub mod former_release;
pub mod gateway;
pub mod history;
pub mod node;
pub mod process;
pub mod promtool;
pub mod proxy_binary;
pub mod redis_cluster;
pub mod redis_faults;
pub mod redis_server;
pub mod redis_tls;
pub mod rust_api;
pub mod scripted_sentinel;
pub mod sentinel_set;
pub mod shifted_clock;
pub mod signing_keys;
pub mod store;
pub mod swallowing_proxy;
pub mod told;
pub mod typescript_sdk;
