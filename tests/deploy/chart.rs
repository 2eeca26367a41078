//! `deploy/helm/vestibule`: Helm renders it, Kubernetes' schemas take what comes out, and it is hardened whatever the values.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use jsonschema::Registry;
use serde_json::{Value, json};

use super::support::process::vestibule;
use super::{file, read, tool};

pub const CHART: &str = "deploy/helm/vestibule";
/// Every part of it, and values as a team would set them.
const ALL: [&str; 12] = [
    "serviceMonitor.enabled=true",
    "serviceMonitor.labels.release=prometheus",
    "restartOnChange=true",
    "podAnnotations.team=billing",
    "podLabels.team=billing",
    "image.digest=sha256:0a2fdc32fb724056c8669880422655d1d0eeb95746baf7e21e4244098a79505b",
    "secret.previousServerSecrets={former}",
    "secret.storeUrl=store-url",
    "service.type=LoadBalancer",
    "drainSeconds=20",
    "env[0].name=RUST_BACKTRACE",
    "imagePullSecrets[0].name=registry",
];

pub fn helm(arguments: &[&str], set: &[&str]) -> Option<Output> {
    let mut command = Command::new(tool("helm")?);
    command.args(arguments).current_dir(file(""));
    set.iter().for_each(|value| {
        command.args(["--set", value]);
    });
    Some(command.output().expect("helm runs"))
}

/// What comes out, by its kind.
fn rendered(set: &[&str]) -> Option<BTreeMap<String, Vec<Value>>> {
    let output = helm(&["template", "shop", CHART], set)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
    let mut kinds: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for document in documents.into_iter().filter(|document| !document.is_null()) {
        kinds.entry(document["kind"].as_str().expect("a kind").to_owned()).or_default().push(document);
    }
    Some(kinds)
}

/// `monitoring.coreos.com` is no part of Kubernetes, and has no schema here.
fn schema_of(document: &Value) -> Option<String> {
    let version = document["apiVersion"].as_str().expect("a version");
    let kind = document["kind"].as_str().expect("a kind").to_lowercase();
    let mut parts = version.rsplitn(2, '/');
    let version = parts.next()?;
    match parts.next() {
        None => Some(format!("{kind}-{version}.json")),
        Some("monitoring.coreos.com") => None,
        Some(group) => Some(format!("{kind}-{}-{version}.json", group.split('.').next()?)),
    }
}

#[test]
fn helm_and_kubernetes_take_it() {
    for set in [&[][..], &ALL] {
        let Some(linted) = helm(&["lint", "--strict", CHART], set) else { return };
        assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout));
        let Some(kinds) = rendered(set) else { return };
        let schemas = Path::new("target/tools/kubernetes-schemas");
        let schema = |name: &str| -> Value {
            serde_json::from_str(&read(schemas.join(name).to_str().expect("a path"))).expect("a schema")
        };
        let base = "json-schema:///";
        let registry = Registry::new().add(format!("{base}_definitions.json"), schema("_definitions.json"));
        let registry = registry.expect("a schema").prepare().expect("schemas");
        for document in kinds.values().flatten() {
            let Some(name) = schema_of(document) else { continue };
            let options =
                jsonschema::options().with_registry(&registry).with_base_uri(format!("{base}{name}"));
            let validator = options.build(&schema(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let faults: Vec<_> = validator.iter_errors(document).map(|fault| fault.to_string()).collect();
            assert_eq!(faults, [""; 0], "{name} of {document:#}");
            let mut misspelt = document.clone();
            misspelt["metadata"]["label"] = json!({});
            assert!(!validator.is_valid(&misspelt), "{name} looks into the definitions");
        }
    }
}

