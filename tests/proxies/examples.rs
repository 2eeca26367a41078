//! The examples as people start them, in a real Chromium: the application on Express, and the portal on Next.js or FastAPI,
//! without a proxy and behind nginx and Caddy.
//!
//! What happens is in `tests/proxies/portals/story.mjs`; here are the gateways, the proxies and the examples.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::real_portals::{built, gateway_toml, script, serve_next};
use crate::support::app::{ACME_LIVE, TestApp};
use crate::support::node;
use crate::support::process::Process;
use crate::support::redis_server::free_port;
use crate::support::typescript_sdk;

/// What one story needs; gone with the value.
struct Setting {
    gateway: TestApp,
    _application: Process,
    _proxy: Option<Proxy>,
    /// As the story reads it.
    told: Value,
}

fn address() -> SocketAddr {
    ([127, 0, 0, 1], free_port()).into()
}

/// A gateway whose people come from the application. `portal` is where browsers reach the portal.
async fn setting(name: &str, proxy: SocketAddr, portal: &str) -> Setting {
    let home = address();
    let public = format!("https://portal.example.com:{}", proxy.port());
    let configuration = gateway_toml(Way::Hosted, proxy, home).replace(&public, portal);
    let gateway = TestApp::start_at("memory:", |_| configuration).await;
    gateway.forward_to_now();
    let application = start_application(home, &gateway.base);
    let told = json!({
        "name": name,
        "app": format!("http://{home}"),
        "portal": portal,
        "gateway": gateway.base,
        "key": ACME_LIVE,
        "isActing": true,
    });
    Setting { gateway, _application: application, _proxy: None, told }
}

fn start_application(address: SocketAddr, gateway: &str) -> Process {
    let mut command = Command::new(node::binary());
    command.arg("server.js").current_dir(built("express-app")).env("PORT", address.port().to_string());
    command.env("VESTIBULE_URL", gateway).env("VESTIBULE_ROOT_KEY", ACME_LIVE);
    Process::start(&mut command, |line| line.starts_with("The application is at").then_some(address))
}

/// The same behind a proxy, which tells the portal who is there.
async fn setting_behind(kind: Kind, portal: SocketAddr) -> Setting {
    let proxy = address();
    let origin = format!("https://portal.example.com:{}", proxy.port());
    let mut setting = setting(&format!("behind {kind:?}"), proxy, &origin).await;
    let gateway = setting.gateway.running().address;
    let places = Places { proxy, gateway, portal, way: Way::Hosted, wants_more: false };
    setting._proxy = Some(Proxy::start(kind, places));
    setting
}

async fn are_told(settings: Vec<Setting>) {
    let told: Vec<_> = settings.iter().map(|setting| setting.told.clone()).collect();
    let told = Value::from(told).to_string();
    let played = tokio::task::spawn_blocking(|| script("story.mjs").arg(told).output());
    let played = played.await.expect("it is not cancelled").expect("node runs");
    let (said, errors) = (String::from_utf8_lossy(&played.stdout), String::from_utf8_lossy(&played.stderr));
    assert!(played.status.success(), "{said}{errors}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_on_next() {
    typescript_sdk::build();
    let place = built("next-portal");
    let (direct, behind) = (address(), address());
    let alone = setting("without a proxy", direct, &format!("http://localhost:{}", direct.port())).await;
    let portals = [
        serve_next(&place, direct, &[("VESTIBULE_URL", &alone.gateway.base)]),
        serve_next(&place, behind, &[("BEHIND_PROXY", "true")]),
    ];
    let mut settings = vec![alone];
    for kind in [Kind::Nginx, Kind::Caddy] {
        settings.push(setting_behind(kind, behind).await);
    }
    are_told(settings).await;
    for portal in portals {
        portal.signal("-TERM");
        let (_, output) = portal.end();
        // Such as of a clock that is read while a page is rendered beforehand.
        assert!(!output.iter().any(|line| line.contains("Error:")), "{output:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_portal_on_fast_api() {
    typescript_sdk::build();
    let portal = address();
    let mut alone = setting("without a proxy", portal, &format!("http://localhost:{}", portal.port())).await;
    alone.told["isActing"] = false.into();
    let python = root().join("target/tools/venv/bin/python");
    let mut command = Command::new(python);
    command.arg("main.py").current_dir(root().join("examples/fastapi-portal"));
    command.env("PORT", portal.port().to_string()).env("VESTIBULE_URL", &alone.gateway.base);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let _portal = Process::start(&mut command, |line| line.starts_with("The portal is at").then_some(portal));
    are_told(vec![alone]).await;
}

#[test]
fn the_gate_of_fast_api_meets_what_no_browser_sends() {
    let mut command = Command::new(root().join("target/tools/venv/bin/python"));
    command
        .arg("tests/proxies/portals/gate_of_fastapi.py")
        .arg("examples/fastapi-portal")
        .current_dir(root());
    let output = command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python is installed: tests/run installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Lines that are there because of the gateway: `portal.js` and `proxy.js` whole, elsewhere those that name something of
/// theirs or of the SDK's. Neither blank lines nor comments.
fn glue_of(example: &str) -> usize {
    let names = [
        "@vestibule/sdk",
        "portal",
        "openPortal",
        "endOtherSessions",
        "LeaveWhenOver",
        "SignOut",
        "signOut()",
    ];
    let (mut folders, mut glue) = (vec![root().join("examples").join(example)], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with(".next") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "js" || extension == "jsx") {
                let is_whole = path.ends_with("portal.js") || path.ends_with("proxy.js");
                let text = std::fs::read_to_string(&path).expect("a text");
                let code =
                    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
                glue += code.filter(|line| is_whole || names.iter().any(|name| line.contains(name))).count();
            }
        }
    }
    glue
}

#[test]
fn the_glue_of_the_examples_is_short() {
    for example in ["express-app", "next-portal"] {
        let lines = glue_of(example);
        assert!((10..=40).contains(&lines), "{example} needs {lines} lines");
    }
}

#[test]
fn the_examples_name_the_versions_that_are_tested() {
    let dependencies = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).expect("a manifest");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        manifest["dependencies"].as_object().cloned().expect("an object")
    };
    let tested = dependencies("tests/proxies/package.json");
    for example in ["express-app", "next-portal"] {
        for (name, version) in dependencies(&format!("examples/{example}/package.json")) {
            assert!(
                name == "@vestibule/sdk" || tested.get(&name) == Some(&version),
                "{example}: {name} {version}"
            );
        }
    }
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a list");
    let tested = read("tests/requirements.txt");
    for line in read("examples/fastapi-portal/requirements.txt").lines() {
        assert!(tested.lines().any(|pinned| pinned == line), "fastapi-portal: {line}");
    }
}
