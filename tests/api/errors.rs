//! The error envelope on the wire: both media types, every member, the codes of the contract with their
//! statuses and titles, the refusal of callers, and that no error repeats a credential.

use serde_json::{Value, json};
use vestibule::domain::error::Code;

use crate::raw;
use crate::support::app::{ACME_LIVE, Kind, Reply, TestApp, text};

/// The table of API.md section 2.
const CODES: [(&str, u16, &str); 19] = [
    ("authentication/missing", 401, "Unauthorized"),
    ("authentication/malformed", 401, "Unauthorized"),
    ("authentication/key_not_found", 401, "Unauthorized"),
    ("authentication/portal_token_missing", 401, "Unauthorized"),
    ("authentication/portal_session_not_found", 401, "Unauthorized"),
    ("authorization/forbidden", 403, "Forbidden"),
    ("authorization/insufficient_permissions", 403, "Forbidden"),
    ("authorization/too_many_sessions", 403, "Forbidden"),
    ("data/portal_config_not_found", 404, "Not Found"),
    ("application/invalid_input", 400, "Bad Request"),
    ("bad_request/request_body_unreadable", 400, "Bad Request"),
    ("bad_request/unsupported_media_type", 415, "Unsupported Media Type"),
    ("bad_request/request_body_too_large", 413, "Content Too Large"),
    ("bad_request/request_timeout", 408, "Request Timeout"),
    ("bad_request/route_not_found", 404, "Not Found"),
    ("bad_request/method_not_allowed", 405, "Method Not Allowed"),
    ("too_many_requests/rate_limited", 429, "Too Many Requests"),
    ("application/service_unavailable", 503, "Service Unavailable"),
    ("application/unexpected_error", 500, "Internal Server Error"),
];

/// Endpoints that only POST calls; those of backends first.
pub const POST_ONLY: [&str; 5] = [
    "/v2/portal.createSession",
    "/v2/portal.revokeSession",
    "/v2/portal.listSessions",
    "/v2/portal.exchangeSession",
    "/v2/portal.endSession",
];

/// The one shape, and that it is true of this reply.
pub fn assert_is_problem(reply: &Reply) {
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    let error = &body["error"];
    assert_eq!(body["meta"], json!({ "requestId": reply.header("x-request-id") }));
    for member in ["type", "title", "status", "detail"] {
        assert!(!body[member].is_null(), "{member} at the top");
        assert_eq!(body[member], error[member], "{member} twice the same");
    }
    assert_eq!(body["status"], reply.status);
    assert!(!text(&body["detail"]).is_empty());
    assert!(!text(&body["instance"]).is_empty());
    let type_ = text(&body["type"]);
    let code = type_.strip_prefix("https://sessions.example.com/errors/");
    let known = CODES.iter().find(|(known, ..)| Some(*known) == code);
    let (_, status, title) = known.unwrap_or_else(|| panic!("{type_} is not of the contract"));
    assert_eq!((reply.status, text(&body["title"])), (*status, *title));
    assert_eq!(reply.header("www-authenticate"), if *status == 401 { "Bearer" } else { "" });
    assert_eq!(error.get("errors").is_some(), *status == 400, "{body}");
}

#[tokio::test]
async fn the_codes_are_those_of_the_contract_with_its_statuses_and_titles() {
    let app = TestApp::start(Kind::Memory).await;
    let mut ours: Vec<_> = Code::ALL.iter().map(|code| code.wire_name()).collect();
    let mut contract = CODES.map(|(code, ..)| code);
    ours.sort_unstable();
    contract.sort_unstable();
    assert_eq!(ours, contract);
    for (code, status, title) in CODES {
        let page = app.get(&format!("/errors/{code}")).header("accept", "application/json");
        let page = page.send().await.data();
        assert_eq!(page["status"], status, "{code}");
        assert_eq!(page["title"], title, "{code}");
    }
}

