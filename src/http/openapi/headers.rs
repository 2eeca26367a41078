//! The headers of answers, as the document describes them.

use utoipa::openapi::{Header, HeaderBuilder, ObjectBuilder, Type};

fn header(schema_type: Type, description: &str) -> Header {
    let schema = ObjectBuilder::new().schema_type(schema_type).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// Of every answer.
pub fn common() -> Vec<(&'static str, Header)> {
    vec![
        ("X-Request-Id", header(Type::String, "Names this request in the gateway's log: `req_…`.")),
        ("Cache-Control", header(Type::String, "`no-store`: what is told here is for one reader.")),
    ]
}

/// Of the answer that may be kept, in place of the common one.
pub fn may_be_kept() -> (&'static str, Header) {
    ("Cache-Control", header(Type::String, "`public, max-age=300`"))
}

/// Of an error with this status.
pub fn of_error(status: u16) -> Vec<(&'static str, Header)> {
    let mut headers = common();
    if status == 401 {
        headers.push(("WWW-Authenticate", header(Type::String, "`Bearer`")));
    }
    if status == 405 {
        headers.push(("Allow", header(Type::String, "The methods of this path.")));
    }
    if status == 429 || status == 503 {
        headers.push(("Retry-After", header(Type::Integer, "Seconds to wait.")));
    }
    if status == 429 {
        headers.push(("RateLimit-Limit", header(Type::Integer, "Requests a minute.")));
        headers.push(("RateLimit-Remaining", header(Type::Integer, "Requests left.")));
        headers.push(("RateLimit-Reset", header(Type::Integer, "Seconds until the next one.")));
    }
    headers
}

/// Of an answer that sets or clears the portal's cookies.
pub fn set_cookie() -> (&'static str, Header) {
    (
        "Set-Cookie",
        header(Type::String, "The session's cookie, HttpOnly, and `portal_hint`, which is no credential."),
    )
}

/// Of `portal.authorize`: who is there. The first eight are always there, empty if there is no value.
pub fn portal() -> Vec<(&'static str, Header)> {
    let text = |description| header(Type::String, description);
    vec![
        ("Portal-Session-Id", text("The session's public handle.")),
        ("Portal-Slug", text("The portal.")),
        ("Portal-External-Id", text("The backend's identifier of its user, percent-encoded.")),
        ("Portal-Organization-Id", text("Of the organisation, percent-encoded; may be empty.")),
        ("Portal-Permissions", text("What the user may do, comma-separated.")),
        ("Portal-Environment", text("`live` or `test`.")),
        ("Portal-Preview", text("`true` or `false`.")),
        ("Portal-Expires-At", header(Type::Integer, "Unix milliseconds.")),
        ("Portal-Email", text("With `with=email`; percent-encoded, may be empty.")),
        (
            "Portal-Assertion",
            text("With `assertion=true`: a signed token that says the same; empty for nobody."),
        ),
        ("Portal-Metadata", text("With `with=metadata`: the object as JSON, percent-encoded; may be empty.")),
    ]
}

/// Of a refusal by `portal.authorize`: where the browser gets a new session.
pub fn homes() -> [(&'static str, Header); 2] {
    [
        (
            "Portal-Redirect",
            header(Type::String, "With `deny=status`: where the browser gets a new session."),
        ),
        ("HX-Redirect", header(Type::String, "For htmx: the same.")),
    ]
}

/// Of the answer to Inertia.
pub fn inertia_location() -> (&'static str, Header) {
    ("X-Inertia-Location", header(Type::String, "The return URL with `reason` added."))
}

/// Of a redirect.
pub fn location() -> (&'static str, Header) {
    ("Location", header(Type::String, "The return URL with `reason` added."))
}
