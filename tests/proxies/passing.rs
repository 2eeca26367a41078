//! What gets through to the portal, and what must not.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::json;

use super::proxy::Kind;
use super::stage::{IDENTITY, Stage, cookies_of, is_sent_home};
use crate::support::app::text;
use crate::support::echo::Seen;

/// Headers that the gateway adds where the question asks for them; a client may never send them.
pub const ON_REQUEST: [&str; 3] = ["portal-email", "portal-metadata", "portal-assertion"];

pub async fn a_live_session_passes_with_its_headers(kind: Kind) {
    let stage = Stage::start(kind).await;
    let fields = json!({ "externalId": "Jörg 100%", "permissions": ["keys:read", "api.*.read_key"] });
    let created = stage.gateway.create(fields).await;
    let exchanged = stage.gateway.exchange(text(&created["sessionId"])).await.data();
    let token = text(&exchanged["token"]);
    let expires_at = exchanged["expiresAt"].to_string();
    let expected = [
        text(&created["id"]),
        "my-portal",
        "J%C3%B6rg%20100%25",
        "",
        "keys:read,api.*.read_key",
        "live",
        "false",
        &expires_at,
    ];
    for request in [
        stage.get("/invoices?page=2").cookie(token).page(),
        stage.get("/invoices?page=2").cookie(token).fetch(),
        stage.get("/invoices?page=2").header("Authorization", &format!("Bearer {token}")),
    ] {
        let reply = request.send();
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.json()["path"], "/invoices?page=2");
        let seen = stage.portal.take_one();
        assert_eq!(IDENTITY.map(|name| seen.header(name)), expected, "{seen:#?}");
    }
    let organized = stage.gateway.signed_in(json!({ "externalOrganizationId": "org_9" })).await;
    assert_eq!(stage.passes("/", &organized).header("portal-organization-id"), "org_9");
}

/// With room for the reason.
fn longest_return_url() -> String {
    format!("https://app.example.com/billing?{:a<1968}", "x=")
}

/// As large as fits into a body of 16 KiB: 19 KiB of headers for the portal, and long cookies for the browser.
pub async fn the_largest_session_passes_too(kind: Kind) {
    let stage = Stage::start(kind).await;
    let longest = "\u{1F600}".repeat(256);
    let permissions: Vec<String> = (100..145).map(|number| "p".repeat(253) + &number.to_string()).collect();
    let return_url = longest_return_url();
    let fields = json!({
        "externalId": longest,
        "externalOrganizationId": longest,
        "permissions": permissions,
        "returnUrl": return_url,
        "ttlSeconds": 60,
    });
    let session_id = stage.gateway.create(fields).await["sessionId"].clone();
    let exchange = stage.call("POST", "/v2/portal.exchangeSession");
    let exchange = exchange.header("Origin", "https://portal.example.com").fetch();
    let reply = exchange.json(&json!({ "sessionId": session_id })).send();
    assert_eq!((reply.status, reply.set_cookies().len()), (200, 2), "{}", reply.text);
    let jar = reply.jar();

    let page = || stage.get("/").header("Cookie", &jar).page().send();
    let passed = page();
    assert_eq!(passed.status, 200, "{}", passed.text);
    let seen = stage.portal.take_one();
    assert_eq!(seen.header("portal-permissions"), permissions.join(","));
    assert_eq!(seen.header("portal-external-id"), "%F0%9F%98%80".repeat(256));
    assert_eq!(seen.header("portal-organization-id"), seen.header("portal-external-id"));
    stage.gateway.forward(Duration::from_secs(61));
    let longest_path = format!("/{}", "a".repeat(1_023));
    let lost = stage.get(&longest_path).header("Cookie", &jar).page().send();
    is_sent_home(&lost, &format!("{return_url}&reason=session_expired"));
    assert!(lost.jar().contains("__Host-portal_resume_my-portal="), "{:?}", lost.set_cookies());
}

pub async fn nobody_says_for_himself_who_he_is(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let token = stage.gateway.signed_in(json!({ "permissions": ["admin:read"] })).await;
    for path in ["/", "/admin/users", "/enter/"] {
        for name in IDENTITY.into_iter().chain(ON_REQUEST) {
            let odd = [
                name.to_owned(),
                name.to_uppercase(),
                name.replace('-', "_"),
                name.replacen('-', "_", 1),
                name.to_uppercase().replace('-', "_"),
                name.replace('-', "."),
                name.replace('-', "~"),
            ];
            for forged in odd {
                let request = stage.get(path).cookie(&token).header(&forged, "forged");
                let reply = request.header(&forged, "forged").send();
                // Refusing such a request is fine too.
                if reply.status == 200 {
                    check_identity(&stage.portal.take_one(), path == "/enter/", &forged);
                }
                assert!([200, 400].contains(&reply.status), "{forged}: {}", reply.status);
            }
        }
    }
}

