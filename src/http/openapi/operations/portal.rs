//! What portals and their pages call.

use utoipa::openapi::path::HttpMethod;

use crate::domain::error::Code;
use crate::http::openapi::entry::{
    Entry, answer, body_codes, enveloped, exchange_codes, idempotency_key, ok, portal, session_codes, slug,
    success,
};
use crate::http::openapi::schemas::reference;
use crate::http::openapi::{headers, requests};
use crate::http::portal::session_view::SessionView;
use crate::http::portal::{end_session, exchange_code, exchange_session, get_token};

pub fn exchange_session() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer =
        answer("The session.", "application/json", enveloped(reference::<exchange_session::Exchanged>()));
    Entry {
        summary: "Exchange a session ID for a browser session",
        description: "Works once. The answer sets the session's cookie. The body has the token only if the request has \
            neither `Origin` nor `Sec-Fetch-Site`; browsers always send one of them. `path` is where the session begins, or \
            else the page that the browser kept in `portal_resume_<slug>` when it was sent home. That page is used up then.",
        request: Some(reference::<requests::ExchangeSessionRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        parameters: vec![idempotency_key("session ID")],
        codes: exchange_codes(),
        ..portal("/v2/portal.exchangeSession", "exchangeSession")
    }
}

pub fn exchange_code() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer =
        answer("The session.", "application/json", enveloped(reference::<exchange_code::Exchanged>()));
    Entry {
        summary: "The same exchange under its newer name",
        description: "`portal.exchangeSession` with the field names of newer clients.",
        request: Some(reference::<requests::ExchangeCodeRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        parameters: vec![idempotency_key("session ID")],
        codes: exchange_codes(),
        ..portal("/v2/portal.exchangeCode", "exchangeCode")
    }
}

pub fn get_session(method: HttpMethod) -> Entry {
    let is_post = matches!(method, HttpMethod::Post);
    Entry {
        methods: vec![method],
        summary: "Who is there, and what they may do",
        description: "By cookie or Bearer token; a Bearer token beats a cookie.",
        parameters: vec![slug("Of which portal the cookie is read, where the browser holds several.")],
        security: vec!["browserToken", "sessionCookie"],
        answers: vec![ok(success(reference::<SessionView>()))],
        codes: [session_codes(), if is_post { body_codes() } else { vec![] }].concat(),
        ..portal("/v2/portal.getSession", "getSession")
    }
}

pub fn get_token(method: HttpMethod) -> Entry {
    Entry {
        summary: "A signed token for calls to other APIs",
        description: "A JWT that says who is there. Whoever has the public keys can check it without asking; it lives \
            until it expires, also when its session is revoked before.",
        answers: vec![ok(success(reference::<get_token::Issued>()))],
        ..Entry { id: "getToken", path: "/v2/portal.getToken", ..get_session(method) }
    }
}

pub fn end_session() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer = answer("It has ended.", "application/json", enveloped(reference::<end_session::Ended>()));
    Entry {
        summary: "Log out",
        description: "Ends the session and clears its cookies. By cookie it needs an allowed `Origin`, or \
            `Sec-Fetch-Site: same-origin`.",
        parameters: vec![slug("Of which portal the cookie is read, where the browser holds several.")],
        security: vec!["browserToken", "sessionCookie"],
        answers: vec![ok(answer.header(name, header).build())],
        codes: [session_codes(), vec![Code::RateLimited], body_codes()].concat(),
        ..portal("/v2/portal.endSession", "endSession")
    }
}
