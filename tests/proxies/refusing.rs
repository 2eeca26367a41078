//! What does not get through, and what the browser is told.

use std::time::Duration;

use serde_json::json;

use super::proxy::Kind;
use super::stage::{EXPIRED, MISSING, Stage, is_sent_home, is_told};
use crate::support::app::ACME_LIVE;

pub async fn a_dead_session_goes_home_or_is_told(kind: Kind) {
    let stage = Stage::start(kind).await;
    let revoked = stage.gateway.signed_in(json!({ "externalId": "user_7" })).await;
    let whose = json!({ "slug": "my-portal", "externalId": "user_7" });
    let revocation = stage.gateway.post("/v2/portal.revokeSession", whose).bearer(ACME_LIVE).send().await;
    assert_eq!(revocation.data()["revoked"], 1);
    let own = json!({ "returnUrl": "https://app.example.com/billing", "ttlSeconds": 60 });
    let expired = stage.gateway.signed_in(own).await;
    stage.passes("/", &expired);
    stage.gateway.forward(Duration::from_secs(61));

    for dead in [&revoked, &expired, "no token at all"] {
        is_sent_home(&stage.get("/a?b=1").cookie(dead).page().send(), EXPIRED);
        is_sent_home(&stage.call("POST", "/a").cookie(dead).page().body("a=1").send(), EXPIRED);
        // A browser from before Sec-Fetch-Mode.
        is_sent_home(&stage.get("/a").cookie(dead).header("Accept", "text/html,*/*").send(), EXPIRED);
        is_sent_home(&stage.get("/admin/").cookie(dead).page().send(), EXPIRED);

        let code = "authentication/portal_session_not_found";
        is_told(&stage.get("/a").cookie(dead).fetch().send(), code, EXPIRED);
        is_told(&stage.call("POST", "/a").cookie(dead).fetch().body("a=1").send(), code, EXPIRED);
        is_told(&stage.call("PUT", "/a").cookie(dead).header("Accept", "text/html").send(), code, EXPIRED);
        let plain = stage.get("/admin/").cookie(dead).header("Accept", "application/json").send();
        assert_eq!((plain.status, plain.header("content-type")), (401, "application/json"));
        let head = stage.call("HEAD", "/a").cookie(dead).fetch().send();
        assert_eq!((head.status, head.text.as_str()), (401, ""));
    }
    is_sent_home(&stage.get("/a").page().send(), MISSING);
    is_told(&stage.get("/a").fetch().send(), "authentication/portal_token_missing", MISSING);
    let hinted = stage.get("/a").header("Cookie", "portal_hint=my-portal").page().send();
    is_sent_home(&hinted, EXPIRED);
    assert!(stage.portal.take().is_empty(), "the portal hears of none of them");
}

pub async fn a_library_in_a_page_is_told_where_home_is(kind: Kind) {
    let stage = Stage::start(kind).await;
    let request = stage.get("/a").cookie("dead").header("HX-Request", "true").header("Accept", "text/html");
    let reply = request.header("X-Requested-With", "XMLHttpRequest").send();
    is_told(&reply, "authentication/portal_session_not_found", EXPIRED);
    assert_eq!(reply.header("hx-redirect"), EXPIRED);
    assert!(stage.portal.take().is_empty());
}

pub async fn a_loop_ends_in_words(kind: Kind) {
    let stage = Stage::start(kind).await;
    let mut jar = String::new();
    for _ in 0..3 {
        let reply = stage.get("/a").header("Cookie", &jar).page().send();
        is_sent_home(&reply, MISSING);
        jar = reply.jar();
        assert!(jar.starts_with("__Host-portal_bounces="), "the count reaches the browser: {jar}");
    }
    let fourth = stage.get("/a").header("Cookie", &jar).page().send();
    fourth.expect_page(401, "You are not signed in");
    assert!(stage.portal.take().is_empty());
}

pub async fn a_path_can_need_a_permission_and_always_the_right_portal(kind: Kind) {
    let second =
        "\n[[workspaces.portals]]\nslug = \"second-portal\"\nurl = \"https://second.example.com/\"\n";
    let stage = Stage::start_with(kind, "memory:", second).await;
    let reader = stage.gateway.signed_in(json!({ "permissions": ["keys:read"] })).await;
    let admin = stage.gateway.signed_in(json!({ "permissions": ["admin:*"] })).await;
    for path in ["/admin", "/admin/", "/admin/users?x=1"] {
        let told = stage.get(path).cookie(&reader).fetch().send();
        told.expect(403, "authorization/insufficient_permissions");
        assert_eq!(told.header("content-type"), "application/problem+json");
        stage.get(path).cookie(&reader).page().send().expect_page(403, "You have no access");
        assert!(stage.portal.take().is_empty());
        let seen = stage.passes(path, &admin);
        assert_eq!((seen.path.as_str(), seen.header("portal-permissions")), (path, "admin:*"));
    }
    stage.passes("/", &reader);

    let other = stage.gateway.signed_in(json!({ "slug": "second-portal", "permissions": ["*"] })).await;
    for path in ["/", "/admin/"] {
        is_sent_home(&stage.get(path).cookie(&other).page().send(), EXPIRED);
        let bearer = stage.get(path).header("Authorization", &format!("Bearer {other}")).send();
        is_told(&bearer, "authentication/portal_session_not_found", EXPIRED);
        let its_own = format!("__Host-portal_session_second-portal={other}");
        is_sent_home(&stage.get(path).header("Cookie", &its_own).page().send(), MISSING);
    }
    assert!(stage.portal.take().is_empty());
}

