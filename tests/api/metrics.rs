//! The metrics as Prometheus and its users expect them: each is documented, there from the start, and well named.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use crate::operations::{metrics, value, with_metrics};
use crate::support::app::{ACME_LIVE, Kind, TestApp, text};
use crate::support::gateway::eventually;
use crate::support::promtool::promtool;

const DOCUMENT: &str = include_str!("../../docs/metrics.md");
/// Only Linux has them.
const OF_THE_PROCESS: &str = "process_";

/// The type and the labels of each metric in the document's table.
pub fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let rows =
        DOCUMENT.lines().filter(|line| line.starts_with("| `vestibule_") || line.starts_with("| `process_"));
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let name = words(cells[0]).pop_first().expect("a name");
        (name, (cells[1].trim().to_owned(), words(cells[2])))
    })
    .filter(|(name, _)| cfg!(target_os = "linux") || !name.starts_with(OF_THE_PROCESS))
    .collect()
}

/// The same of a scrape.
fn scraped(metrics: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut found: BTreeMap<String, (String, BTreeSet<String>)> = BTreeMap::new();
    for line in metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').expect("a type");
        found.insert(name.to_owned(), (kind.to_owned(), BTreeSet::new()));
    }
    for line in metrics.lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').expect("a value");
        let (name, labels) = series.split_once('{').unwrap_or((series, ""));
        let parts = ["_bucket", "_sum", "_count"].into_iter().filter_map(|part| name.strip_suffix(part));
        let family = parts.chain([name]).find(|name| found.contains_key(*name)).expect("a family");
        let names =
            labels.split("\",").filter_map(|label| Some(label.trim_end_matches('}').split_once('=')?.0));
        let names = names.filter(|label| *label != "le").map(str::to_owned);
        found.get_mut(family).expect("a family").1.extend(names);
    }
    found
}

#[tokio::test]
async fn the_document_has_every_metric_with_its_type_and_labels_and_no_other() {
    let app = with_metrics(Kind::Redis).await;
    let scraped = scraped(&metrics(&app).await);
    assert_eq!(scraped, documented());
}

#[tokio::test]
async fn every_counter_is_there_at_0_before_its_first_event() {
    let app = with_metrics(Kind::Redis).await;
    let metrics = metrics(&app).await;
    for series in [
        "vestibule_sessions_created_total{environment=\"test\",portal=\"my-portal\"}",
        "vestibule_exchanges_total{outcome=\"done\",portal=\"second-portal\"}",
        "vestibule_exchanges_total{outcome=\"application/service_unavailable\",portal=\"my-portal\"}",
        "vestibule_refusals_total{portal=\"my-portal\",reason=\"used\"}",
        "vestibule_refusals_total{portal=\"none\",reason=\"missing\"}",
        "vestibule_rate_limited_total{limit=\"create_per_minute\"}",
        "vestibule_rate_limited_total{limit=\"logout\"}",
        "vestibule_store_errors_total{kind=\"timeout\",operation=\"exchange\"}",
        "vestibule_http_requests_total{method=\"POST\",route=\"/v2/portal.createSession\",status=\"503\"}",
        "vestibule_http_request_duration_seconds_count{route=\"/v2/portal.createSession\"}",
        "vestibule_log_lines_dropped_total{kind=\"audit\"}",
        "vestibule_config_reloads_total{result=\"refused\"}",
        "vestibule_trace_spans_total{result=\"dropped\"}",
    ] {
        assert!(metrics.lines().any(|line| line == format!("{series} 0")), "{series} in\n{metrics}");
    }
    let families = documented().into_iter().filter(|(_, (kind, _))| kind == "counter");
    for (name, _) in families {
        let is_there = metrics
            .lines()
            .any(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name} ")));
        assert!(is_there, "{name}");
    }
}

#[tokio::test]
async fn promtool_finds_nothing_to_complain_of() {
    let app = with_metrics(Kind::Redis).await;
    app.signed_in(json!({})).await;
    let (passed, told) = promtool(&["check", "metrics"], &metrics(&app).await);
    assert!(passed && told.is_empty(), "{told}");
}

#[tokio::test]
async fn connections_and_what_is_under_way_are_shown_and_go_again() {
    let app = with_metrics(Kind::Redis).await;
    app.signed_in(json!({})).await;
    let shown = metrics(&app).await;
    assert!(value(&shown, "vestibule_http_connections") >= 1, "{shown}");
    assert!(value(&shown, "vestibule_store_connections") >= 1, "{shown}");
    assert!(value(&shown, "vestibule_store_connections_total") >= 1, "{shown}");

    // A server that hangs: the calls that wait for it are seen.
    let redis = app.redis.clone().expect("this gateway has a Redis");
    redis.pause();
    let waiting = tokio::spawn(app.get("/health/ready").send());
    eventually("the call is under way", Duration::from_secs(10), async || {
        let shown = metrics(&app).await;
        value(&shown, "vestibule_store_calls_in_flight") >= 1
            && value(&shown, "vestibule_http_requests_in_flight") >= 1
    })
    .await;
    waiting.await.expect("an answer").expect(503, "application/service_unavailable");
    redis.go_on();
    eventually("nothing is under way", Duration::from_secs(10), async || {
        let shown = metrics(&app).await;
        value(&shown, "vestibule_store_calls_in_flight") + value(&shown, "vestibule_http_requests_in_flight")
            == 0
    })
    .await;
    let failed = metrics(&app).await;
    assert!(
        value(&failed, "vestibule_store_errors_total{kind=\"timeout\",operation=\"ready\"}") >= 1,
        "{failed}"
    );

    redis.stop();
    app.get("/health/ready").send().await.expect(503, "application/service_unavailable");
    let gone = metrics(&app).await;
    assert!(
        value(&gone, "vestibule_store_errors_total{kind=\"connection\",operation=\"ready\"}") >= 1,
        "{gone}"
    );
    assert!(value(&gone, "vestibule_store_connect_errors_total") >= 1, "{gone}");
}

