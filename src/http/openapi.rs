//! The OpenAPI 3.1 document, made from the code: `/openapi.json` and `vestibule openapi`.
//!
//! Owns: one entry for each operation of the route table, with its fields, headers and errors. `tests/openapi.rs`
//! fails if the document and the gateway differ.
//! Must not know: how a request is answered.

mod entry;
mod errors;
mod headers;
mod operations;
mod requests;
mod schemas;

use actix_web::HttpResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, PathItem, Paths,
};

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

/// An operation with several methods is in the document once for each, with different ids.
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
    let builder = ComponentsBuilder::new().schemas_from_iter(schemas::all());
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