pub async fn only_what_a_portal_needs_of_the_gateway_is_public(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let created = stage.gateway.create(json!({})).await;

    // The whole way of a browser: in, who is there, a page, out.
    let origin = "https://portal.example.com";
    let exchange = stage.call("POST", "/v2/portal.exchangeSession").header("Origin", origin).fetch();
    let exchanged = exchange.json(&json!({ "sessionId": created["sessionId"] })).send();
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let cookies: Vec<&str> =
        exchanged.set_cookies().iter().filter_map(|line| line.split(';').next()).collect();
    let cookies = cookies.join("; ");
    assert!(cookies.starts_with("__Host-portal_session_my-portal=ps_live_"), "{cookies}");
    let current = stage.get("/v2/portal.getSession").header("Cookie", &cookies).fetch().send();
    assert_eq!(current.data()["externalId"], "user_123");
    assert_eq!(stage.get("/v2/portal.getToken").header("Cookie", &cookies).fetch().send().status, 200);
    assert_eq!(stage.get("/").header("Cookie", &cookies).page().send().status, 200);
    let end = stage.call("POST", "/v2/portal.endSession").header("Origin", origin).header("Cookie", &cookies);
    assert_eq!(end.fetch().body("").send().status, 200);
    is_sent_home(&stage.get("/").header("Cookie", &cookies).page().send(), EXPIRED);
    let code = stage.gateway.fresh_id(json!({})).await;
    let by_newer_name = stage.call("POST", "/v2/portal.exchangeCode").header("Origin", origin).fetch();
    assert_eq!(by_newer_name.json(&json!({ "code": code })).send().status, 200);
    stage.portal.take();

    // The way in.
    for path in [
        "/enter/",
        "/enter?session=pst_live_x",
        "/enter/assets/app-1.2_3.js?v=1",
        "/_next/static/a/%5Bb%5D.js",
    ] {
        assert_eq!(stage.get(path).page().send().status, 200, "{path}");
        assert_eq!(stage.portal.take_one().path, path);
    }

    // The gateway's pages.
    let page = stage.get("/errors/authentication/portal_session_not_found").page().send();
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let keys = stage.get("/.well-known/jwks.json").fetch().send();
    assert_eq!((keys.status, keys.json()["keys"].as_array().map(Vec::len)), (200, Some(1)), "{}", keys.text);
    stage.get("/portal/none").fetch().send().expect(404, "bad_request/route_not_found");
    assert!(stage.portal.take().is_empty());

    // All else is the portal's own, and needs a session.
    let token = stage.gateway.signed_in(json!({})).await;
    for path in ["/x/portal/y", "/x/errors/y", "/x/v2/portal.getSession", "/v2/portal.getSessions"] {
        assert_eq!(stage.passes(path, &token).path, path);
    }
    let minting = json!({ "slug": "my-portal", "externalId": "user_9", "permissions": ["*"] });
    let not_public = [
        "/v2/portal.createSession",
        "/v2/portal.revokeSession",
        "/v2/portal.listSessions",
        "/v2/portal.authorize",
        "/v2/portal.authorize?slug=my-portal",
        "/v2/portal.exchangeSession/",
        "/v2/portal.createSessionToken",
        "/v2/portal.getToken/../portal.createSessionToken",
        "/v2//portal.createSession",
        "/v2/portal.getSession/../portal.createSession",
        "/errors/../v2/portal.createSession",
        "/portal/%2e%2e/v2/portal.createSession",
        "/portal/..%2fv2/portal.createSession",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/_vestibule",
    ];
    for path in not_public {
        for (name, value) in [("Authorization", format!("Bearer {ACME_LIVE}")), ("X-Nothing", String::new())]
        {
            let reply = stage.call("POST", path).header(name, &value).json(&minting).send();
            assert!([400, 401, 404].contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
        }
        assert!(stage.portal.take().is_empty(), "{path}");
        let reply = stage.call("POST", path).cookie(&token).json(&minting).send();
        let from_portal = reply.status == 200 && reply.header("x-portal") == "yes";
        assert!(from_portal || [400, 404].contains(&reply.status), "{path}: {} {}", reply.status, reply.text);
        stage.portal.take();
    }
    let whose = json!({ "slug": "my-portal", "externalId": "user_9" });
    let listed = stage.gateway.post("/v2/portal.listSessions", whose).bearer(ACME_LIVE).send().await;
    assert_eq!(listed.data(), json!([]), "nobody minted a session from outside");
}
