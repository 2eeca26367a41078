//! The third APIs: each a program of its own out of the document, on a free port, gone with the value.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::document::example;
use crate::support::echo::Echo;
use crate::support::gateway::eventually;
use crate::support::process::Process;
use crate::support::proxy_binary::binary;
use crate::support::redis_server::free_port;
use crate::support::rust_api::RustApi;
use crate::support::signing_keys::{AUDIENCE, ISSUER};
use crate::support::{node, typescript_sdk};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Node,
    Python,
    Sdk,
    Rust,
    Envoy,
    Nginx,
}

/// An API that lets in whoever has a good token.
pub struct Api {
    client: reqwest::Client,
    url: String,
    in_rust: Option<RustApi>,
    /// What stands behind a proxy.
    pub upstream: Echo,
    _program: Option<Process>,
    _directory: TempDir,
}

/// Where everyone is.
struct Places<'a> {
    directory: &'a Path,
    gateway: &'a str,
    upstream: SocketAddr,
    port: u16,
}

impl Api {
    /// When it returns, it refuses whoever has no token. No proxy of the environment stands between the programs.
    pub async fn start(kind: Kind, gateway_url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let upstream = Echo::start();
        let port = free_port();
        let places =
            Places { directory: directory.path(), gateway: gateway_url, upstream: upstream.address, port };
        let command = match kind {
            Kind::Node => Some(in_node(&places)),
            Kind::Python => Some(in_python(&places)),
            Kind::Sdk => Some(on_the_sdk(&places)),
            Kind::Envoy => Some(behind_envoy(&places)),
            Kind::Nginx => Some(behind_nginx(&places)),
            Kind::Rust => None,
        };
        let program = command.map(|mut command| {
            command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
            Process::spawn(&mut command)
        });
        let api = Api {
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            url: format!("http://127.0.0.1:{port}/"),
            in_rust: program.is_none().then(|| RustApi::new(gateway_url)),
            upstream,
            _program: program,
            _directory: directory,
        };
        let is_ready = async || api.ask("x").await == 401;
        eventually(&format!("{kind:?} refuses a stranger"), Duration::from_secs(30), is_ready).await;
        api
    }

    /// The status of its answer to this token; 0 for none.
    pub async fn ask(&self, token: &str) -> u16 {
        if let Some(api) = &self.in_rust {
            return if api.check(token).await.is_ok() { 200 } else { 401 };
        }
        self.send(token, &[]).await
    }

    /// The same with further headers.
    pub async fn send(&self, token: &str, headers: &[(&str, &str)]) -> u16 {
        let request = self.client.get(&self.url).bearer_auth(token);
        let add =
            |request: reqwest::RequestBuilder, (name, value): &(&str, &str)| request.header(*name, *value);
        let response = headers.iter().fold(request, add).send().await;
        response.map_or(0, |response| response.status().as_u16())
    }
}

/// The document's issuer is the gateway's name; this is where it is.
fn key_set_at(gateway: &str) -> [String; 2] {
    let path = "/.well-known/jwks.json";
    [format!("{ISSUER}{path}"), format!("{gateway}{path}")]
}

fn write(places: &Places<'_>, name: &str, text: &str) -> PathBuf {
    let path = places.directory.join(name);
    std::fs::write(&path, text).expect("a file is written");
    path
}

fn in_node(places: &Places<'_>) -> Command {
    let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifiers/node_modules");
    assert!(libraries.is_dir(), "jose is missing: run tests/run, which installs it");
    std::os::unix::fs::symlink(libraries, places.directory.join("node_modules")).expect("a link");
    let [place, key_set] = key_set_at(places.gateway);
    let text = example("// api.mjs", &[(&place, &key_set), ("3000", &places.port.to_string())]);
    let mut command = Command::new(node::binary());
    command.arg(write(places, "api.mjs", &text));
    command
}

fn in_python(places: &Places<'_>) -> Command {
    let [place, key_set] = key_set_at(places.gateway);
    let text = example("# api.py", &[(&place, &key_set), ("3000", &places.port.to_string())]);
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/venv/bin/python");
    // It tells each request on its standard error.
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" \"$1\" 2>log"]).current_dir(places.directory);
    command.arg(python).arg(write(places, "api.py", &text));
    command
}

fn on_the_sdk(places: &Places<'_>) -> Command {
    typescript_sdk::build();
    let mut command = typescript_sdk::command(&["test/support/api.mjs"]);
    command.env("ISSUER", ISSUER).env("AUDIENCE", AUDIENCE).env("GATEWAY", places.gateway);
    command.env("PORT", places.port.to_string());
    command
}

fn behind_envoy(places: &Places<'_>) -> Command {
    let gateway = places.gateway.trim_start_matches("http://");
    let whole = |address: &str| {
        let (ip, port) = address.rsplit_once(':').expect("an address");
        format!("address: {ip}, port_value: {port}")
    };
    let text = example(
        "# envoy.yaml",
        &[
            ("address: 0.0.0.0, port_value: 10000", &whole(&format!("127.0.0.1:{}", places.port))),
            ("address: 127.0.0.1, port_value: 3000", &whole(&places.upstream.to_string())),
            ("address: 127.0.0.1, port_value: 8080", &whole(gateway)),
            ("http://127.0.0.1:8080", places.gateway),
        ],
    );
    let mut command = binary("envoy");
    command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning", "-c"]);
    command.arg(write(places, "envoy.yaml", &text));
    command
}

fn behind_nginx(places: &Places<'_>) -> Command {
    let site = example(
        "# api.conf",
        &[
            ("127.0.0.1:10001", &format!("127.0.0.1:{}", places.port)),
            ("http://127.0.0.1:3000", &format!("http://{}", places.upstream)),
            ("http://127.0.0.1:8080", places.gateway),
        ],
    );
    let place = places.directory.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {place}/{name};\n"))
        .concat();
    // One process, so that killing it ends all of it.
    let main = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr crit;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}{site}\n}}\n"
    );
    let mut command = binary("nginx");
    command.args(["-e", "stderr", "-p"]).arg(places.directory).arg("-c");
    command.arg(write(places, "nginx.conf", &main));
    command
}