/// The way in that the document recommends: from the link to the portal, with nothing of the portal on the way.
pub async fn the_gateways_own_landing_leads_in(kind: Kind) {
    let stage = Stage::start(kind).await;
    let created = stage.gateway.create(json!({ "returnUrl": longest_return_url() })).await;
    let id = text(&created["sessionId"]).to_owned();
    let page = stage.get(&format!("/portal/my-portal?session={id}")).page().send();
    page.expect_page(200, "action=\"my-portal\"");
    let nonce = page.text.split("name=\"nonce\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let form = stage.call("POST", "/portal/my-portal").page().header("Cookie", &page.jar());
    let form = form.header("Content-Type", "application/x-www-form-urlencoded").header("Origin", "null");
    let body = format!("session={id}&nonce={}", nonce.expect("a nonce"));
    let entered = form.header("Sec-Fetch-Site", "same-origin").body(&body).send();
    assert_eq!(entered.status, 303, "{}", entered.text);
    assert!(stage.portal.take().is_empty(), "the portal hears of none of it");
    let inside = stage.get("/").header("Cookie", &entered.jar()).page().send();
    assert_eq!((inside.status, inside.header("x-portal")), (200, "yes"), "{}", inside.text);
}

pub async fn the_gateways_credentials_end_at_the_proxy(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let session = format!("__Host-portal_session_my-portal={token}");
    let ours =
        ["portal_session_my-portal=secret", "portal_hint=my-portal.secret", "__Host-portal_session_x=secret"];
    let [plain, hint, other] = ours;
    let resume = "__Host-portal_resume_my-portal=/secret";
    let table = [
        (session.clone(), vec![]),
        (format!("a=1; {session}; b=2"), vec!["a=1", "b=2"]),
        (format!("{session}; {hint}; a=1"), vec!["a=1"]),
        (format!("a=1;{hint};{session};b=2"), vec!["a=1", "b=2"]),
        (format!("{hint}; a=1; {plain}; b=\"x y\"; {session}"), vec!["a=1", "b=\"x y\""]),
        (format!("{session}; {plain}; {hint}; {other}; {hint}; a=1"), vec!["a=1"]),
        (format!("{session} ; portal_hint =secret; a=1"), vec!["a=1"]),
        (format!("{resume}; a=1; {session}; portal_resume_x=/secret"), vec!["a=1"]),
        (format!("portal_bounces=1; {session}; a=1; __Host-portal_landing=secret"), vec!["a=1"]),
        (
            format!("my_portal_hint=1; {session}; portal_hints=2; xportal_session_y=3; a=portal_hint"),
            vec!["my_portal_hint=1", "portal_hints=2", "xportal_session_y=3", "a=portal_hint"],
        ),
    ];
    for path in ["/", "/enter/"] {
        for (cookies, kept) in &table {
            let reply = stage.get(path).header("Cookie", cookies).send();
            assert_eq!(reply.status, 200, "{cookies}: {}", reply.text);
            // Documented: Traefik cannot take out single cookies.
            let kept = if kind == Kind::Traefik { &[][..] } else { kept };
            assert_eq!(cookies_of(&stage.portal.take_one()), kept, "{cookies}");
        }
    }
    stage.get("/enter/").header("Cookie", "a=1; b=2").send();
    let kept = if kind == Kind::Traefik { &[][..] } else { &["a=1", "b=2"] };
    assert_eq!(cookies_of(&stage.portal.take_one()), kept);
    // So many groups of them that no configuration need keep the others.
    let many = format!("a=1; {session}; b=2; {hint}; c=3; {plain}; d=4; {other}; e=5");
    assert_eq!(stage.get("/").header("Cookie", &many).send().status, 200);
    let seen = stage.portal.take_one();
    assert!(cookies_of(&seen).iter().all(|cookie| !cookie.contains("portal")), "{seen:#?}");
    let two_lines = stage.get("/").header("Cookie", &format!("a=1; {hint}")).cookie(&token).send();
    let seen = stage.portal.take();
    assert!(two_lines.status == 200 || seen.is_empty(), "{seen:#?}");
    assert!(
        !format!("{seen:?}").contains("portal_hint") && !format!("{seen:?}").contains(&token),
        "{seen:#?}"
    );

    let bearer = format!("Bearer {token}");
    for path in ["/", "/enter/"] {
        assert_eq!(stage.get(path).header("Authorization", &bearer).send().status, 200);
        assert_eq!(stage.portal.take_one().all("authorization"), [""; 0]);
    }
}

pub async fn the_request_itself_is_left_alone(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let long = "0123456789".repeat(20_000);
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let path = "/a%20b/%C3%BC?x=%2F&y=1&permission=none&slug=none&deny=status";
        assert_eq!(stage.call(method, path).cookie(&token).send().status, 200, "{method}");
        let seen = stage.portal.take_one();
        assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.body.as_str()), (method, path, ""));
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let whole = stage.call(method, "/a").cookie(&token).header("Content-Type", "text/plain").body(&long);
        let chunked = stage.call(method, "/a").cookie(&token).chunks(&["first", &long, "last"]);
        for (request, body) in [(whole, long.clone()), (chunked, format!("first{long}last"))] {
            let reply = request.fetch().send();
            assert_eq!(reply.status, 200, "{method}: {}", reply.text);
            let seen = stage.portal.take_one();
            assert_eq!(seen.method, method);
            assert!(seen.body == body, "{method}: {} of {} bytes", seen.body.len(), body.len());
        }
    }
    let seen = stage.passes("/", &token);
    assert_eq!(
        (seen.header("host").split(':').next(), seen.header("x-forwarded-proto")),
        (Some("portal.example.com"), "https")
    );
}