#[test]
fn a_pod_is_hardened_drained_and_reloaded() {
    for set in [&[][..], &ALL] {
        let Some(kinds) = rendered(set) else { return };
        let pod = &kinds["Deployment"][0]["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let of_pod = json!({
            "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
            "seccompProfile": { "type": "RuntimeDefault" },
        });
        let of_container = json!({
            "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] },
        });
        assert_eq!((&pod["securityContext"], &container["securityContext"]), (&of_pod, &of_container));
        for switched_off in ["automountServiceAccountToken", "enableServiceLinks"] {
            assert_eq!(pod[switched_off], false, "{switched_off}");
        }
        for (probe, path) in [("liveness", "live"), ("readiness", "ready"), ("startup", "live")] {
            assert_eq!(container[format!("{probe}Probe")]["httpGet"]["path"], format!("/health/{path}"));
        }
        assert!(container["resources"]["requests"]["cpu"].is_string());
        assert!(container["resources"]["limits"]["memory"].is_string());

        let variable = |name: &str| {
            let all = container["env"].as_array().expect("variables");
            all.iter().find(|variable| variable["name"] == name).map(|variable| variable["value"].clone())
        };
        let drain =
            variable("VESTIBULE__SERVER__DRAIN_SECONDS").and_then(|value| value.as_str()?.parse().ok());
        let pre_stop = container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().expect("seconds");
        let needed = pre_stop + drain.unwrap_or(0_u64) + 25;
        assert_eq!(pod["terminationGracePeriodSeconds"], needed, "docs/operations.md, Stopping");

        let secret = variable("VESTIBULE__SERVER__SECRET_FILE").expect("the secret is a file");
        assert_eq!(secret, "/run/secrets/vestibule/server-secret");
        for mount in container["volumeMounts"].as_array().expect("mounts") {
            assert_eq!((&mount["readOnly"], mount.get("subPath")), (&json!(true), None), "{mount}");
        }
    }
}

#[test]
fn the_whole_survives_a_node_and_keeps_others_out() {
    let Some(kinds) = rendered(&ALL) else { return };
    let deployment = &kinds["Deployment"][0]["spec"];
    assert_eq!(deployment["strategy"]["rollingUpdate"], json!({ "maxUnavailable": 0, "maxSurge": 1 }));
    let spread = deployment["template"]["spec"]["topologySpreadConstraints"].as_array().expect("constraints");
    let keys: Vec<_> = spread.iter().map(|one| one["topologyKey"].as_str().expect("a key")).collect();
    assert_eq!(keys, ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]);
    let pods = &deployment["selector"]["matchLabels"];
    let labels = deployment["template"]["metadata"]["labels"].as_object().expect("labels");
    assert!(pods.as_object().expect("labels").iter().all(|(name, value)| labels.get(name) == Some(value)));
    for (kind, path) in [
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
        ("ServiceMonitor", "/spec/selector/matchLabels"),
        ("Service", "/spec/selector"),
    ] {
        assert_eq!(kinds[kind][0].pointer(path), Some(pods), "{kind} is for these pods");
    }
    let policy = &kinds["NetworkPolicy"][0]["spec"];
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    assert!(policy["ingress"].as_array().expect("rules").iter().all(|rule| rule["from"][0].is_object()));
    // The public one does not lead to the metrics.
    let ports = |service: &Value| service["spec"]["ports"].to_string().contains("metrics");
    assert_eq!(kinds["Service"].iter().map(ports).collect::<Vec<_>>(), [false, true]);
    assert_eq!(kinds["ServiceMonitor"][0]["spec"]["jobLabel"], "app.kubernetes.io/name");
    assert_eq!(pods["app.kubernetes.io/name"], "vestibule", "the job of deploy/prometheus/alerts.yaml");
}

#[test]
fn its_configuration_and_its_variables_are_the_gateways_own() {
    let Some(kinds) = rendered(&ALL) else { return };
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("a file");
    write("gateway.toml", kinds["ConfigMap"][0]["data"]["gateway.toml"].as_str().expect("a file"));
    write("server-secret", "a secret of 32 characters or more");
    write("former", "another secret of 32 characters or more");
    write("store-url", "redis://redis:6379/0");
    let mut command = vestibule(&["check", "--config"]);
    command.arg(directory.path().join("gateway.toml"));
    let place = directory.path().to_str().expect("a path");
    let pod = &kinds["Deployment"][0]["spec"]["template"]["spec"];
    for variable in pod["containers"][0]["env"].as_array().expect("variables") {
        let value = variable["value"].as_str().unwrap_or_default();
        let name = variable["name"].as_str().expect("a name");
        command.env(name, value.replace("/run/secrets/vestibule", place));
    }
    let output = command.output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn values_that_nobody_reads_are_refused() {
    for set in ["replica=3", "networkPolicy.client=x", "image.digest=latest", "networkPolicy.clients=null"] {
        let Some(output) = helm(&["template", "shop", CHART], &[set]) else { return };
        assert!(!output.status.success(), "{set}");
    }
}

#[test]
fn it_has_the_version_of_the_gateway() {
    let chart = read("deploy/helm/vestibule/Chart.yaml");
    for key in ["version", "appVersion"] {
        assert!(chart.contains(&format!("\n{key}: {}\n", env!("CARGO_PKG_VERSION"))), "{key} in {chart}");
    }
}
