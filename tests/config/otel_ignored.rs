//! OpenTelemetry's own variables: none is ignored without a word, where traces are on.

use super::{load_with, locations};

const ON: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";

fn warnings(variables: &[(&str, &str)]) -> Vec<String> {
    let settings = load_with("", variables).unwrap_or_else(|faults| panic!("{variables:?}: {faults:?}"));
    settings.warnings(0)
}

#[test]
fn a_sampler_of_the_specification_decides_what_is_recorded() {
    let sampler = |text: &str, variables: &[(&str, &str)]| {
        let variables = [&[ON], variables].concat();
        let settings =
            load_with(text, &variables).unwrap_or_else(|faults| panic!("{variables:?}: {faults:?}"));
        (settings.telemetry.sampler.ratio, settings.telemetry.sampler.follows_proxy)
    };
    let in_file = "telemetry.traces_one_in = 4";
    for (text, variables, expected) in [
        ("", &[][..], (1.0, true)),
        (in_file, &[], (0.25, true)),
        ("[telemetry]\ntraces_one_in = 0\ntrust_traceparent = true", &[], (0.0, true)),
        ("telemetry.traces_one_in = 0", &[(SAMPLER, "parentbased_always_on")], (1.0, true)),
        (in_file, &[(SAMPLER, "")], (0.25, true)),
        (in_file, &[(SAMPLER, "parentbased_traceidratio"), (ARGUMENT, "0.3")], (0.3, true)),
        (in_file, &[(SAMPLER, " ParentBased_TraceIdRatio "), (ARGUMENT, " 1 ")], (1.0, true)),
        ("", &[(SAMPLER, "parentbased_traceidratio")], (1.0, true)),
        (in_file, &[(SAMPLER, "parentbased_always_on")], (1.0, true)),
        ("telemetry.trust_traceparent = true", &[(SAMPLER, "parentbased_always_off")], (0.0, true)),
        ("", &[(SAMPLER, "traceidratio"), (ARGUMENT, "1e-3")], (0.001, false)),
        ("", &[(SAMPLER, "always_on")], (1.0, false)),
        ("", &[(SAMPLER, "always_off")], (0.0, false)),
        ("", &[(SAMPLER, "always_off"), ("VESTIBULE__TELEMETRY__TRACES_ONE_IN", "2")], (0.5, true)),
    ] {
        assert_eq!(sampler(text, variables), expected, "{text} {variables:?}");
    }
}

/// The collector would get nothing, or far more than it was asked to.
#[test]
fn what_the_gateway_does_not_do_is_a_fault() {
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/testdata/authority.pem");
    for (variables, location) in [
        (&[(SAMPLER, "jaeger_remote")][..], SAMPLER),
        // No proxy is asked.
        (&[(SAMPLER, "parentbased_always_off")], SAMPLER),
        (&[(SAMPLER, "parentbased_traceidratio"), (ARGUMENT, "0")], SAMPLER),
        (&[(SAMPLER, "parentbased_xray")], SAMPLER),
        (&[(SAMPLER, "traceidratio"), (ARGUMENT, "10%")], ARGUMENT),
        (&[(SAMPLER, "traceidratio"), (ARGUMENT, "2")], ARGUMENT),
        (&[(SAMPLER, "traceidratio"), (ARGUMENT, "NaN")], ARGUMENT),
        (&[(SAMPLER, "parentbased_always_on"), (ARGUMENT, "0.1")], ARGUMENT),
        (&[(ARGUMENT, "0.1")], ARGUMENT),
        (&[("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")], "OTEL_EXPORTER_OTLP_CERTIFICATE"),
        (
            &[("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/"), ("OTEL_EXPORTER_OTLP_CERTIFICATE", authority)],
            "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        ),
        (&[("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/x")], "OTEL_EXPORTER_OTLP_CLIENT_KEY"),
        (
            &[("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "/x")],
            "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
        ),
    ] {
        let faults = load_with("", &[&[ON], variables].concat()).expect_err("it is refused");
        assert_eq!(locations(&faults), [location], "{variables:?}");
        assert!(load_with("", variables).is_ok(), "where traces are off nobody reads it: {variables:?}");
    }
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "GZIP"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", ""),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", " "),
    ] {
        assert_eq!(warnings(&[ON, (name, value)]), [""; 0], "{name}={value}");
    }
    // That of traces comes first.
    let both = [
        ON,
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    assert_eq!(warnings(&both), [""; 0]);
    let settings =
        load_with("", &[ON, ("OTEL_EXPORTER_OTLP_CERTIFICATE", authority)]).expect("it is accepted");
    assert!(settings.telemetry.authorities.is_some());
}

/// They are set for many programs at once.
#[test]
fn what_is_left_aside_is_told() {
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzipp"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "1"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "1"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
        ("OTEL_EXPORTER_OTLP_INSECURE", "true"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://x"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "a=canary"),
        ("OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://x"),
        ("OTEL_PROPAGATORS", "b3,jaeger"),
        ("OTEL_LOG_LEVEL", "debug"),
        ("OTEL_CONFIG_FILE", "/x"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,canary"),
    ] {
        let told = warnings(&[ON, (name, value)]);
        assert!(
            matches!(&told[..], [one] if one.contains(name) && !one.contains("canary")),
            "{name}: {told:?}"
        );
        assert_eq!(warnings(&[(name, value)]), [""; 0], "where traces are off: {name}");
    }
    for (name, value) in [
        ("OTEL_PROPAGATORS", "tracecontext,baggage"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=d,"),
        ("OTEL_SERVICE_NAME", "sessions"),
        ("OTEL_JAVAAGENT_DEBUG", "true"),
        ("OTEL_BSP_SCHEDULE_DELAY", ""),
        ("OTEL_TRACES_EXPORTER", "otlp"),
    ] {
        assert_eq!(warnings(&[ON, (name, value)]), [""; 0], "{name}={value}");
    }
    // Nothing else tells that traces are off.
    for (name, value) in [
        ("OTEL_TRACES_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPIONT", "http://collector:4318"),
        ("OTEL_EXPORTER_OTLP_TRACE_ENDPOINT", "http://collector:4318"),
        ("OTEL_TRACES_SAMPLE", "always_on"),
        ("OTEL_SDK_DISABLED", "yes"),
    ] {
        let told = warnings(&[(name, value)]);
        assert!(matches!(&told[..], [one] if one.contains(name)), "{name}: {told:?}");
    }
    assert_eq!(warnings(&[("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_SDK_DISABLED", "true")]), [""; 0]);
}
