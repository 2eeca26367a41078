//! `deploy/compose.yaml`: valid to Docker Compose, hardened, and its demo signs somebody in. The containers themselves
//! are not started; the same files run here beside each other.

use std::net::Ipv4Addr;
use std::process::Command;
use std::time::{Duration, Instant};

use reqwest::redirect::Policy;
use serde_json::Value;

use super::names::Names;
use super::nginx::Nginx;
use super::support::app::{Call, Reply};
use super::support::node;
use super::support::process::{Process, run, vestibule};
use super::support::redis_server::{RedisServer, free_port};
use super::{file, read, tool};

const FILE: &str = "deploy/compose.yaml";
const GATEWAY: &str = "deploy/compose/gateway/gateway.toml";

/// Where nobody listens.
const NOWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What Docker Compose makes of the file.
fn composed() -> Option<Value> {
    let mut command = Command::new(tool("docker-compose")?);
    command.arg("-f").arg(file(FILE)).args(["config", "--format", "json"]);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it warns of nothing");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn every_service_is_hardened_and_only_this_machine_reaches_it() {
    let Some(composed) = composed() else { return };
    let services = composed["services"].as_object().expect("services");
    assert_eq!(services.keys().collect::<Vec<_>>(), ["demo", "gateway", "nginx", "redis"]);
    for (name, service) in services {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"][0], "ALL", "{name}");
        assert_eq!(service["security_opt"][0], "no-new-privileges:true", "{name}");
        assert_ne!(service["image"].as_str().and_then(|image| image.split(':').nth(1)), None, "{name}");
        for port in service["ports"].as_array().into_iter().flatten() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name}");
        }
        for volume in service["volumes"].as_array().into_iter().flatten() {
            let source = volume["source"].as_str().expect("a source");
            assert!(volume["type"] == "volume" || std::path::Path::new(source).exists(), "{name}: {source}");
            assert!(volume["type"] == "volume" || volume["read_only"] == true, "{name}: {source}");
        }
    }
    assert_eq!(services["gateway"]["image"], concat!("vestibule:", env!("CARGO_PKG_VERSION")));
    let redis = services["redis"]["command"].to_string();
    assert!(redis.contains("\"--appendonly\",\"yes\"") && redis.contains("\"noeviction\""), "{redis}");
    assert_eq!(composed["networks"]["back"]["internal"], true);
    let nginx = &services["nginx"]["networks"]["front"]["ipv4_address"];
    assert!(read(GATEWAY).contains(&format!("trusted_proxies = [{nginx}]")), "{nginx}");
    assert!(services["redis"]["networks"].get("front").is_none(), "nginx does not reach Redis");
}

#[test]
fn its_gateway_configuration_is_valid() {
    let mut command = vestibule(&["check", "--config", GATEWAY]);
    let output = command.env("VESTIBULE__SERVER__SECRET", "a secret of 32 characters or more").output();
    let output = output.expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let without = run(&["check", "--config", GATEWAY]);
    assert!(!without.status.success(), "no secret is in the file");
}

/// What it has in place of the document's addresses.
const NAMES: &str = "\
# A container that is made anew has another address. nginx asks for that of an `upstream` once, at its start, and for that of
# a name in a variable again and again. Docker's DNS lets an address live for ten minutes, so `valid` is less.
resolver 127.0.0.11 valid=5s ipv6=off;
map \"\" $vestibule {
    default gateway:8080;
}
map \"\" $portal {
    default demo:3000;
}
";

