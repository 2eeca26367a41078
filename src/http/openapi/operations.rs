//! Every operation of the gateway, one entry each, in the order of the route table.
//!
//! Owns: what an operation is for, what it takes, what it answers, and which errors it can give.

use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, ParameterStyle,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{
    ArrayBuilder, Content, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema, Type,
};

use super::{error_responses, headers, reference, schemas};
use crate::domain::error::Code;

/// One row of the document.
pub struct Entry {
    pub path: &'static str,
    pub methods: Vec<HttpMethod>,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    request: Option<Ref>,
    parameters: Vec<ParameterBuilder>,
    security: Vec<&'static str>,
    answers: Vec<(String, Response)>,
    codes: Vec<Code>,
}

impl Entry {
    /// As the document holds it.
    pub fn operation(self) -> Operation {
        let mut operation = OperationBuilder::new()
            .tag(self.tag)
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.description));
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        if let Some(request) = self.request {
            let body = RequestBodyBuilder::new().required(Some(Required::True));
            let body = body.content("application/json", Content::new(Some(request)));
            operation = operation.request_body(Some(body.build()));
        }
        for scheme in self.security {
            operation = operation.security(SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []));
        }
        for (status, answer) in self.answers {
            operation = operation.response(status, answer);
        }
        for (status, response) in error_responses(&self.codes) {
            operation = operation.response(status, response);
        }
        operation.build()
    }
}

/// The rows.
pub fn all() -> Vec<Entry> {
    vec![
        create_session(),
        revoke_session(),
        list_sessions(),
        exchange_session(),
        exchange_code(),
        get_session(HttpMethod::Get),
        get_session(HttpMethod::Head),
        get_session(HttpMethod::Post),
        end_session(),
        authorize(),
        health("/health/live", "healthLive", "Whether the process serves", vec![]),
        health(
            "/health/ready",
            "healthReady",
            "Whether the store answers too",
            vec![Code::ServiceUnavailable],
        ),
        error_page(),
        openapi(),
        reference_page(),
    ]
}

fn create_session() -> Entry {
    Entry {
        summary: "Create a session for one of your users",
        description: "Answers a single-use session ID, 15 minutes at most, and the URL to send the browser to.",
        request: Some(Ref::from_schema_name(schemas::ANY_CREATE_SESSION_REQUEST)),
        answers: vec![ok(success(reference::<schemas::CreatedSession>()))],
        codes: [
            backend_codes(),
            vec![
                Code::Forbidden,
                Code::InsufficientPermissions,
                Code::PortalConfigNotFound,
                Code::RateLimited,
            ],
        ]
        .concat(),
        ..backend("/v2/portal.createSession", "createSession")
    }
}

fn revoke_session() -> Entry {
    Entry {
        summary: "Revoke one session, or all of a user's",
        description: "Pending and active ones. From the answer on, no replica accepts them.",
        request: Some(reference::<schemas::RevokeSessionRequest>()),
        answers: vec![ok(success(reference::<schemas::Revoked>()))],
        ..backend("/v2/portal.revokeSession", "revokeSession")
    }
}

fn list_sessions() -> Entry {
    let data = ArrayBuilder::new().items(reference::<schemas::ListedSession>()).max_items(Some(100)).build();
    let body = ObjectBuilder::new()
        .property("meta", reference::<schemas::Meta>())
        .property("data", data)
        .property("pagination", reference::<schemas::Pagination>())
        .required("meta")
        .required("data")
        .required("pagination");
    Entry {
        summary: "List a user's sessions",
        description: "Pending and active ones, newest first.",
        request: Some(reference::<schemas::ListSessionsRequest>()),
        answers: vec![ok(answer("The sessions.", "application/json", body.build()).build())],
        codes: [backend_codes(), vec![Code::PortalConfigNotFound]].concat(),
        ..backend("/v2/portal.listSessions", "listSessions")
    }
}

fn exchange_session() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer =
        answer("The session.", "application/json", enveloped(reference::<schemas::ExchangedSession>()));
    Entry {
        summary: "Exchange a session ID for a browser session",
        description: "Works once. The answer sets the session's cookie; its token stands in the body only for a \
            caller that is no browser (neither `Origin` nor `Sec-Fetch-Site`).",
        request: Some(reference::<schemas::ExchangeSessionRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        codes: exchange_codes(),
        ..portal("/v2/portal.exchangeSession", "exchangeSession")
    }
}

