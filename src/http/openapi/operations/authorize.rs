//! What proxies ask: `portal.authorize`.

use utoipa::openapi::path::{HttpMethod, ParameterBuilder, ParameterStyle};
use utoipa::openapi::{ArrayBuilder, Header, Object, ObjectBuilder, Response, ResponseBuilder, Type};

use crate::domain::error::Code;
use crate::http::answer::values::Permission;
use crate::http::openapi::entry::{Entry, portal, query, session_codes, slug};
use crate::http::openapi::errors::error_responses;
use crate::http::openapi::headers;
use crate::http::openapi::schemas::reference;

const DESCRIPTION: &str = "For nginx auth_request, Traefik ForwardAuth, Caddy forward_auth and Envoy ext_authz. Any \
    method: a proxy may pass on the original's. A navigation without a live session is sent home; the script of a page \
    and what is fetched ahead of time are not. A browser that is sent home keeps the page that it asked for in \
    `portal_resume_<slug>`, as a trusted proxy tells it in `X-Forwarded-Uri` or `X-Original-URI`.";

pub fn authorize() -> Entry {
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
        description: DESCRIPTION,
        parameters: parameters(),
        security: vec!["browserToken", "sessionCookie"],
        answers: answers(),
        ..portal("/v2/portal.authorize", "authorize")
    }
}

fn parameters() -> Vec<ParameterBuilder> {
    let permission = ArrayBuilder::new().items(reference::<Permission>()).build();
    let with = ArrayBuilder::new().items(one_of(["email", "metadata"])).min_items(Some(1)).build();
    let in_form = |parameter: ParameterBuilder, explode| {
        parameter.explode(Some(explode)).style(Some(ParameterStyle::Form))
    };
    vec![
        slug("The session must be of this portal."),
        in_form(query("permission", "All must be held.", permission), true),
        in_form(query("with", "Adds `Portal-Email` and `Portal-Metadata`.", with), false),
        query("assertion", "Adds `Portal-Assertion`.", one_of(["true"])),
        query("deny", "Never redirect: answer 401 or 403.", one_of(["status"])),
        query("preflight", "Let CORS preflights through, as nobody.", one_of(["allow"])),
        query(
            "method_header",
            "The header in which the proxy itself sends the original method, where it does not pass the method on.",
            one_of(["X-Forwarded-Method", "X-Original-Method"]),
        ),
    ]
}

fn one_of<const N: usize>(words: [&'static str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

fn answers() -> Vec<(String, Response)> {
    let answer = |status: &str, description: &str, own: Vec<(&'static str, Header)>| {
        let response = ResponseBuilder::new().description(description);
        let add = |response: ResponseBuilder, (name, header)| response.header(name, header);
        (status.to_owned(), [headers::common(), own].concat().into_iter().fold(response, add).build())
    };
    let home = "A dead session met by a navigation: the browser goes home.";
    let inertia = "The same met by Inertia, whose script sends its browser home.";
    let mut answers = vec![
        answer("200", "The request may pass.", headers::portal()),
        answer("302", home, vec![headers::location()]),
        answer("409", inertia, vec![headers::inertia_location()]),
    ];
    let errors = error_responses(&[session_codes(), vec![Code::InsufficientPermissions]].concat());
    answers.extend(errors.into_iter().map(|(status, mut response)| {
        if status == "401" {
            for (name, header) in headers::homes() {
                response.headers.insert(name.to_owned(), header.into());
            }
        }
        (status, response)
    }));
    answers
}