/// The rules that guard a portal stand in one place.
#[test]
fn its_nginx_has_the_rules_of_the_document() {
    let document = read("docs/deploy.md");
    let from = "```nginx\n# /etc/nginx/conf.d/portal.conf\n";
    let rules = document.split(from).nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block");
    let differences = [
        ("upstream vestibule {\n    server 127.0.0.1:8080;\n    keepalive 16;\n}\n\n", NAMES),
        ("upstream portal {\n    server 127.0.0.1:3000;\n}\n", ""),
        ("proxy_pass http://", "proxy_pass http://$"),
        ("^portal\\.example\\.com(", "^localhost("),
        ("listen 443 ssl;", "listen 8080;"),
        ("server_name portal.example.com;", "server_name localhost;"),
        ("    ssl_certificate     /etc/ssl/portal.example.com.pem;\n", ""),
        ("    ssl_certificate_key /etc/ssl/portal.example.com.key;\n", ""),
    ];
    let expected = differences.iter().fold(rules.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let site = read("deploy/compose/portal.conf");
    let (about, site) = site.split_once('\n').expect("a first line");
    assert!(about.starts_with("# "), "{about}");
    assert_eq!(site, format!("{expected}\n"));
}

/// Everything that compose.yaml starts, on free ports of this machine.
struct Demo {
    origin: String,
    names: Names,
    _nginx: Nginx,
    app: Process,
    _gateway: Process,
    _redis: RedisServer,
}

impl Demo {
    /// These containers are at these addresses.
    fn start(names: &[(&str, Ipv4Addr)]) -> Self {
        let names = Names::start(names);
        let redis = RedisServer::start_with(&["--appendonly", "yes", "--maxmemory-policy", "noeviction"]);
        let [nginx, app, portal] = [free_port(), free_port(), free_port()];
        let text = read(GATEWAY)
            .replace("0.0.0.0:8080", "127.0.0.1:0")
            .replace("redis://redis:6379/0", &redis.url())
            .replace("172.30.84.10", "127.0.0.1")
            .replace("http://localhost:8080", &format!("http://localhost:{nginx}"))
            .replace("http://localhost:3001", &format!("http://localhost:{app}"));
        let config = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(config.path(), text).expect("a file is written");
        let mut command = vestibule(&["serve", "--config"]);
        command.arg(config.path()).env("VESTIBULE__SERVER__SECRET", "a secret of 32 characters or more");
        let gateway = Process::serve_by(&mut command);
        let compose = read(FILE);
        let key = compose.split("VESTIBULE_ROOT_KEY: ").nth(1).and_then(|rest| rest.lines().next());
        let mut command = Command::new(node::binary());
        command.arg(file("deploy/compose/demo.mjs"));
        command.env("VESTIBULE_URL", gateway.url("")).env("VESTIBULE_ROOT_KEY", key.expect("a key"));
        command.env("APP_PORT", app.to_string()).env("PORTAL_PORT", portal.to_string());
        let told = format!("port {portal}");
        let app_address = ([127, 0, 0, 1], app).into();
        let app = Process::start(&mut command, |line| line.contains(&told).then_some(app_address));
        let site = read("deploy/compose/portal.conf")
            .replace("127.0.0.11 valid=5s", &format!("{} valid=1s", names.address))
            .replace("gateway:8080", &format!("gateway:{}", gateway.address.port()))
            .replace("demo:3000", &format!("demo:{portal}"))
            .replace("listen 8080", &format!("listen 127.0.0.1:{nginx}"));
        let origin = format!("http://localhost:{nginx}");
        let nginx = Nginx::start(nginx, &site);
        Demo { origin, names, _nginx: nginx, app, _gateway: gateway, _redis: redis }
    }

    async fn get(&self, url: &str, cookie: &str) -> Reply {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build();
        let call = Call(client.expect("a client").get(url)).header("accept", "text/html");
        let call = call.header("sec-fetch-mode", "navigate").header("sec-fetch-dest", "document");
        call.header("cookie", cookie).send().await
    }

    /// Signs Jane in, with the answer's cookies.
    async fn signed_in(&self) -> Reply {
        let opened = self.get(&self.app.url("/?portal=jane"), "").await;
        let link = opened.header("location").to_owned();
        assert!(link.starts_with(&format!("{}/portal/my-portal", self.origin)), "{link}");
        self.get(&link, "").await.expect_page(200, "Acme Billing");
        let id = link.split('=').nth(1).expect("a session ID");
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let exchange = client.post(format!("{}/v2/portal.exchangeSession", self.origin));
        let exchange = Call(exchange.json(&serde_json::json!({ "sessionId": id }))).send().await;
        assert_eq!(exchange.status, 200, "{}", exchange.text);
        exchange
    }

    /// Asks until it gets this status.
    async fn wait_for(&self, status: u16, cookie: &str) -> Reply {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let reply = self.get(&self.page(), cookie).await;
            if reply.status == status {
                return reply;
            }
            assert_eq!((reply.status, reply.header("retry-after")), (503, "2"), "{}", reply.text);
            assert!(Instant::now() < deadline, "it stays so: {}", reply.text);
        }
    }

    fn page(&self) -> String {
        format!("{}/invoices/41", self.origin)
    }
}

#[tokio::test]
async fn its_demo_signs_somebody_in() {
    let names = [("gateway", Ipv4Addr::LOCALHOST), ("demo", Ipv4Addr::LOCALHOST)];
    let demo = tokio::task::spawn_blocking(move || Demo::start(&names)).await.expect("it starts");
    let sent_home = demo.get(&demo.page(), "").await;
    assert_eq!(sent_home.status, 302, "{}", sent_home.text);
    let let_in = demo.get(&demo.page(), &demo.signed_in().await.jar()).await;
    assert!(let_in.status == 200 && let_in.text.contains("<b id=\"user\">jane</b>"), "{}", let_in.text);
}

/// `docker compose up` makes containers anew, with other addresses, and leaves nginx running.
#[tokio::test]
async fn its_nginx_finds_a_container_that_was_made_anew() {
    let demo = tokio::task::spawn_blocking(|| Demo::start(&[("gateway", NOWHERE)])).await.expect("it starts");
    assert_eq!(demo.get(&demo.page(), "").await.status, 503);
    demo.names.change("gateway", Ipv4Addr::LOCALHOST);
    demo.wait_for(302, "").await;
    let cookies = demo.signed_in().await.jar();
    assert_eq!(demo.get(&demo.page(), &cookies).await.status, 503, "the portal is not there yet");
    demo.names.change("demo", Ipv4Addr::LOCALHOST);
    let let_in = demo.wait_for(200, &cookies).await;
    assert!(let_in.text.contains("<b id=\"user\">jane</b>"), "{}", let_in.text);
}
