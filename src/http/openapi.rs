//! The OpenAPI 3.1 document, made from the code: `/openapi.json` and `vestibule openapi`.
//!
//! Owns: one entry for each operation of the route table, with its fields, headers and errors.
//! Must not know: how a request is answered. `tests/openapi.rs` fails where the document and the gateway differ.

mod headers;
mod operations;
mod schemas;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap, HeaderValue};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Paths,
    Ref, Response, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::problem::{self, status_and_title};
use crate::domain::error::{Code, Error, Invalid};

const DESCRIPTION: &str = "A gateway between a backend and its customer portal: a backend creates a single-use \
    session ID for one of its users, the portal exchanges it for an HttpOnly session, and from then on the portal, \
    or the proxy before it, asks the gateway who is there.";

/// `GET /openapi.json`
pub async fn handle() -> HttpResponse {
    HttpResponse::Ok().json(document())
}

/// The whole document.
pub fn document() -> OpenApi {
    let mut paths = Paths::new();
    for entry in operations::all() {
        let item = paths.paths.entry(entry.path.to_owned()).or_default();
        item.merge_operations(PathItem::from_http_methods(entry.methods.clone(), entry.operation()));
    }
    give_each_method_an_id(&mut paths);
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Vestibule")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license));
    OpenApiBuilder::new().info(info.build()).paths(paths).components(Some(components())).build()
}

/// An operation that answers several methods stands in the document once for each; ids must differ.
fn give_each_method_an_id(paths: &mut Paths) {
    for item in paths.paths.values_mut() {
        let methods = [
            ("", &mut item.get),
            ("ByPost", &mut item.post),
            ("ByHead", &mut item.head),
            ("ByPut", &mut item.put),
            ("ByPatch", &mut item.patch),
            ("ByDelete", &mut item.delete),
            ("ByOptions", &mut item.options),
        ];
        let present =
            methods.into_iter().filter_map(|(suffix, operation)| Some((suffix, operation.as_mut()?)));
        for (suffix, operation) in present.skip(1) {
            if let Some(id) = &mut operation.operation_id {
                id.push_str(suffix);
            }
        }
    }
}

fn components() -> utoipa::openapi::Components {
    let mut builder = ComponentsBuilder::new();
    macro_rules! schemas {
        ($($name:ident),* $(,)?) => {
            $(builder = builder.schema(stringify!($name), schemas::$name::schema());)*
        };
    }
    schemas!(
        CreateSessionRequest,
        CreatedSession,
        RevokeSessionRequest,
        RevokeOneRequest,
        RevokeAllRequest,
        Revoked,
        ListSessionsRequest,
        ListedSession,
        ListedState,
        Pagination,
        ExchangeSessionRequest,
        ExchangedSession,
        ExchangeCodeRequest,
        ExchangedCode,
        PortalSession,
        Environment,
        EndedSession,
        Permission,
        SessionHandle,
        Meta,
        Health,
        ErrorEnvelope,
        Problem,
        ErrorDetails,
        Fault,
    );
    for (name, schema) in schemas::create_session_requests() {
        builder = builder.schema(name, schema);
    }
    let root_key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("rk_live_… or rk_test_…");
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("ps_live_… or ps_test_…");
    let cookie = ApiKeyValue::with_description(
        "__Host-portal_session_<slug>",
        "The portal's session cookie; each portal has its own. Set by the exchange, HttpOnly.",
    );
    builder
        .security_scheme(
            "rootKey",
            SecurityScheme::Http(root_key.description(Some("A backend's key.")).build()),
        )
        .security_scheme(
            "browserToken",
            SecurityScheme::Http(token.description(Some("A session's secret.")).build()),
        )
        .security_scheme("sessionCookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)))
        .build()
}

/// The answers for these codes, one for each status, in the order of the statuses.
fn error_responses(codes: &[Code]) -> Vec<(String, Response)> {
    let mut by_status: std::collections::BTreeMap<u16, Vec<Code>> = std::collections::BTreeMap::new();
    for code in codes {
        by_status.entry(status_and_title(*code).0.as_u16()).or_default().push(*code);
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status.to_string(), error_response(status, &codes)))
        .collect()
}

fn error_response(status: u16, codes: &[Code]) -> Response {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}", code.wire_name(), code.detail())).collect();
    let mut response = ResponseBuilder::new().description(lines.join("\n\n"));
    for (media_type, schema) in error_forms(status) {
        let examples = codes.iter().map(|code| (code.wire_name(), example(*code, media_type)));
        let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples);
        response = response.content(media_type, content.build());
    }
    for (name, header) in headers::of_error(status) {
        response = response.header(name, header);
    }
    response.build()
}

/// A 429 is problem+json for every client.
fn error_forms(status: u16) -> Vec<(&'static str, Ref)> {
    let problem = ("application/problem+json", reference::<schemas::Problem>());
    if status == 429 {
        return vec![problem];
    }
    vec![problem, ("application/json", reference::<schemas::ErrorEnvelope>())]
}

/// What a client gets that asks for this media type, by the same code that answers it.
fn example(code: Code, media_type: &'static str) -> Example {
    let mut accept = HeaderMap::new();
    accept.insert(ACCEPT, HeaderValue::from_static(media_type));
    let fault = Invalid::new("The URL must begin with https:// or http://", "Use an absolute URL.");
    let is_400 = status_and_title(code).0 == StatusCode::BAD_REQUEST;
    let faults = if is_400 { vec![fault.at("body.returnUrl")] } else { Vec::new() };
    let error = Error { faults, ..Error::new(code) };
    let base = "https://sessions.example.com/errors";
    let body = problem::render(&error, base, "req_8GjycgpPXVfNhojLroDh", &accept, &mut HeaderMap::new());
    ExampleBuilder::new().value(serde_json::from_slice(&body).ok()).build()
}

fn reference<T: ToSchema>() -> Ref {
    Ref::from_schema_name(T::name())
}
