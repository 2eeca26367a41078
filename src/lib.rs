//! Vestibule: the gateway between a company's backend and its customer portal.
//!
//! A backend mints a *ticket* (single use, 15 minutes at most) for one of its users. The portal exchanges it for a
//! *browser token* (24 hours, in an HttpOnly cookie). From then on the portal, or the proxy in front of it, asks the
//! gateway who is there. Both stand for a *portal session*: its *handle* is the only name of it that may be logged, its
//! *grant* says what it may do. A *caller* holds a root key.
//!
//! Five files to begin with: `domain/portals/portal/find.rs` (who is there), `http.rs` (the routes),
//! `http/answer/finish.rs` (what all requests have in common), `store/scripts/exchange.lua` (the one step that spends
//! a ticket), `app.rs` (how it is put together). `fields` reads documents for `http` and `config`, `json` writes them for
//! `http` and `telemetry`; `dev` is a playground, behind a feature of that name. `tests/architecture.rs` enforces:
//! ```text
//! main → app → http → domain ← store     config → domain     dev → config, domain     telemetry → json
//! ```

pub mod app;
pub mod config;
#[cfg(feature = "playground")]
pub mod dev;
pub mod domain;
pub mod explain;
pub mod fields;
pub mod healthcheck;
pub mod http;
mod json;
mod local_gateway;
pub mod store;
pub mod telemetry;
pub mod tokens;
