//! What will be counted: the routes, the limits, and what may happen at a portal.
//!
//! Owns: that these series are there at 0 before their first event, since an alert on an increase would miss that one; and
//! that their number stays small where there are very many portals.
//! Must not know: how anything is counted.

use crate::domain::catalog::Catalog;
use crate::domain::environment::Environment;
use crate::domain::error::{Code, Refusal};
use crate::http::answer::counting::{ASKED_AGAIN, DONE, SIGNED_IN_ALREADY};
use crate::http::gateway::limits::LIMITS;
use crate::telemetry::{Metrics, NONE};

/// Each portal has some fifty series. Beyond so many portals, one appears with its first event.
const MOST_PORTALS: usize = 100;

/// Every route with the method that it is mostly asked by.
pub(super) const ROUTES: [(&str, &str); 25] = [
    ("/v2/portal.createSession", "POST"),
    ("/v2/portal.createSessionToken", "POST"),
    ("/v2/portal.revokeSession", "POST"),
    ("/v2/portal.listSessions", "POST"),
    ("/v2/portal.explainSession", "POST"),
    ("/v2/portal.exchangeSession", "POST"),
    ("/v2/portal.exchangeCode", "POST"),
    ("/v2/portal.getSession", "GET"),
    ("/v2/portal.getSession", "POST"),
    ("/v2/portal.getToken", "POST"),
    ("/v2/portal.endSession", "POST"),
    ("/v2/portal.authorize", "GET"),
    ("/v2/portal.authorize", "POST"),
    ("/portal/{slug}", "GET"),
    ("/portal/{slug}", "POST"),
    ("/portal/{slug}/", "GET"),
    ("/health/live", "GET"),
    ("/health/ready", "GET"),
    ("/errors/{category}/{code}", "GET"),
    ("/.well-known/jwks.json", "GET"),
    ("/openapi.json", "GET"),
    ("/docs", "GET"),
    ("/docs/reference", "GET"),
    ("/docs/{page}", "GET"),
    ("/docs/guides/{page}", "GET"),
];

/// How an exchange mostly ends: what is no error, and these.
const OUTCOMES: [Code; 4] =
    [Code::PortalSessionNotFound, Code::Forbidden, Code::TooManySessions, Code::ServiceUnavailable];

/// To be called at the start, and again with what a reload has brought; what that took away is forgotten.
pub fn foresee(metrics: &Metrics, catalog: &Catalog) {
    for (route, method) in ROUTES {
        metrics.http.foresee(route, method);
    }
    for limit in LIMITS {
        metrics.http.foresee_limit(limit);
    }
    let mut outcomes = vec![DONE, SIGNED_IN_ALREADY, ASKED_AGAIN];
    outcomes.extend(OUTCOMES.map(Code::wire_name));
    let reasons = || Refusal::ALL.iter().map(|refusal| refusal.name());
    metrics.sessions.foresee(NONE, &[], &outcomes, reasons());
    metrics.sessions.forget(|slug| slug == NONE || catalog.portal(slug).is_some());
    let environments = [Environment::Live, Environment::Test].map(Environment::name);
    for portal in catalog.portals().iter().take(MOST_PORTALS) {
        metrics.sessions.foresee(&portal.slug, &environments, &outcomes, reasons());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_foreseen() {
        let table = include_str!("../http.rs");
        let table = table.split("fn routes(").nth(1).and_then(|rest| rest.split("fn post<").next());
        let mut known: Vec<&str> = table
            .expect("the route table")
            .split('"')
            .skip(1)
            .step_by(2)
            .filter(|text| text.starts_with('/'))
            .collect();
        known.sort_unstable();
        let mut foreseen = ROUTES.map(|(route, _)| route).to_vec();
        foreseen.sort_unstable();
        foreseen.dedup();
        assert_eq!(foreseen, known);
    }
}
