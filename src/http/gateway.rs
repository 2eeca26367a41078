//! What every handler can use: the parts of one gateway, made once for each worker.
//!
//! Owns: which parts there are, and how a request finds them.
//! Must not know: any request, or what a part is used for.

mod guesses;
pub mod languages;
pub mod limits;
pub mod untrusted;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, web};
use ipnet::IpNet;

use self::languages::Languages;
use self::limits::Limits;
use self::untrusted::Untrusted;
use crate::domain::landing_pass::LandingNonces;
use crate::domain::portals::Product;
use crate::domain::ports::Clock;
use crate::telemetry::{Metrics, Traces};

/// The parts.
pub struct Gateway {
    /// The product.
    pub product: Product,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The traces, if they are recorded at all.
    pub traces: Option<Arc<Traces>>,
    /// Rate limits, shared by all threads.
    pub limits: Arc<Limits>,
    /// The only header that is read for a client's address.
    pub client_address_header: HeaderName,
    /// The proxies that are believed in it.
    pub trusted_proxies: Vec<IpNet>,
    /// The others that have told one.
    pub untrusted: Arc<Untrusted>,
    /// Set once the gateway is about to stop.
    pub stopping: Arc<AtomicBool>,
    /// The `type` of every error begins with it.
    pub error_type_base: String,
    /// Whether browsers reach the gateway over https, and so are told to insist on it.
    pub strict_transport: bool,
    /// Ties the landing page's form to its browser.
    pub landing_nonces: Arc<LandingNonces>,
    /// The languages of the pages that people see.
    pub languages: Arc<Languages>,
    /// For times that browsers keep in cookies.
    pub clock: Arc<dyn Clock>,
    /// The store's time, as far as it is known: for what is told of a session's times.
    pub store_clock: Arc<dyn Clock>,
}

/// The gateway that serves this request. The app registers it before anything else.
pub fn gateway(request: &HttpRequest) -> &web::Data<Gateway> {
    request.app_data::<web::Data<Gateway>>().expect("the app registers the gateway for every route")
}