#[tokio::test]
async fn the_configuration_and_its_reloads_are_shown() {
    let app = with_metrics(Kind::Memory).await;
    let before = metrics(&app).await;
    let hash = value(&before, "vestibule_config_hash");
    assert_ne!(hash, 0);
    assert_eq!(value(&before, "vestibule_config_last_reload_success_timestamp_seconds"), 1_742_000_000);
    for (series, count) in [
        ("vestibule_config_last_reload_successful", 1),
        ("vestibule_portals{state=\"disabled\"}", 1),
        ("vestibule_root_keys{environment=\"test\"}", 1),
    ] {
        assert_eq!(value(&before, series), count, "{series} in\n{before}");
    }

    app.running().reload_refused();
    let refused = metrics(&app).await;
    assert_eq!(value(&refused, "vestibule_config_last_reload_successful"), 0);
    assert_eq!(value(&refused, "vestibule_config_reloads_total{result=\"refused\"}"), 1);
    assert_eq!(value(&refused, "vestibule_config_hash"), hash, "the old one stays");

    app.forward(Duration::from_secs(60));
    app.reload(|config| config.replace("\"second-portal\"", "\"third-portal\""));
    let done = metrics(&app).await;
    assert_eq!(value(&done, "vestibule_config_last_reload_successful"), 1);
    assert_eq!(value(&done, "vestibule_config_reloads_total{result=\"done\"}"), 1);
    assert_eq!(value(&done, "vestibule_config_last_reload_success_timestamp_seconds"), 1_742_000_060);
    assert_ne!(value(&done, "vestibule_config_hash"), hash);
    assert!(done.contains("vestibule_exchanges_total{outcome=\"done\",portal=\"third-portal\"} 0"), "{done}");
    // Else the series of every portal that ever was would stay until the next start.
    assert!(
        before.contains("portal=\"second-portal\"") && !done.contains("portal=\"second-portal\""),
        "{done}"
    );

    app.reload(|config| config.replace("[server]", "[server]\nworkers = 7"));
    let workers = metrics(&app).await;
    assert_eq!(value(&workers, "vestibule_config_hash"), hash, "what needs a restart is not in force");
}

/// Whoever asks, and however: the label has what is configured, or `none`.
#[tokio::test]
async fn exchanges_and_refusals_name_their_portal_and_never_a_strangers_word() {
    let app = with_metrics(Kind::Memory).await;
    let session_id = text(&app.create(json!({})).await["sessionId"]).to_owned();
    app.exchange(&session_id).await;
    app.exchange(&session_id).await;
    let page = app.exchanging(&session_id).header("origin", "https://second.example.com");
    page.send().await;
    app.get("/v2/portal.authorize?slug=my-portal").send().await;
    app.get("/v2/portal.authorize?slug=canary").send().await;
    app.get("/portal/canary?session=x").send().await;
    let metrics = metrics(&app).await;
    for (series, count) in [
        ("vestibule_exchanges_total{outcome=\"done\",portal=\"my-portal\"}", 1),
        ("vestibule_exchanges_total{outcome=\"authentication/portal_session_not_found\",portal=\"none\"}", 1),
        (
            "vestibule_exchanges_total{outcome=\"authentication/portal_session_not_found\",portal=\"second-portal\"}",
            1,
        ),
        ("vestibule_refusals_total{portal=\"my-portal\",reason=\"missing\"}", 1),
        ("vestibule_refusals_total{portal=\"none\",reason=\"missing\"}", 1),
    ] {
        assert_eq!(value(&metrics, series), count, "{series} in\n{metrics}");
    }
    assert!(!metrics.contains("canary"), "{metrics}");
}

#[tokio::test]
async fn a_thousand_portals_do_not_make_a_million_series() {
    let app: TestApp = with_metrics(Kind::Memory).await;
    let portal = |index: usize| {
        format!(
            "\n[[workspaces.portals]]\nslug = \"many-{index}\"\nurl = \"https://many-{index}.example.com/\"\n"
        )
    };
    app.reload(|config| {
        config + "\n[[workspaces]]\nid = \"many\"\n" + &(0..1_000).map(portal).collect::<String>()
    });
    let lines = metrics(&app).await.lines().count();
    assert!(lines < 6_000, "{lines}");
}

/// The line in the log may be gone by the morning, and revocations by user miss those sessions until somebody acts.
#[tokio::test]
async fn sessions_of_a_secret_that_nobody_here_knows_are_counted() {
    const SERIES: &str = "vestibule_sessions_under_unknown_secret_total";
    let old = TestApp::start(Kind::Redis).await;
    let (_, token) = old.sign_in(ACME_LIVE, json!({})).await;
    let secret = "secret = \"a secret of the tests, long enough to be taken\"";
    let new = "secret = \"another secret of the tests, as long as it\"";
    let previous = secret.replace("secret = ", "previous_secrets = [") + "]";
    for (secrets, count) in [(format!("{new}\n{previous}"), 0), (new.to_owned(), 2)] {
        let listens = format!("{secrets}\nmetrics_listen = \"127.0.0.1:0\"");
        let change = move |config: String| config.replace(secret, &listens);
        let app = TestApp::start_on(old.redis.clone(), change).await;
        for _ in 0..2 {
            assert!(app.accepts(&token).await);
        }
        assert_eq!(value(&metrics(&app).await, SERIES), count, "{secrets}");
    }
}