pub async fn the_portal_learns_its_own_host_and_port(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let call =
        |host: &str, path: &str| stage.proxy.browser.call_host(host, "GET", path).cookie(&token).send();
    for host in ["portal.example.com", "portal.example.com:8443"] {
        assert_eq!(call(host, "/").status, 200, "{host}");
        let seen = stage.portal.take_one();
        assert_eq!((seen.header("host"), seen.header("x-forwarded-host")), (host, host), "{seen:#?}");
    }
    for host in ["evil.example.com", "portal.example.com.evil.example", "portal.example.com:80@evil.example"]
    {
        call(host, "/");
        call(host, "https://portal.example.com/");
        call("portal.example.com", &format!("https://{host}/"));
        for seen in stage.portal.take() {
            assert!(!format!("{:?}", seen.headers).contains("evil"), "{host}: {seen:#?}");
        }
    }
}

pub async fn websockets_are_checked_and_work(kind: Kind) {
    let stage = Stage::start(kind).await;
    let token = stage.gateway.signed_in(json!({})).await;
    let (reply, mut socket) = stage.get("/socket").cookie(&token).upgrade();
    assert_eq!(reply.status, 101);
    for message in ["hello", "and again"] {
        socket.write_all(message.as_bytes()).and_then(|()| socket.flush()).expect("it takes bytes");
        let mut back = vec![0; message.len()];
        socket.read_exact(&mut back).expect("it answers");
        assert_eq!(back, message.as_bytes());
    }
    let seen = stage.portal.take_one();
    assert_eq!((seen.header("portal-external-id"), cookies_of(&seen)), ("user_123", vec![]));

    let (reply, _) = stage.get("/socket").cookie("dead").upgrade();
    assert_eq!(reply.status, 401);
    assert!(stage.portal.take().is_empty());
}

/// Whether only the gateway's word came through. `public`: it was not asked.
fn check_identity(seen: &Seen, public: bool, forged: &str) {
    let canonical =
        |name: &str| name.to_ascii_lowercase().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    let identity: Vec<_> =
        seen.headers.iter().filter(|(name, _)| canonical(name).starts_with("portal-")).collect();
    for (name, value) in &identity {
        let name = name.to_ascii_lowercase();
        let known = IDENTITY.contains(&&*name) || (value.is_empty() && ON_REQUEST.contains(&&*name));
        assert!(known, "{forged} came through as {name}");
        assert!(!value.contains("forged") && !public, "{forged} came through: {seen:#?}");
    }
    for name in IDENTITY {
        assert!(seen.all(name).len() <= 1, "{seen:#?}");
    }
    assert_eq!(seen.header("portal-slug"), if public { "" } else { "my-portal" }, "{forged}");
}
