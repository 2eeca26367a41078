//! Headers that a client means for one hop only (`Connection` and its kin): they take nothing from what the gateway
//! says, add nothing to it, and end at the proxy.

use std::io::{Read, Write};

use serde_json::json;

use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::stage::{IDENTITY, Stage};
use crate::support::app::Reply;
use crate::support::echo::{Echo, Seen};

/// Besides the identity, what a portal relies on from the proxy.
const OF_THE_PROXY: [&str; 2] = ["x-forwarded-for", "x-forwarded-proto"];

/// Whether a request with its own `hop` headers arrived as if they were not there. Refusing it is fine too.
fn is_untouched(reply: &Reply, seen: &[Seen], plain: &Seen, tried: &str) {
    match (reply.status, seen) {
        (400 | 403, []) => {}
        (200, [seen]) => {
            for name in IDENTITY.into_iter().chain(OF_THE_PROXY) {
                assert_eq!(seen.header(name), plain.header(name), "{tried}: {seen:#?}");
            }
            for name in ["keep-alive", "te", "proxy-connection", "proxy-authorization", "proxy"] {
                assert_eq!(seen.header(name), "", "{tried}: {seen:#?}");
            }
            // Caddy and Traefik announce the names of some all the same.
            assert!(seen.trailers.is_empty(), "{tried}: {seen:#?}");
        }
        _ => panic!("{tried}: {} {seen:#?}", reply.status),
    }
}

/// What is said of one hop, and the proxies that say it again. The document names each of these exceptions.
const OF_ONE_HOP: [(&str, &str, &[Kind]); 11] = [
    ("Keep-Alive", "timeout=5", &[]),
    ("TE", "trailers", &[]),
    ("TE", "trailers, deflate;q=0.5", &[]),
    // The name alone: what follows the body under this name does not arrive.
    ("Trailer", "Portal-External-Id", &[Kind::Caddy, Kind::Traefik]),
    ("HTTP2-Settings", "AAMAAABkAAQAAP__", &[]),
    ("Proxy", "http://evil.example.com", &[]),
    ("Proxy-Connection", "keep-alive", &[]),
    ("Proxy-Authorization", "Basic YTpi", &[]),
    ("Proxy-Authenticate", "Basic", &[]),
    ("Proxy-Status", "a", &[Kind::Nginx, Kind::Traefik]),
    ("Proxy-Foo", "a", &[Kind::Nginx, Kind::Traefik]),
];

