//! The events of sessions in the log: code, schema and real lines are the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use vestibule::domain::error::Refusal;
use vestibule::domain::history::LooksLike;
use vestibule::telemetry::{EVENTS_VERSION, SessionEvent};

use super::support::app::{ACME_LIVE, Call, Reply, config, in_portal, text};
use super::support::process::Process;
use super::support::redis_server::RedisServer;
use super::{file, post};

const SCHEMA: &str = include_str!("../../docs/events.schema.json");
const LANDING: &str = "/portal/hosted-portal";
const HOSTED_COOKIE: &str = "__Host-portal_session_hosted-portal";

fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

/// A field's type, and whether every line of the event has it.
type Fields = BTreeMap<String, (String, bool)>;

fn fields_in_code() -> BTreeMap<String, Fields> {
    let forms = SessionEvent::FORMS.iter().map(|form| {
        let fields = form.fields.iter();
        let fields = fields.map(|field| (field.name.into(), (field.json_type.into(), field.is_required)));
        (form.name.to_owned(), fields.collect())
    });
    forms.collect()
}

fn fields_in_schema(schema: &Value) -> BTreeMap<String, Fields> {
    let resolve = |value: &Value| {
        let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
        reference.map_or(value, |at| schema.pointer(at).expect("a definition")).clone()
    };
    let events = schema["oneOf"].as_array().expect("a list").iter().map(resolve);
    let events = events.map(|event| {
        let required: Vec<&str> = event["required"].as_array().expect("a list").iter().map(text).collect();
        let fields = event["properties"].as_object().expect("fields").iter();
        let fields = fields.filter(|(name, _)| *name != "event").map(|(name, form)| {
            (name.clone(), (text(&resolve(form)["type"]).to_owned(), required.contains(&name.as_str())))
        });
        (text(&event["properties"]["event"]["const"]).to_owned(), fields.collect())
    });
    events.collect()
}

#[test]
fn the_schema_has_the_events_and_fields_of_the_code() {
    let schema = schema();
    assert_eq!(fields_in_schema(&schema), fields_in_code());
    assert_eq!(schema["properties"]["version"]["const"], EVENTS_VERSION);
    let document = include_str!("../../docs/api.md");
    for form in SessionEvent::FORMS {
        assert!(document.contains(&format!("`{}`", form.name)), "docs/api.md does not name {}", form.name);
    }
}

/// What the values of two fields are, in the schema and in the code.
#[test]
fn the_schema_has_the_values_of_the_code() {
    let schema = schema();
    let listed = |name: &str| -> Vec<String> {
        let values = schema["$defs"][name]["enum"].as_array().expect("a list");
        values.iter().map(|value| text(value).to_owned()).collect()
    };
    assert_eq!(listed("reason"), Refusal::ALL.iter().map(|refusal| refusal.name()).collect::<Vec<_>>());
    assert_eq!(listed("looks_like"), LooksLike::ALL.map(LooksLike::name));
    let document = include_str!("../../docs/metrics.md");
    for refusal in Refusal::ALL {
        let name = format!("`{}`", refusal.name());
        assert!(document.contains(&name), "docs/metrics.md does not name {name}");
    }
}

/// What a difference between the two looks like to the test above.
#[test]
fn a_field_more_or_less_in_the_schema_is_seen() {
    let change = |change: fn(&mut Value)| {
        let mut schema = schema();
        change(&mut schema["$defs"]["session.created"]);
        fields_in_schema(&schema)
    };
    let changed = [
        change(|event| event["properties"]["more"] = json!({ "type": "string" })),
        change(|event| event["properties"]["portal"] = json!({ "type": "integer" })),
        change(|event| event["required"] = json!(["event", "handle", "portal"])),
        change(|event| event["properties"]["event"]["const"] = json!("session.made")),
        change(|event| drop(event["properties"].as_object_mut().map(|fields| fields.remove("portal")))),
    ];
    for changed in changed {
        assert_ne!(changed, fields_in_code());
    }
}

/// A gateway with its audit lines.
struct Watched {
    process: Process,
    client: reqwest::Client,
}

impl Watched {
    fn serve(config: &std::path::Path) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Watched { process: Process::serve(config), client }
    }

    /// In the end.
    fn audit_lines(self) -> Vec<Value> {
        self.process.signal("-TERM");
        let (_, output) = self.process.end();
        let lines = output.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["target"] == "audit").collect()
    }

    async fn log_out(&self, token: &str) -> Reply {
        self.call(reqwest::Method::POST, "/v2/portal.endSession").bearer(token).send().await
    }

    fn call(&self, method: reqwest::Method, path: &str) -> Call {
        Call(self.client.request(method, self.process.url(path)))
    }

    async fn backend(&self, verb: &str, body: Value) -> Reply {
        post(&self.process, &format!("/v2/portal.{verb}"), ACME_LIVE, body).await
    }

    async fn create(&self) -> Value {
        let body = json!({ "slug": "hosted-portal", "externalId": "user_123", "permissions": ["keys:read"] });
        self.backend("createSession", body).await.data()
    }

    /// With what else the browser sends.
    async fn exchange(&self, session_id: &Value, cookie: Option<&str>) -> Reply {
        let call = self.call(reqwest::Method::POST, "/v2/portal.exchangeSession");
        let call = Call(call.0.json(&json!({ "sessionId": session_id })));
        match cookie {
            Some(token) => call.header("cookie", &format!("{HOSTED_COOKIE}={token}")).send().await,
            None => call.send().await,
        }
    }

    async fn sign_in(&self, cookie: Option<&str>) -> (Value, String) {
        let created = self.create().await;
        let exchanged = self.exchange(&created["sessionId"], cookie).await.data();
        (created, text(&exchanged["token"]).to_owned())
    }
}

