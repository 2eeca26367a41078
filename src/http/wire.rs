//! Between the socket and the routes: connections, their limits, and what never becomes a request.

mod bounds;
pub mod door;
pub mod listener;
pub mod metrics_listener;
mod raw_errors;