pub async fn what_a_client_says_of_its_connection_ends_at_the_proxy(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let token = stage.gateway.signed_in(json!({ "permissions": ["admin:read"] })).await;
    let mut faults = Vec::new();
    for path in ["/", "/admin/users", "/enter/"] {
        for (name, value, exceptions) in OF_ONE_HOP {
            for request in [stage.get(path), stage.call("POST", path).chunks(&["a"])] {
                let reply = request.cookie(&token).header(name, value).send();
                assert_eq!(reply.status, 200, "{path} with {name}: {}", reply.text);
                let seen = stage.portal.take_one();
                let has_passed = !seen.all(name).is_empty();
                let may_pass = exceptions.contains(&kind);
                if has_passed != may_pass && (!may_pass || seen.method == "POST") {
                    faults.push(format!("{} {path}: {name}: {value}", seen.method));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

pub async fn a_client_takes_no_header_away(kind: Kind) {
    let stage = Stage::start(kind).await;
    let session = json!({ "externalOrganizationId": "org_9", "permissions": ["admin:read"] });
    let token = stage.gateway.signed_in(session).await;
    let plain = stage.passes("/", &token);
    let all = IDENTITY.into_iter().chain(OF_THE_PROXY).collect::<Vec<_>>().join(", ");
    let mut listed: Vec<_> = IDENTITY.into_iter().chain(OF_THE_PROXY).map(str::to_owned).collect();
    listed.extend([all.clone(), all.to_uppercase(), "Host, Cookie, Accept".to_owned()]);
    for names in &listed {
        for path in ["/", "/admin/users"] {
            for (name, value) in [
                ("Connection", format!("close, {names}")),
                ("Connection", format!("{names},keep-alive")),
                ("connection", format!("\tkeep-alive ,, {names} ")),
                ("Connection", names.clone()),
            ] {
                let reply = stage.get(path).cookie(&token).header(name, &value).send();
                // Who takes the own cookie away is nobody.
                if reply.status == 401 || reply.status == 302 {
                    assert!(names.contains("Cookie") && stage.portal.take().is_empty(), "{names}");
                    continue;
                }
                is_untouched(&reply, &stage.portal.take(), &plain, &format!("{name}: {value}"));
            }
        }
    }
    for name in ["Keep-Alive", "TE", "Trailer", "Proxy-Connection", "Proxy-Authorization", "Proxy", "Upgrade"]
    {
        for connection in ["close".to_owned(), name.to_owned(), format!("{name}, {all}")] {
            let request = stage.get("/").cookie(&token).header("Connection", &connection);
            let reply = request.header(name, &all).send();
            is_untouched(
                &reply,
                &stage.portal.take(),
                &plain,
                &format!("{name} with Connection: {connection}"),
            );
        }
    }
}

pub async fn what_follows_the_body_is_no_header(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({ "permissions": ["admin:read"] })).await;
    let plain = stage.passes("/", &token);
    for name in IDENTITY.into_iter().chain(["x-forwarded-for", "cookie"]) {
        for announced in [true, false] {
            let request = stage.call("POST", "/").cookie(&token).header("TE", "trailers");
            let request = if announced { request.header("Trailer", name) } else { request };
            let reply = request.chunks_and_trailer(&["a", "b"], &format!("{name}: forged")).send();
            is_untouched(&reply, &stage.portal.take(), &plain, name);
        }
    }
}

pub async fn a_websocket_takes_no_header_away(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let plain = stage.passes("/", &token);
    let listed = IDENTITY.map(|name| format!("keep-alive, Upgrade, {name}"));
    for connection in ["keep-alive, Upgrade".to_owned()].into_iter().chain(listed) {
        let (reply, mut socket) = stage.get("/socket").cookie(&token).upgrade_with(&connection);
        let seen = stage.portal.take_one();
        for name in IDENTITY {
            assert_eq!(seen.header(name), plain.header(name), "{connection}: {seen:#?}");
        }
        assert_eq!(reply.status, 101, "{connection}");
        socket.write_all(b"hello").and_then(|()| socket.flush()).expect("it takes bytes");
        let mut back = [0; 5];
        socket.read_exact(&mut back).expect("it answers");
        assert_eq!(&back, b"hello");
    }
    // Another protocol than a WebSocket is not begun.
    for protocol in ["h2c", "portal-external-id", "TLS/1.0"] {
        let request = stage.get("/socket").cookie(&token).header("Upgrade", protocol);
        let reply = request.header("Connection", "Upgrade, HTTP2-Settings").send();
        let seen = stage.portal.take();
        assert!([200, 400, 403].contains(&reply.status), "{protocol}: {}", reply.status);
        assert!(seen.iter().all(|seen| seen.all("upgrade").is_empty()), "{seen:#?}");
    }
}

/// Headers by which frameworks take another path, host or method than the request's own.
pub async fn a_client_names_no_other_path_or_address(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let names = ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "Forwarded", "X-Forwarded-Host"];
    let more = ["X-Original-URI", "X-Forwarded-Port", "X-Forwarded-Method", "X-Forwarded-Uri", "X-Real-IP"];
    for name in names.into_iter().chain(more) {
        for path in ["/", "/enter/"] {
            let reply = stage.get(path).cookie(&token).header(name, "/admin/users").send();
            assert_eq!(reply.status, 200, "{name}");
            let seen = stage.portal.take_one();
            assert!(seen.all(name).iter().all(|value| !value.contains("admin")), "{name}: {seen:#?}");
        }
    }
}

/// What the gateway needs to see who is waiting, and what for.
pub async fn the_gateway_learns_what_was_asked(kind: Kind) {
    let (gateway, portal) = (Echo::start(), Echo::start());
    let proxy = Proxy::start(kind, Places::new(gateway.address, portal.address, Way::Hosted));
    gateway.take();
    let told = [
        ("accept", "text/html"),
        ("accept-language", "de"),
        ("referer", "https://portal.example.com/form"),
        ("origin", "https://app.example.com"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-a"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-dest", "document"),
        ("sec-purpose", "prefetch"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
        ("next-router-prefetch", "1"),
        ("x-requested-with", "XMLHttpRequest"),
        ("hx-request", "true"),
        ("turbo-frame", "a"),
        ("x-inertia", "true"),
        ("x-pjax", "true"),
        ("x-turbo-request-id", "1"),
        ("cookie", "a=1"),
        ("authorization", "Bearer x"),
    ];
    for path in ["/a%20b/c?d=%2F&e", "/admin/users?x=1"] {
        let request = told
            .iter()
            .fold(proxy.browser.call("OPTIONS", path), |request, (name, value)| request.header(name, value));
        let request = request.header("X-Forwarded-Uri", "/forged").header("X-Forwarded-Method", "FORGED");
        assert_eq!(request.header("X-Original-Uri", "/forged").send().status, 200);
        let asked = gateway.take_one();
        assert!(asked.path.starts_with("/v2/portal.authorize?slug=my-portal"), "{asked:#?}");
        for (name, value) in told {
            assert_eq!(asked.header(name), value, "{name}: {asked:#?}");
        }
        let (told, other) = match kind {
            Kind::Nginx => ("x-original-uri", "x-forwarded-uri"),
            Kind::Caddy | Kind::Traefik | Kind::Envoy => ("x-forwarded-uri", "x-original-uri"),
        };
        assert_eq!((asked.header(told), asked.header(other)), (path, ""));
        let method = asked.header("x-forwarded-method");
        assert_eq!(if method.is_empty() { &asked.method } else { method }, "OPTIONS");
    }
}
