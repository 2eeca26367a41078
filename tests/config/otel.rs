//! OpenTelemetry's own variables: what switches traces off, and what would have been dropped without a word.

use vestibule::config::Place;

use super::{hash, load_with, locations};

const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";
const EXPORTER: &str = "OTEL_TRACES_EXPORTER";
const OURS: &str = "VESTIBULE__TELEMETRY__TRACES_ENDPOINT";
const URL: &str = "http://collector:4318";

#[test]
fn an_exporter_that_is_none_switches_traces_off_and_another_one_is_a_fault() {
    let in_file = "telemetry.traces_endpoint = \"http://file:4318\"";
    for (text, variables, is_on) in [
        ("", &[(BASE, URL), (EXPORTER, "none")][..], false),
        ("", &[(BASE, URL), (EXPORTER, " None ")], false),
        (in_file, &[(EXPORTER, "none")], false),
        ("", &[(OURS, URL), (EXPORTER, "none")], true),
        ("", &[(BASE, URL), (EXPORTER, "otlp")], true),
        ("", &[(BASE, URL), (EXPORTER, "")], true),
        ("", &[(EXPORTER, "otlp")], false),
        // It is of no account where traces are off.
        ("", &[(EXPORTER, "zipkin")], false),
    ] {
        let settings =
            load_with(text, variables).unwrap_or_else(|faults| panic!("{variables:?}: {faults:?}"));
        assert_eq!(settings.telemetry.traces_endpoint.is_some(), is_on, "{text} {variables:?}");
    }
    for (text, variables) in [
        ("", &[(BASE, URL), (EXPORTER, "zipkin")][..]),
        ("", &[(BASE, URL), (EXPORTER, "otlp,console")]),
        (in_file, &[(EXPORTER, "jaeger")]),
    ] {
        let faults = load_with(text, variables).expect_err("it is refused");
        assert_eq!(locations(&faults), [EXPORTER], "{variables:?}");
    }
}

/// The exporter would leave it out, and the collector would refuse every span.
#[test]
fn a_header_that_would_not_be_sent_is_a_fault() {
    for good in [
        "",
        "x-key=canary",
        "a=b,c=d",
        " a = b , c = d ,",
        "authorization=Bearer%20canary",
        "a=b=c",
        "host=x,user-agent=y",
    ] {
        for name in [HEADERS, OF_TRACES] {
            let read = load_with("", &[(BASE, URL), (name, good)]);
            assert!(read.is_ok(), "{name}={good}: {:?}", read.err());
        }
    }
    for (bad, part) in [
        ("canary", "Part 1 "),
        ("x-key: canary", "Part 1 "),
        ("a=b,canary", "Part 2 "),
        ("a=b,,c=d", "Part 2 "),
        ("=canary", "Part 1 "),
        ("a=", "Part 1 "),
        ("two words=canary", "Part 1 "),
        ("a=canary%0Ax", "Part 1 "),
        ("a=%zz", "Part 1 "),
        ("a=b,c=canary%", "Part 2 "),
        ("c=canary%2", "Part 1 "),
        ("a=canary%C3%28", "Part 1 "),
        ("a=canary,A=b", "Part 2 "),
        ("a=canary,Content-Type=text/plain", "Part 2 "),
        ("Transfer-Encoding=chunked", "Part 1 "),
        ("connection=canary", "Part 1 "),
        ("content-length=1", "Part 1 "),
    ] {
        for name in [HEADERS, OF_TRACES] {
            let faults = load_with("", &[(BASE, URL), (name, bad)]).expect_err(bad);
            assert_eq!(locations(&faults), [name], "{bad}");
            assert!(faults[0].message.starts_with(part), "{bad}: {}", faults[0]);
            assert!(!faults[0].to_string().contains("canary"), "{}", faults[0]);
            assert!(load_with("", &[(name, bad)]).is_ok(), "where traces are off nobody reads it: {bad}");
        }
    }
    // The exporter reads the first of the two only.
    assert!(load_with("", &[(BASE, URL), (OF_TRACES, "a=b"), (HEADERS, "bad")]).is_ok());
}

/// Where nobody else names a trace, it would be "off" with a connection to the collector.
#[test]
fn traces_of_which_none_is_ever_recorded_are_a_fault() {
    let none = "[telemetry]\ntraces_one_in = 0\n";
    let faults = load_with(none, &[(BASE, URL)]).expect_err("none is recorded");
    assert_eq!(locations(&faults), ["telemetry.traces_one_in"]);
    assert!(load_with(none, &[]).is_ok(), "traces are off");
    assert!(load_with(&format!("{none}trust_traceparent = true\n"), &[(BASE, URL)]).is_ok());
}

/// Whoever has never heard of ours looks for the one that they have set.
#[test]
fn a_fault_names_the_variable_that_was_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("secret");
    std::fs::write(&path, "short").expect("a file is written");
    let path = path.to_str().expect("a path");
    for (variable, value, location) in [
        (BASE, "http://user:canary@collector:4318", "telemetry.traces_endpoint"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318", "telemetry.traces_endpoint"),
        ("VESTIBULE__SERVER__SECRET_FILE", path, "server.secret"),
        ("VESTIBULE__SERVER__PREVIOUS_SECRETS__0_FILE", path, "server.previous_secrets[0]"),
        ("VESTIBULE__STORE__URL_FILE", path, "store.url"),
        ("VESTIBULE__STORE__SENTINEL_PASSWORD_FILE", "/nowhere", "store.sentinel_password_file"),
        (OURS, "collector:4318", "telemetry.traces_endpoint"),
    ] {
        let faults = load_with("", &[(variable, value)]).expect_err(variable);
        assert_eq!(locations(&faults), [location], "{variable}");
        assert_eq!(faults[0].place, Some(Place::Variable(variable.to_owned())));
        assert!(faults[0].to_string().starts_with(&format!("{variable}: ")), "{}", faults[0]);
    }
    let gap = "VESTIBULE__SERVER__PREVIOUS_SECRETS__5_FILE";
    assert_eq!(locations(&load_with("", &[(gap, path)]).expect_err(gap)), [gap]);
}

/// Replicas that differ in them do not have the same configuration, and a reload must not seem to have taken them in.
#[test]
fn what_takes_effect_at_a_restart_is_told_apart_where_traces_are_on() {
    const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("authority.pem");
    let written = || {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        std::fs::write(&path, made.cert.pem()).expect("a file is written");
    };
    written();
    let of_path = path.to_str().expect("a path");
    for name in ["OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"] {
        let read = |variables: &[(&str, &str)]| load_with("", variables).expect("it is accepted");
        let on = read(&[(BASE, URL)]);
        let with_authority = || read(&[(BASE, URL), (name, of_path)]);
        let (before, sampled) = (with_authority(), read(&[(BASE, URL), (SAMPLER, "always_on")]));
        written();
        let after = with_authority();
        for (other, differing) in [(&before, name), (&sampled, SAMPLER)] {
            assert_eq!(on.at_restart.differences(&other.at_restart), [differing]);
            assert_ne!(hash(&on), hash(other), "{differing}");
        }
        assert_eq!(before.at_restart.differences(&after.at_restart), [name], "another authority");
        assert_ne!(hash(&before), hash(&after), "{name}");
        let off = read(&[]);
        for (other, value) in [(name, of_path), (SAMPLER, "always_on")] {
            assert_eq!(hash(&read(&[(other, value)])), hash(&off), "{other} where traces are off");
        }
    }
}
