//! What is shipped for Prometheus and Grafana: the alerts do what they say, and name nothing that is not there.

use std::collections::BTreeSet;

use crate::metrics::documented;
use crate::support::promtool::promtool;

const ALERTS: &str = include_str!("../../deploy/prometheus/alerts.yaml");
const ALERT_TESTS: &str = include_str!("../../deploy/prometheus/alerts_test.yaml");
const DASHBOARD: &str = include_str!("../../deploy/grafana/vestibule.json");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The metrics that a text names. Alerts are not among them: they are written in other letters.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let metrics = words.filter(|word| word.starts_with("vestibule_") || word.starts_with("process_"));
    let families = documented();
    let family = |word: &str| {
        let parts = ["_bucket", "_sum", "_count"].into_iter().filter_map(|part| word.strip_suffix(part));
        parts.chain([word]).find(|name| families.contains_key(*name)).unwrap_or(word).to_owned()
    };
    metrics.map(family).collect()
}

fn alerts() -> Vec<&'static str> {
    ALERTS.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect()
}

#[test]
fn the_alerts_go_off_when_they_should_and_not_otherwise() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/prometheus/alerts_test.yaml");
    let (passed, told) = promtool(&["test", "rules", tests], "");
    assert!(passed, "{told}");
}

#[test]
fn every_alert_is_tested_and_explained() {
    assert!(alerts().len() > 10, "the rules were not understood");
    for alert in alerts() {
        assert!(
            OPERATIONS.contains(&format!("| `{alert}` |")),
            "docs/operations.md does not explain {alert}"
        );
        let goes_off = format!("alertname: {alert}\n        exp_alerts:\n");
        assert!(ALERT_TESTS.contains(&goes_off), "no test sets off {alert}");
        assert!(
            ALERT_TESTS.contains(&format!("alertname: {alert}, exp_alerts: []")),
            "{alert} in good health"
        );
    }
}

/// Prometheus keeps many products: another one's `process_open_fds`, or a second environment under a name of its own,
/// must set nothing off here, nor hide in a sum what fails here.
#[test]
fn every_series_is_chosen_and_summed_by_its_job() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let queries = dashboard["panels"].as_array().expect("panels").iter();
    let queries = queries.filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<&str> = queries.filter_map(|target| target["expr"].as_str()).collect();
    for (text, job) in [(ALERTS.to_owned(), "{job=\"vestibule\""), (queries.join("\n"), "{job=\"$job\"")] {
        for name in named(&text) {
            for (at, _) in text.match_indices(&name) {
                let selector =
                    text[at..].trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
                assert!(selector.starts_with(job), "{name} is taken of every job: {}", &text[at..]);
            }
        }
    }
    for (at, _) in ALERTS.match_indices(" by (") {
        assert!(ALERTS[at..].starts_with(" by (job"), "{}", ALERTS[at..].lines().next().unwrap_or_default());
    }
    assert!(!ALERTS.contains("sum("), "a sum of every job");
}

#[test]
fn the_dashboard_and_the_alerts_name_metrics_that_exist() {
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let queries: Vec<&str> = targets.map(|target| target["expr"].as_str().expect("a query")).collect();
    assert!(queries.len() > 20, "the dashboard was not understood");
    let known: BTreeSet<String> = documented().into_keys().collect();
    let (shown, watched) = (named(&queries.join("\n")), named(ALERTS));
    for name in shown.iter().chain(&watched) {
        // A system that is not Linux has none of its own.
        assert!(known.contains(name) || name.starts_with("process_"), "there is no metric {name}");
    }
    assert!(shown.len() > 20 && watched.len() > 8, "{shown:?} {watched:?}");
}
