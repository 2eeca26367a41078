//! Errors byte for byte, for every code.

use super::*;

fn header(name: HeaderName, value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::from_static(value));
    headers
}

#[test]
fn the_401_of_the_contract_to_the_letter() {
    let accept = header(actix_web::http::header::ACCEPT, "application/json");
    let error = Error::new(Code::PortalSessionNotFound);
    let mut response = HeaderMap::new();
    let body =
        render(&error, "https://sessions.example.com/errors", "req_2c9a0jf23l4k567", &accept, &mut response);
    let expected = serde_json::json!({
        "meta": { "requestId": "req_2c9a0jf23l4k567" },
        "error": {
            "type": "https://sessions.example.com/errors/authentication/portal_session_not_found",
            "title": "Unauthorized",
            "status": 401,
            "detail": "Session is invalid, expired, or has already been used."
        }
    });
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body, expected);
    assert_eq!(response.get(CONTENT_TYPE).expect("a content type"), "application/json");
    assert_eq!(response.get(WWW_AUTHENTICATE).expect("a challenge"), "Bearer");
}

#[test]
fn every_4xx_and_5xx_of_actix_finds_a_code() {
    for status in (400..600).filter_map(|status| StatusCode::from_u16(status).ok()) {
        let found = status_and_title(of_status(status).code).0;
        assert_eq!(found.is_server_error(), status.is_server_error(), "{status} became {found}");
    }
}

#[test]
fn every_400_says_what_to_fix() {
    for status in (400..500).filter_map(|status| StatusCode::from_u16(status).ok()) {
        let error = of_status(status);
        let is_400 = status_and_title(error.code).0 == StatusCode::BAD_REQUEST;
        assert_eq!(is_400, !error.faults.is_empty(), "{status}");
    }
}
