//! Who is sent home comes back to the page that they asked for: in a real Chromium, through every proxy.
//!
//! The person, the portal and the company's application are in `tests/proxies/portals/come_back.mjs`; here are the
//! gateways and the proxies. `VESTIBULE_COME_BACK_RUNS` says how many stories are played at each proxy; without it,
//! each of them once.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::real_portals::script;
use super::stage::own_host;
use crate::support::app::{ACME_LIVE, TestApp};
use crate::support::redis_server::free_port;

const PROXIES: [Kind; 4] = [Kind::Nginx, Kind::Caddy, Kind::Traefik, Kind::Envoy];

/// As many as there are stories.
const EACH_ONCE: u64 = 7;

#[allow(clippy::disallowed_methods)] // A test has no configuration.
fn runs() -> u64 {
    std::env::var("VESTIBULE_COME_BACK_RUNS")
        .map_or(EACH_ONCE, |runs| runs.parse().expect("a number of runs"))
}

#[allow(clippy::print_stdout)] // How many came back; `--nocapture` shows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_comes_back_to_the_page_they_asked_for() {
    let [home, foreign, portal] = [free_port(), free_port(), free_port()];
    let (mut running, mut stages) = (Vec::new(), Vec::new());
    for kind in PROXIES {
        let name = format!("{kind:?}").to_lowercase();
        let proxy: SocketAddr = ([127, 0, 0, 1], free_port()).into();
        let origin = format!("https://portal.example.com:{}", proxy.port());
        let gateway = TestApp::start_at("memory:", |_| {
            let home = format!("http://127.0.0.1:{home}/{name}");
            let text = own_host("memory:").replace("https://app.example.com/billing", &home);
            text.replace("https://portal.example.com", &origin)
        });
        let gateway = gateway.await;
        let places = Places {
            proxy,
            gateway: gateway.running().address,
            portal: ([127, 0, 0, 1], portal).into(),
            way: Way::Hosted,
            wants_more: false,
        };
        stages.push(json!({ "name": name, "origin": origin, "gateway": places.gateway.to_string() }));
        running.push((gateway, Proxy::start(kind, places)));
    }
    let scene = json!({
        "runs": runs(),
        "home": home,
        "foreign": foreign,
        "portal": portal,
        "rootKey": ACME_LIVE,
        "stages": Value::from(stages),
    });
    let played = tokio::task::spawn_blocking(move || script("come_back.mjs").arg(scene.to_string()).output());
    let played = played.await.expect("it is not cancelled").expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&played.stdout), String::from_utf8_lossy(&played.stderr));
    assert!(played.status.success(), "{said}{errors}");
    println!("{said}");
}