fn exchange_code() -> Entry {
    let (name, header) = headers::set_cookie();
    let answer = answer("The session.", "application/json", enveloped(reference::<schemas::ExchangedCode>()));
    Entry {
        summary: "The same exchange under its newer name",
        description: "`portal.exchangeSession` with the field names of newer clients.",
        request: Some(reference::<schemas::ExchangeCodeRequest>()),
        answers: vec![ok(answer.header(name, header).build())],
        codes: exchange_codes(),
        ..portal("/v2/portal.exchangeCode", "exchangeCode")
    }
}

fn get_session(method: HttpMethod) -> Entry {
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

fn end_session() -> Entry {
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

fn authorize() -> Entry {
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

fn health(path: &'static str, id: &'static str, summary: &'static str, codes: Vec<Code>) -> Entry {
    Entry {
        path,
        id,
        summary,
        answers: vec![ok(answer(summary, "application/json", reference::<schemas::Health>()).build())],
        codes,
        ..operations()
    }
}

fn error_page() -> Entry {
    let part = |name: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(text()))
    };
    let page = answer("The page.", "text/markdown", text())
        .content("text/html", Content::new(Some(text())))
        .content("application/json", Content::new(Some(ObjectBuilder::new().build())));
    Entry {
        path: "/errors/{category}/{code}",
        id: "errorPage",
        summary: "What an error means and how to fix it",
        description: "Where the `type` of every error leads. HTML, Markdown or JSON, by `Accept`.",
        parameters: vec![part("category"), part("code")],
        answers: vec![ok(page.build())],
        codes: vec![Code::RouteNotFound],
        ..operations()
    }
}

fn openapi() -> Entry {
    Entry {
        path: "/openapi.json",
        id: "openapi",
        summary: "This document",
        answers: vec![ok(answer("The document.", "application/json", ObjectBuilder::new().build()).build())],
        ..operations()
    }
}

fn reference_page() -> Entry {
    Entry {
        path: "/docs",
        id: "docs",
        summary: "This document as a page to read",
        answers: vec![ok(answer("The page.", "text/html", text()).build())],
        ..operations()
    }
}

fn backend(path: &'static str, id: &'static str) -> Entry {
    Entry { tag: "backend", security: vec!["rootKey"], codes: backend_codes(), ..portal(path, id) }
}

fn portal(path: &'static str, id: &'static str) -> Entry {
    Entry { path, methods: vec![HttpMethod::Post], id, tag: "portal", ..operations() }
}

fn operations() -> Entry {
    Entry {
        path: "",
        methods: vec![HttpMethod::Get, HttpMethod::Head],
        id: "",
        tag: "operations",
        summary: "",
        description: "",
        request: None,
        parameters: vec![],
        security: vec![],
        answers: vec![],
        codes: vec![],
    }
}

fn ok(response: Response) -> (String, Response) {
    ("200".to_owned(), response)
}

/// Of whatever reads a JSON body.
fn body_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::RequestBodyUnreadable,
        Code::RequestTimeout,
        Code::RequestBodyTooLarge,
        Code::UnsupportedMediaType,
    ]
}

fn backend_codes() -> Vec<Code> {
    let own = vec![Code::Missing, Code::Malformed, Code::KeyNotFound, Code::ServiceUnavailable];
    [own, body_codes()].concat()
}

fn exchange_codes() -> Vec<Code> {
    let own = vec![Code::PortalSessionNotFound, Code::Forbidden, Code::RateLimited, Code::ServiceUnavailable];
    [own, body_codes()].concat()
}

fn session_codes() -> Vec<Code> {
    vec![
        Code::InvalidInput,
        Code::PortalTokenMissing,
        Code::PortalSessionNotFound,
        Code::Forbidden,
        Code::ServiceUnavailable,
    ]
}

fn success(data: Ref) -> Response {
    answer("Done.", "application/json", enveloped(data)).build()
}

/// `{"meta":…,"data":…}`
fn enveloped(data: Ref) -> utoipa::openapi::Object {
    ObjectBuilder::new()
        .property("meta", reference::<schemas::Meta>())
        .property("data", data)
        .required("meta")
        .required("data")
        .build()
}

fn answer(description: &str, media_type: &str, schema: impl Into<RefOr<Schema>>) -> ResponseBuilder {
    let mut response =
        ResponseBuilder::new().description(description).content(media_type, Content::new(Some(schema)));
    for (name, header) in headers::common() {
        response = response.header(name, header);
    }
    response
}

fn slug(description: &str) -> ParameterBuilder {
    query("slug", description, text())
}

fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> ParameterBuilder {
    let parameter =
        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(Required::False);
    parameter.description(Some(description)).schema(Some(schema))
}

fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}