/// Everything that happens to sessions, once.
async fn everything(gateway: &Watched, redis: &RedisServer) {
    for _ in 0..3 {
        gateway.sign_in(None).await;
    }
    let (_, idle) = gateway.sign_in(None).await;
    redis.forward(std::time::Duration::from_secs(61));
    // The second one finds what the first has noticed.
    for _ in 0..2 {
        let get = gateway.call(reqwest::Method::GET, "/v2/portal.getSession").bearer(&idle);
        get.send().await.expect(401, "authentication/portal_session_not_found");
    }
    let (first, token) = gateway.sign_in(None).await;
    gateway.exchange(&first["sessionId"], None).await;
    let opened = gateway.create().await;
    let landing = format!("{LANDING}?session={}", text(&opened["sessionId"]));
    assert_eq!(gateway.call(reqwest::Method::GET, &landing).send().await.status, 200);
    let (_, newer) = gateway.sign_in(Some(&token)).await;
    let end = gateway.log_out(&newer).await;
    assert_eq!(end.status, 200, "{}", end.text);
    gateway.backend("revokeSession", json!({ "id": opened["id"] })).await;
    gateway.backend("revokeSession", json!({ "slug": "hosted-portal", "externalId": "user_123" })).await;
    let stranger = post(&gateway.process, "/v2/portal.listSessions", "rk_live_nobody", json!({})).await;
    assert_eq!(stranger.status, 401);
}

#[tokio::test]
async fn every_event_is_logged_as_the_schema_has_it() {
    let validator = jsonschema::validator_for(&schema()).expect("a JSON Schema");
    let redis = RedisServer::start();
    let directory = tempfile::tempdir().expect("a directory");
    let idling = in_portal("hosted-portal", "idle_timeout_seconds = 60\nmax_sessions_per_user = 2");
    let gateway = Watched::serve(&file(&directory, &idling(config(&redis.url()))));
    everything(&gateway, &redis).await;
    let lines = gateway.audit_lines();

    let (events, schema) = (fields_in_code(), schema());
    let common = schema["properties"].as_object().expect("fields");
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
        let own = &events[text(&line["event"])];
        for field in line.as_object().expect("an object").keys() {
            let is_known = own.contains_key(field) || common.contains_key(field);
            assert!(is_known, "the schema does not know {field} of {line}");
        }
    }
    let logged: BTreeSet<&str> = lines.iter().map(|line| text(&line["event"])).collect();
    let known: BTreeSet<&str> = events.keys().map(String::as_str).collect();
    assert_eq!(logged, known, "every event was caused");
    for event in ["session.displaced", "session.idle"] {
        let handles: Vec<&str> =
            lines.iter().filter(|line| line["event"] == event).map(|line| text(&line["handle"])).collect();
        let different: BTreeSet<&str> = handles.iter().copied().collect();
        assert_eq!((handles.len(), different.len()), (2, 2), "{event} is told once for each: {handles:?}");
    }
}

/// Who called was told of an outage, and it is over nonetheless.
#[tokio::test]
async fn what_was_done_and_too_few_replicas_have_is_logged_as_not_confirmed() {
    let validator = jsonschema::validator_for(&schema()).expect("a JSON Schema");
    let redis = RedisServer::start();
    let replica = RedisServer::start_replica_of(&redis, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let slowly = format!("store.timeout_ms = 2000\n{}", config(&redis.url()));
    let gateway = Watched::serve(&file(&directory, &slowly));
    let (ended, token) = gateway.sign_in(None).await;
    let (revoked, _) = gateway.sign_in(None).await;
    let revoke = async || gateway.backend("revokeSession", json!({ "id": revoked["id"] })).await;
    replica.pause();
    gateway.log_out(&token).await.expect(503, "application/service_unavailable");
    revoke().await.expect(503, "application/service_unavailable");
    replica.go_on();
    // What a repeat finds is not there any more.
    gateway.log_out(&token).await.expect(401, "authentication/portal_session_not_found");
    assert_eq!(revoke().await.data(), json!({ "revoked": 0 }));
    let lines = gateway.audit_lines();
    for line in &lines {
        let faults: Vec<String> = validator.iter_errors(line).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
    }
    let told = |event: &str| -> Vec<Value> {
        let of_it = lines.iter().filter(|line| line["event"] == event);
        of_it.map(|line| json!([line["handle"], line["count"], line["confirmed"]])).collect()
    };
    assert_eq!(told("session.ended"), [json!([ended["id"], null, false])]);
    assert_eq!(told("session.revoked"), [json!([revoked["id"], 1, false]), json!([revoked["id"], 0, null])]);
}

/// A repeat finds none of them any more, so this is the only line that can tell how many have ended.
#[tokio::test]
async fn what_too_few_replicas_have_of_a_users_revocation_is_logged_as_not_confirmed() {
    let redis = RedisServer::start();
    let replica = RedisServer::start_replica_of(&redis, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let slowly = format!("store.timeout_ms = 2000\n{}", config(&redis.url()));
    let gateway = Watched::serve(&file(&directory, &slowly));
    for _ in 0..2 {
        gateway.sign_in(None).await;
    }
    let user = json!({ "slug": "hosted-portal", "externalId": "user_123" });
    let revoke = async || gateway.backend("revokeSession", user.clone()).await;
    replica.pause();
    revoke().await.expect(503, "application/service_unavailable");
    replica.go_on();
    assert_eq!(revoke().await.data(), json!({ "revoked": 0 }));
    let lines = gateway.audit_lines();
    let told = lines.iter().filter(|line| line["event"] == "session.revoked");
    let told: Vec<Value> = told.map(|line| json!([line["count"], line["confirmed"]])).collect();
    assert_eq!(told, [json!([2, false]), json!([0, null])]);
}
