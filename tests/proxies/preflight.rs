//! CORS preflights, which carry no cookie: they reach the portal as nobody's, and nothing else does that way.

use serde_json::json;

use super::browser::Request;
use super::document::Way;
use super::proxy::Kind;
use super::stage::{IDENTITY, Stage};
use crate::support::app::in_portal;

const ORIGIN: (&str, &str) = ("Origin", "https://app.example.com");
const METHOD: (&str, &str) = ("Access-Control-Request-Method", "PUT");

fn with<'a>(request: Request<'a>, headers: &[(&str, &str)]) -> Request<'a> {
    headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

pub async fn a_preflight_reaches_the_portal_as_nobodys(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    for path in ["/api/invoices", "/admin/users"] {
        for forged in [None, Some("Portal-External-Id"), Some("Portal-Permissions")] {
            let request = with(stage.call("OPTIONS", path), &[ORIGIN, METHOD]).fetch();
            let request = forged.into_iter().fold(request, |request, name| request.header(name, "forged"));
            assert_eq!(request.send().status, 200, "{path}");
            let seen = stage.portal.take_one();
            assert_eq!((seen.method.as_str(), seen.path.as_str()), ("OPTIONS", path));
            assert_eq!((seen.header(ORIGIN.0), seen.header(METHOD.0)), (ORIGIN.1, METHOD.1));
            assert!(IDENTITY.iter().all(|name| seen.header(name).is_empty()), "{seen:#?}");
        }
    }
    // The request that it asks for needs a session all the same.
    let request = with(stage.call("PUT", "/api/invoices"), &[ORIGIN]);
    assert_eq!(request.fetch().body("a").send().status, 401);
    assert!(stage.portal.take().is_empty());
    stage.passes("/", &token);
}

pub async fn nothing_but_a_preflight_passes_as_one(kind: Kind) {
    let stage = Stage::start(kind).await;
    let claims = [
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Original-Method", "OPTIONS"),
        ("X-HTTP-Method-Override", "OPTIONS"),
    ];
    let table: [(&str, &[(&str, &str)]); 5] = [
        ("OPTIONS", &[]),
        ("OPTIONS", &[ORIGIN]),
        ("OPTIONS", &[METHOD]),
        ("GET", &[ORIGIN, METHOD]),
        ("POST", &[ORIGIN, METHOD]),
    ];
    for path in ["/api/invoices", "/admin/users"] {
        for (method, headers) in table {
            for claim in [None].into_iter().chain(claims.map(Some)) {
                let request = with(stage.call(method, path), headers).fetch();
                let request = with(request, claim.as_slice());
                let reply = request.send();
                assert_eq!(reply.status, 401, "{method} {headers:?} {claim:?}: {}", reply.text);
                assert!(stage.portal.take().is_empty(), "{method} {headers:?} {claim:?}");
            }
        }
    }
}

pub async fn a_page_of_another_origin_can_read_a_refusal(kind: Kind) {
    let listed = format!("allowed_origins = [\"{}\"]", ORIGIN.1);
    let stage = Stage::start_changed(Way::Hosted, kind, "memory:", in_portal("my-portal", &listed)).await;
    let reader = stage.gateway.signed_in(json!({ "permissions": ["keys:read"] })).await;
    for (path, token, status) in [("/api/invoices", "dead", 401), ("/admin/users", &*reader, 403)] {
        for (origin, allowed) in [(ORIGIN.1, ORIGIN.1), ("https://evil.example.com", "")] {
            let reply = stage.get(path).cookie(token).header("Origin", origin).fetch().send();
            assert_eq!(reply.status, status, "{}", reply.text);
            let told: Vec<_> = reply.headers.get_all("access-control-allow-origin").iter().collect();
            assert_eq!(told, if allowed.is_empty() { vec![] } else { vec![allowed] }, "{path} {origin}");
        }
    }
}
