//! How a request is answered: success, error, redirect or page, with the cookies and headers that belong to it.
//!
//! Must not know: any endpoint.

mod bounces;
pub mod breakable;
pub mod common_headers;
pub mod cookies;
pub mod cors;
pub mod counting;
pub mod envelope;
pub mod events;
pub mod finish;
pub mod lost;
pub mod new_session;
pub mod pages;
pub mod policy;
pub mod problem;
pub mod refusal;
pub mod resume;
pub mod to_the_end;
pub mod traced;
pub mod values;
