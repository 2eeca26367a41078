//! The real proxies, each with its configuration out of `docs/deploy.md`: on a free port, in a directory of its
//! own, without root, gone with the value.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use super::browser::Browser;
use super::document::{Configuration, Way, block, configuration, write};
use crate::support::proxy_binary::binary;
use crate::support::redis_server::free_port;

const LIMIT: Duration = Duration::from_secs(30);
const PAGE_OF_THE_GATEWAY: &str = "/errors/authentication/portal_session_not_found";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
    Traefik,
    Envoy,
}

/// A proxy that serves `https://portal.example.com`; killed with the value.
pub struct Proxy {
    child: Child,
    directory: TempDir,
    pub browser: Browser,
}

/// Where everyone is, and how people get in.
#[derive(Clone, Copy, Debug)]
pub struct Places {
    pub proxy: SocketAddr,
    pub gateway: SocketAddr,
    pub portal: SocketAddr,
    pub way: Way,
    /// Whether the gateway is asked for email, metadata and an assertion.
    pub wants_more: bool,
}

impl Places {
    /// A proxy on a free port.
    pub fn new(gateway: SocketAddr, portal: SocketAddr, way: Way) -> Self {
        Places { proxy: ([127, 0, 0, 1], free_port()).into(), gateway, portal, way, wants_more: false }
    }

    /// What the test wants of the document's configuration.
    fn fill(self, configuration: Configuration, kind: Kind) -> Configuration {
        let configuration = configuration.with_way(self.way, kind);
        if self.wants_more { configuration.with_more_identity(kind) } else { configuration }
    }
}

impl Proxy {
    /// When it returns, requests come through to the gateway.
    pub fn start(kind: Kind, places: Places) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let certificate = write_certificate(directory.path());
        let mut command = match kind {
            Kind::Nginx => nginx(directory.path(), places),
            Kind::Caddy => caddy(directory.path(), places),
            Kind::Traefik => traefik(directory.path(), places),
            Kind::Envoy => envoy(directory.path(), places),
        };
        let log = File::create(directory.path().join("log")).expect("a file");
        command.stderr(log.try_clone().expect("a file")).stdout(log).stdin(Stdio::null());
        let child = command.spawn().unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let mut proxy = Proxy { child, directory, browser: Browser::new(places.proxy, certificate) };
        proxy.wait(kind);
        proxy
    }

    fn wait(&mut self, kind: Kind) {
        let deadline = Instant::now() + LIMIT;
        // Some listen before they have read all of their configuration.
        while self.browser.get(PAGE_OF_THE_GATEWAY).try_send().map_or(0, |reply| reply.status) != 200 {
            let ended = self.child.try_wait().expect("it can be waited for");
            if ended.is_some() || Instant::now() > deadline {
                panic!("{kind:?} does not serve ({ended:?}): {}", self.log());
            }
            // A wait for the condition above, not for time to pass.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Proxy {
    #[allow(clippy::print_stdout)] // The test runner shows it with the failure.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}

fn nginx(directory: &Path, places: Places) -> Command {
    let Places { proxy: address, gateway, portal, .. } = places;
    let site = configuration("/etc/nginx/conf.d/portal.conf", directory);
    let site = places.fill(site, Kind::Nginx);
    let site = site
        .put("listen 443 ssl", &format!("listen {address} ssl"))
        .put("127.0.0.1:8080", &gateway.to_string())
        .put("127.0.0.1:3000", &portal.to_string());
    let site = site.write("portal.conf");
    // What Debian's own nginx.conf has around a site. One process, so that killing it ends all of it.
    let place = directory.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {place}/{name};\n"))
        .concat();
    let main = format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{temporary}include {};\n}}\n",
        site.display()
    );
    let path = write(directory, "nginx.conf", &main);
    let mut command = binary("nginx");
    command.args(["-e", "stderr", "-p"]).arg(directory).arg("-c").arg(path);
    command
}

fn caddy(directory: &Path, places: Places) -> Command {
    let Places { proxy: address, gateway, portal, .. } = places;
    let site = configuration("/etc/caddy/Caddyfile", directory);
    let site = places.fill(site, Kind::Caddy);
    let site = site
        .put("portal.example.com {", &format!("portal.example.com:{} {{", address.port()))
        .put("127.0.0.1:8080", &gateway.to_string())
        .put("127.0.0.1:3000", &portal.to_string());
    let options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n";
    let path = write(directory, "Caddyfile", &format!("{options}{}", site.text));
    let mut command = binary("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(path);
    for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(variable, directory);
    }
    command
}

fn traefik(directory: &Path, places: Places) -> Command {
    let Places { proxy: address, gateway, portal, .. } = places;
    let dynamic = places
        .fill(configuration("/etc/traefik/portal.yml", directory), Kind::Traefik)
        .put("127.0.0.1:8080", &gateway.to_string())
        .put("127.0.0.1:3000", &portal.to_string())
        .write("portal.yml");
    let fixed = block("# /etc/traefik/traefik.yml");
    let fixed = Configuration { text: fixed, directory: directory.to_owned() }
        .put(":443", &address.to_string())
        .put("/etc/traefik/portal.yml", &dynamic.display().to_string());
    // A test asks nobody outside.
    let path =
        write(directory, "traefik.yml", &format!("{}\nglobal:\n  checkNewVersion: false\n", fixed.text));
    let mut command = binary("traefik");
    command.arg(format!("--configfile={}", path.display()));
    command
}

fn envoy(directory: &Path, places: Places) -> Command {
    let Places { proxy: address, gateway, portal, .. } = places;
    let whole = |address: SocketAddr| format!("address: {}, port_value: {}", address.ip(), address.port());
    let path = places
        .fill(configuration("/etc/envoy/envoy.yaml", directory), Kind::Envoy)
        .put("address: 127.0.0.1, port_value: 8080", &whole(gateway))
        .put("127.0.0.1:8080", &gateway.to_string())
        .put("address: 127.0.0.1, port_value: 3000", &whole(portal))
        .put("address: 0.0.0.0, port_value: 443", &whole(address))
        .write("envoy.yaml");
    let mut command = binary("envoy");
    command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning", "-c"]).arg(path);
    command
}

fn write_certificate(directory: &Path) -> CertificateDer<'static> {
    let names = ["portal.example.com".to_owned()];
    let certified = rcgen::generate_simple_self_signed(names).expect("a certificate");
    write(directory, "certificate.pem", &certified.cert.pem());
    write(directory, "key.pem", &certified.signing_key.serialize_pem());
    certified.cert.der().clone()
}
