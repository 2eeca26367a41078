//! The configuration: what is accepted, that every fault is told at once with its TOML path, that the
//! environment reaches every key, and that no message repeats a secret.

#[path = "config/against.rs"]
mod against;
#[path = "config/certificates.rs"]
mod certificates;
#[path = "config/cut_off.rs"]
mod cut_off;
#[path = "config/defaults.rs"]
mod defaults;
#[path = "config/environment.rs"]
mod environment;
#[path = "config/faults.rs"]
mod faults;
#[path = "config/include.rs"]
mod include;
#[path = "config/otel.rs"]
mod otel;
#[path = "config/otel_ignored.rs"]
mod otel_ignored;
#[path = "config/schema.rs"]
mod schema;
#[path = "config/secrecy.rs"]
mod secrecy;
#[path = "config/urls.rs"]
mod urls;
#[path = "config/workspaces.rs"]
mod workspaces;

use ::secrecy::ExposeSecret;
use vestibule::config::{DEVELOPMENT, Fault, Settings, StoreLocation};

const API_EXAMPLE: &str = include_str!("testdata/api_example.toml");
/// A workspace whose portal is the last table, so that a test can go on with keys of the portal.
const PORTAL: &str = r#"
[[workspaces]]
id = "acme"
[[workspaces.portals]]
slug = "my-portal"
url = "https://portal.example.com/"
"#;
const SECRET: &str = "secret = \"0123456789abcdefghijklmnopqrstuvwxyz\"";

fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<Fault>> {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::from_layers(text, variables)
}

/// As the metric `vestibule_config_hash` shows it.
fn hash(settings: &Settings) -> u64 {
    settings.at_restart.hash_with(&settings.rest)
}

/// Without Redis, also where a public_url is https.
fn load(text: &str) -> Result<Settings, Vec<Fault>> {
    load_with(text, &[("VESTIBULE__STORE__ALLOW_MEMORY", "true")])
}

fn accepted(text: &str) -> Settings {
    load(text).unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"))
}

fn refused(text: &str) -> Vec<Fault> {
    load(text).err().unwrap_or_else(|| panic!("it is accepted:\n{text}"))
}

/// Where the faults are, sorted.
fn locations(faults: &[Fault]) -> Vec<&str> {
    let mut locations: Vec<_> = faults.iter().map(|fault| fault.location.as_str()).collect();
    locations.sort_unstable();
    locations
}

#[test]
fn the_example_of_the_contract_is_accepted() {
    let settings = accepted(API_EXAMPLE);
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.metrics_listen.map(|address| address.port()), Some(9090));
    assert!(settings.server.previous_secrets.is_empty());
    assert_eq!(settings.server.trusted_proxies.len(), 1);
    assert!(matches!(settings.store.location, StoreLocation::Redis(_)));
    assert_eq!(settings.store.timeout.as_millis(), 1_000);
    assert_eq!(settings.error_type_base, "https://errors.example.com/errors");
    assert_eq!((settings.limits.exchange_per_minute, settings.limits.create_per_minute), (60, 6_000));
    assert_eq!(settings.catalog.root_key_count(), 1);
    let [portal] = settings.catalog.portals() else { panic!("one portal") };
    assert_eq!(portal.slug, "my-portal");
    assert_eq!(portal.allowed_origins, ["https://portal.example.com", "https://portal-test.example.com"]);
    assert_eq!((portal.ticket_ttl_ms, portal.enabled), (900_000, true));
}

#[test]
fn several_nodes_are_read_with_their_credentials() {
    let read = |url: &str| accepted(&format!("[server]\n{SECRET}\n[store]\nurl = \"{url}\"")).store.location;
    let address = |host: &str, port| (host.to_owned(), port);
    let StoreLocation::Sentinel { sentinels, master, node } =
        read("redis+sentinel://user:p%40ss@a:26380,b.example,[::1]:26381/my-master_1/5")
    else {
        panic!("sentinels")
    };
    assert_eq!(sentinels, [address("a", 26_380), address("b.example", 26_379), address("::1", 26_381)]);
    assert_eq!((&*master, node.expose_secret()), ("my-master_1", "redis://user:p%40ss@nodes:1/5"));
    let StoreLocation::Cluster { nodes, node } = read("redis+cluster://user:pass@a:7000,b") else {
        panic!("a cluster")
    };
    assert_eq!(nodes, [address("a", 7_000), address("b", 6_379)]);
    assert_eq!(node.expose_secret(), "redis://user:pass@nodes:1/0");
    assert!(matches!(read("redis+sentinel://a/main"), StoreLocation::Sentinel { .. }));
    for (url, by_tls) in [
        ("redis+unix:///run/redis.sock?db=1&pass=word", false),
        ("redis://user:p@ss:word@a", false),
        ("redis://user:pass@a", false),
        ("rediss://user:pass@a", true),
        ("redis+cluster://user:pass@a,b", false),
        ("rediss+cluster://user:pass@a,b", true),
        ("redis+sentinel://user:pass@a,b/main/1", false),
        ("rediss+sentinel://user:pass@a,b/main/1", true),
    ] {
        assert_eq!(read(url).has_tls(), by_tls, "{url}");
    }
}

