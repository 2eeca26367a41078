//! Portals as people build them, behind every proxy and by both ways in, in a real Chromium: entry, assets, a form,
//! a deep link, logout, on a port that is not 443.
//!
//! The portals and the person are in `tests/proxies/portals`; here are the gateways and the proxies.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::document::{Way, block};
use super::proxy::{Kind, Places, Proxy};
use super::stage::own_host;
use crate::support::app::{TestApp, in_portal, text};
use crate::support::echo::Echo;
use crate::support::node;
use crate::support::process::Process;
use crate::support::redis_server::free_port;

const PROXIES: [Kind; 4] = [Kind::Nginx, Kind::Caddy, Kind::Traefik, Kind::Envoy];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proxies/portals")
}

/// One of the scripts there.
pub fn script(name: &str) -> Command {
    let mut command = Command::new(node::binary());
    command.arg(name).current_dir(folder());
    command
}

/// Where `build.mjs` has put a portal.
pub fn built(name: &str) -> String {
    built_with(name, "")
}

/// Where it has put the libraries of a document, into the folder of this name.
pub fn built_with(name: &str, folder: &str) -> String {
    // Several tests want the same one.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let output =
        script("build.mjs").args([name, folder]).output().expect("node is installed: tests/run installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
}

/// A portal that prints its port first.
fn start(mut command: Command) -> Process {
    Process::start(&mut command, |line| Some(([127, 0, 0, 1], line.parse().ok()?).into()))
}

fn start_next(name: &str) -> Process {
    let is_trailing = (name == "next-trailing-slash").to_string();
    serve_next(&built(name), ([127, 0, 0, 1], free_port()).into(), &[("TRAILING_SLASH", &is_trailing)])
}

/// One that is built, at this address. Its errors are in its output.
pub fn serve_next(place: &str, address: SocketAddr, environment: &[(&str, &str)]) -> Process {
    let mut command = Command::new("bash");
    command.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(node::binary());
    command.args(["node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port"]);
    command.arg(address.port().to_string()).current_dir(place).env("NEXT_TELEMETRY_DISABLED", "1");
    command.env("REPOSITORY", env!("CARGO_MANIFEST_DIR")).envs(environment.iter().copied());
    Process::start(&mut command, |line| line.contains("Ready").then_some(address))
}

/// Before all proxies, by both ways in.
async fn is_visited(portal: Process) {
    let home = Echo::start();
    let (mut stages, mut visits) = (Vec::new(), Vec::new());
    for kind in PROXIES {
        for way in [Way::Hosted, Way::OfThePortal] {
            let proxy: SocketAddr = ([127, 0, 0, 1], free_port()).into();
            let gateway = TestApp::start_at("memory:", |_| gateway_toml(way, proxy, home.address)).await;
            let places = Places {
                proxy,
                gateway: gateway.running().address,
                portal: portal.address,
                way,
                wants_more: false,
            };
            let proxy = Proxy::start(kind, places);
            visits.push(visit(&gateway, places, home.address, format!("{kind:?}, {way:?}")).await);
            stages.push((gateway, proxy));
        }
    }
    let visits = Value::from(visits).to_string();
    let visited = tokio::task::spawn_blocking(|| script("visit.mjs").arg(visits).output());
    let visited = visited.await.expect("it is not cancelled").expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&visited.stdout), String::from_utf8_lossy(&visited.stderr));
    assert!(visited.status.success(), "{said}{errors}");
}

async fn visit(gateway: &TestApp, places: Places, home: SocketAddr, name: String) -> Value {
    let created = gateway.create(json!({ "externalId": "jane" })).await;
    json!({
        "name": name,
        "link": text(&created["url"]),
        "isHosted": places.way == Way::Hosted,
        "origin": format!("https://portal.example.com:{}", places.proxy.port()),
        "home": format!("http://{home}/billing?reason=session_"),
    })
}

/// The document's, on another port, with a home on this machine.
pub fn gateway_toml(way: Way, proxy: SocketAddr, home: SocketAddr) -> String {
    let hosted = own_host("memory:");
    let configuration = match way {
        Way::Hosted => hosted,
        Way::OfThePortal => {
            let kept = hosted.lines().filter(|line| {
                !line.starts_with("url = \"https://portal.example.com/") && !line.starts_with("landing = ")
            });
            let kept = kept.collect::<Vec<_>>().join("\n") + "\n";
            in_portal("my-portal", &block("# instead of `url` and `landing`"))(kept)
        }
    };
    let origin = format!("https://portal.example.com:{}", proxy.port());
    let configuration = configuration.replace("https://app.example.com", &format!("http://{home}"));
    configuration.replace("https://portal.example.com", &origin)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next() {
    is_visited(start_next("next")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_with_a_slash_at_the_end() {
    is_visited(start_next("next-trailing-slash")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vite_and_react() {
    let mut command = script("vite/serve.mjs");
    command.arg(built("vite"));
    is_visited(start(command)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn express_with_static_files() {
    is_visited(start(script("express/serve.mjs"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fast_api() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin/python");
    let mut command = Command::new(python);
    command.arg("fastapi/main.py").current_dir(folder());
    is_visited(start(command)).await;
}
