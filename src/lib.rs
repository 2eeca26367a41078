//! Vestibule: the gateway between a company's backend and its customer portal.
//!
//! A backend mints a *ticket* (the session ID: 15 minutes at most, single use) for one of its users; the
//! portal exchanges it for a *browser token* (24 hours, in an HttpOnly cookie); from then on the portal, or
//! the proxy before it, asks the gateway who is there. *Portal session*: what both stand for. *Handle*: its
//! public id, the only name of it that may be logged. *Grant*: what it may do. *Caller*: the holder of a root
//! key. "Session" never means an HTTP request or a connection.
//!
//! The whole product in five files: `domain/portal.rs` (the rules), `http.rs` (the routes), `http/finish.rs`
//! (what every request has in common), `store/redis.rs` (the state), `app.rs` (how it is put together).
//! `fields` reads documents for `http` and `config`; `dev` is a playground. `tests/architecture.rs` enforces:
//! ```text
//! main → app → http → domain ← store     config → domain     dev → config, domain     telemetry → (nothing)
//! ```

pub mod app;
pub mod config;
pub mod dev;
pub mod domain;
pub mod fields;
pub mod healthcheck;
pub mod http;
pub mod store;
pub mod telemetry;