#[test]
fn the_defaults_alone_are_accepted() {
    let settings = accepted("");
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.metrics_listen, None);
    assert!(matches!(settings.store.location, StoreLocation::Memory));
    assert!(settings.store.fence_failover);
    assert_eq!(settings.error_type_base, "http://localhost:8080/errors");
    assert_eq!((settings.limits.exchange_per_minute, settings.limits.create_per_minute), (60, 6_000));
    let other = accepted("");
    let (own, other) = (&settings.server.secret, &other.server.secret);
    assert_ne!(own.expose_secret(), other.expose_secret(), "on memory every start makes a secret of its own");
    assert!(settings.catalog.portals().is_empty());
}

#[test]
fn the_configuration_for_trials_is_accepted() {
    assert_eq!(accepted(DEVELOPMENT).catalog.portals().len(), 3);
}

#[test]
fn what_a_portal_leaves_out_has_its_default() {
    let server = "[server]\npublic_url = \"https://sessions.example.com\"\n";
    let addresses =
        "test_url = \"https://test.example.com:8443/x\"\nreturn_url = \"https://app.example.com/b\"";
    let settings = accepted(&format!("{server}{PORTAL}{addresses}"));
    let portal = &settings.catalog.portals()[0];
    let origins =
        ["https://portal.example.com", "https://test.example.com:8443", "https://sessions.example.com"];
    assert_eq!(portal.allowed_origins, origins);
    assert_eq!(
        (portal.public_url.as_str(), &*portal.session_parameter),
        ("https://sessions.example.com/", "session")
    );
    assert_eq!(portal.return_urls, [portal.return_url.clone().expect("a return URL")]);
    assert_eq!(portal.cookie.name, "portal_session_my-portal");
    assert_eq!((portal.ticket_ttl_ms, portal.enabled), (900_000, true));
    assert!(!portal.cookie.partitioned && portal.cookie.domain.is_none());
}

#[test]
fn what_a_root_key_leaves_out_has_its_default() {
    let key = "[[workspaces.root_keys]]\nid = \"k\"\nenvironment = \"test\"\nsha256 = ";
    let settings = accepted(&format!("{PORTAL}{key}\"{}\"", "AB".repeat(32)));
    let digest = vestibule::domain::credential::Digest::from_hex(&"ab".repeat(32)).expect("a digest");
    let key = settings.catalog.root_key(&digest).expect("hexadecimal digits of either case are the same");
    assert!(settings.catalog.portal_seen_by(key, "my-portal").is_some());
    assert_eq!(key.permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>(), ["*"]);
}

#[test]
fn plain_http_is_for_this_machine_only() {
    let server = |url: &str| format!("[server]\npublic_url = \"{url}\"\n");
    let portal = |url: &str| format!("{PORTAL}public_url = \"{url}\"\n");
    for good in ["http://localhost", "http://localhost:3000/", "http://127.0.0.1:8080", "https://x.example"] {
        accepted(&server(good));
        accepted(&portal(good));
    }
    for bad in [
        "http://sessions.example.com",
        "http://localhost.evil.example",
        "http://evil.localhost.example",
        "http://10.0.0.1",
        "http://127.0.0.1.nip.example",
        "http://0.0.0.0:8080",
        "http://user@localhost",
        "ws://localhost",
        "localhost:8080",
        "",
    ] {
        assert_eq!(locations(&refused(&server(bad))), ["server.public_url"], "{bad}");
        assert_eq!(locations(&refused(&portal(bad))), ["workspaces[0].portals[0].public_url"], "{bad}");
    }
}

/// A forgotten `[store]`: every replica would have sessions of its own.
#[test]
fn memory_behind_a_public_address_is_meant_or_a_fault() {
    let server = "[server]\npublic_url = \"https://sessions.example.com\"\n".to_owned();
    let portal = format!("{PORTAL}public_url = \"https://portal.example.com\"\n");
    for text in [&server, &portal, &format!("{server}{portal}")] {
        let faults = load_with(text, &[]).expect_err("it is refused");
        assert_eq!(locations(&faults), ["store.url"], "{text}");
        assert!(faults[0].fix.contains("store.allow_memory = true"), "{}", faults[0].fix);
        let meant = format!("{text}[store]\nallow_memory = true");
        assert!(load_with(&meant, &[]).is_ok(), "{meant}");
        let redis = format!(
            "[store]\nurl = \"redis://localhost\"\n{}",
            text.replace("[server]", &format!("[server]\n{SECRET}"))
        );
        let secret = [("VESTIBULE__SERVER__SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")];
        assert!(load_with(&redis, &secret).is_ok(), "{redis}");
    }
    for local in ["http://localhost:8080", "http://127.0.0.1", "https://localhost"] {
        assert!(load_with(&format!("[server]\npublic_url = \"{local}\""), &[]).is_ok(), "{local}");
    }
}

#[test]
fn with_redis_a_secret_is_required() {
    for url in ["redis://localhost", "redis://user:pass@localhost:6379/3", "rediss://localhost:6380"] {
        let store = format!("[store]\nurl = \"{url}\"\n");
        let faults = refused(&store);
        assert_eq!(locations(&faults), ["server.secret"]);
        assert!(faults[0].fix.contains("vestibule keys secret"), "{}", faults[0].fix);
        accepted(&format!("{store}[server]\n{SECRET}"));
        let by_environment = [("VESTIBULE__SERVER__SECRET", "0123456789abcdefghijklmnopqrstuvwxyz")];
        assert!(load_with(&store, &by_environment).is_ok());
        // One fault, not two, for a secret that is there and too short.
        assert_eq!(locations(&refused(&format!("{store}[server]\nsecret = \"short\""))), ["server.secret"]);
    }
}