#[tokio::test]
async fn the_accept_header_chooses_the_media_type() {
    let app = TestApp::start(Kind::Memory).await;
    let (plain, problem) = ("application/json", "application/problem+json");
    let table = [
        ("application/json", plain),
        ("Application/JSON", plain),
        ("application/json; charset=utf-8", plain),
        ("application/json;q=0.1, */*", plain),
        ("text/plain, application/json", plain),
        ("text/plain,application/json", plain),
        ("application/problem+json", problem),
        ("application/json, application/problem+json", problem),
        ("application/problem+json;q=0.5, application/json", problem),
        ("*/*", problem),
        ("application/*", problem),
        ("text/html", problem),
        ("application/vnd.api+json", problem),
        ("application/jsonp", problem),
        ("", problem),
        (";;,,q=", problem),
    ];
    for (accept, media_type) in table {
        let reply = app.get("/v2/portal.getSession").header("accept", accept).send().await;
        reply.expect(401, "authentication/portal_token_missing");
        assert_eq!(reply.header("content-type"), media_type, "{accept:?}");
        let body = reply.json();
        if media_type == plain {
            let members: Vec<_> = body.as_object().expect("an object").keys().collect();
            assert_eq!(members, ["meta", "error"], "{accept:?}");
            assert_eq!(body["meta"]["requestId"], reply.header("x-request-id"));
            assert_eq!(body["error"]["status"], 401);
        } else {
            assert_is_problem(&reply);
        }
    }
    let two_lines = app.get("/nowhere").header("accept", "text/plain").header("accept", plain).send().await;
    assert_eq!(two_lines.header("content-type"), plain);
    let none = raw::send(&app, "GET /nowhere HTTP/1.1\r\nHost: gateway\r\n\r\n").await;
    assert_is_problem(&none);
}

#[tokio::test]
async fn the_type_begins_with_the_configured_base() {
    for base in ["https://docs.example.com/errors", "https://docs.example.com/errors/"] {
        let change = |config: String| {
            config.replace("[limits]", &format!("[errors]\ntype_base = \"{base}\"\n[limits]"))
        };
        let app = TestApp::start_with(Kind::Memory, change).await;
        let error = app.get("/nowhere").send().await.error();
        assert_eq!(error["type"], "https://docs.example.com/errors/bad_request/route_not_found");
    }
}

#[tokio::test]
async fn only_a_configured_root_key_opens_a_backend_endpoint() {
    let app = TestApp::start(Kind::Memory).await;
    let token = app.signed_in(json!({})).await;
    let unknown = ACME_LIVE.replace("acme", "nobody");
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let table = [
        (None, "authentication/missing"),
        (Some(String::new()), "authentication/malformed"),
        (Some("Bearer".to_owned()), "authentication/malformed"),
        (Some(ACME_LIVE.to_owned()), "authentication/malformed"),
        (Some(format!("Basic {ACME_LIVE}")), "authentication/malformed"),
        (bearer(&token), "authentication/malformed"),
        (bearer("sk_live_x"), "authentication/malformed"),
        (bearer(&format!("{ACME_LIVE} x")), "authentication/malformed"),
        (bearer(&unknown), "authentication/key_not_found"),
        (bearer(&ACME_LIVE[..20]), "authentication/key_not_found"),
        (bearer(&ACME_LIVE.replace("live_", "test_")), "authentication/key_not_found"),
    ];
    for path in &POST_ONLY[..3] {
        for (authorization, code) in &table {
            let call = app.post(path, json!({ "not": "read" })).cookie(&token);
            let reply = match authorization {
                Some(value) => call.header("authorization", value).send().await,
                None => call.send().await,
            };
            reply.expect(401, code);
            assert_is_problem(&reply);
            assert!(!reply.text.contains("rk_live_acme"), "the key is not repeated");
        }
        let twice = app.post(path, json!({})).bearer(ACME_LIVE).bearer(ACME_LIVE);
        twice.send().await.expect(401, "authentication/malformed");
    }
}

#[tokio::test]
async fn no_error_repeats_a_credential_that_was_sent() {
    let app = TestApp::start(Kind::Memory).await;
    let canary = "pst_live_canary0canary0canary0";
    let body: Value = json!({ "sessionId": canary, canary: [canary], "slug": canary });
    for path in POST_ONLY.iter().copied().chain(["/v2/portal.getSession"]) {
        let call = app.post(&format!("{path}?session={canary}&slug={canary}"), body.clone());
        for call in [call.bearer(ACME_LIVE), app.post(path, body.clone()).bearer(canary)] {
            let reply = call.send().await;
            assert!(reply.status >= 400, "{path}");
            let detail = text(&reply.error()["detail"]).to_owned();
            assert!(!detail.contains(canary), "{path}: {detail}");
            for fault in reply.error()["errors"].as_array().into_iter().flatten() {
                // An unknown field's name is told, for it must be found; a value never is.
                assert!(!text(&fault["message"]).contains(canary), "{path}: {fault}");
                assert!(!text(&fault["fix"]).contains(canary), "{path}: {fault}");
            }
        }
    }
}
