//! What portals, their pages and their proxies call.

use utoipa::openapi::path::{HttpMethod, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Required, ResponseBuilder, Type};

use crate::domain::error::Code;
use crate::http::openapi::entry::{
    Entry, answer, body_codes, enveloped, exchange_codes, ok, portal, query, session_codes, slug, success,
};
use crate::http::openapi::errors::error_responses;
use crate::http::openapi::schemas::reference;
use crate::http::openapi::{headers, schemas};

pub fn exchange_session() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer =
        answer("The session.", "application/json", enveloped(reference::<schemas::ExchangedSession>()));
    Entry {
        summary: "Exchange a session ID for a browser session",
        description: "Works once. The answer sets the session's cookie; its token stands in the body only for a \
            caller that is no browser (neither `Origin` nor `Sec-Fetch-Site`).",
        request: Some(reference::<schemas::ExchangeSessionRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        parameters: vec![idempotency_key()],
        codes: exchange_codes(),
        ..portal("/v2/portal.exchangeSession", "exchangeSession")
    }
}

pub fn exchange_code() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer = answer("The session.", "application/json", enveloped(reference::<schemas::ExchangedCode>()));
    Entry {
        summary: "The same exchange under its newer name",
        description: "`portal.exchangeSession` with the field names of newer clients.",
        request: Some(reference::<schemas::ExchangeCodeRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        parameters: vec![idempotency_key()],
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
        answers: vec![ok(success(reference::<schemas::PortalSession>()))],
        codes: [session_codes(), if is_post { body_codes() } else { vec![] }].concat(),
        ..portal("/v2/portal.getSession", "getSession")
    }
}

pub fn end_session() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer = answer("It has ended.", "application/json", enveloped(reference::<schemas::EndedSession>()));
    Entry {
        summary: "Log out",
        description: "Ends the session and clears both cookies. By cookie it needs an allowed `Origin`, or \
            `Sec-Fetch-Site: same-origin`.",
        parameters: vec![slug("Of which portal the cookie is read, where the browser holds several.")],
        security: vec!["browserToken", "sessionCookie"],
        answers: vec![ok(answer.header(name, header).build())],
        codes: [session_codes(), body_codes()].concat(),
        ..portal("/v2/portal.endSession", "endSession")
    }
}

pub fn authorize() -> Entry {
    let permission = ArrayBuilder::new().items(reference::<schemas::Permission>()).build();
    let mut allowed = ResponseBuilder::new().description("The request may pass.");
    for (name, header) in [headers::common(), headers::portal()].concat() {
        allowed = allowed.header(name, header);
    }
    let mut home =
        ResponseBuilder::new().description("A dead session met by a navigation: the browser goes home.");
    for (name, header) in [headers::common(), vec![headers::location()]].concat() {
        home = home.header(name, header);
    }
    let errors = error_responses(&[session_codes(), vec![Code::InsufficientPermissions]].concat());
    let with_home = errors.into_iter().map(|(status, mut response)| {
        if status == "401" {
            let (name, header) = headers::portal_redirect();
            response.headers.insert(name.to_owned(), header.into());
        }
        (status, response)
    });
    let deny = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["status"])).build();
    Entry {
        methods: vec![
            HttpMethod::Get,
            HttpMethod::Head,
            HttpMethod::Post,
            HttpMethod::Put,
            HttpMethod::Patch,
            HttpMethod::Delete,
            HttpMethod::Options,
        ],
        summary: "Whether a request may pass, for reverse proxies",
        description: "For nginx auth_request, Traefik ForwardAuth, Caddy forward_auth and Envoy ext_authz. Any method: \
            a proxy may pass on the original's. A refusal with `deny=status` names the home in `Portal-Redirect`.",
        parameters: vec![
            slug("The session must be of this portal."),
            query("permission", "All must be held.", permission)
                .explode(Some(true))
                .style(Some(ParameterStyle::Form)),
            query("deny", "Never redirect: answer 401 or 403.", deny),
        ],
        security: vec!["browserToken", "sessionCookie"],
        answers: [("200".to_owned(), allowed.build()), ("302".to_owned(), home.build())]
            .into_iter()
            .chain(with_home)
            .collect(),
        ..portal("/v2/portal.authorize", "authorize")
    }
}

fn idempotency_key() -> ParameterBuilder {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(16))
        .max_length(Some(128))
        .pattern(Some("^[!-~]+$"))
        .build();
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Your own random value, one for each session ID: for 60 seconds a repeat with it gets the same session again."))
        .schema(Some(schema))
}
