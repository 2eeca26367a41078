//! The envelope of every success: `{"meta":…,"data":…}`.
//!
//! Owns: what accompanies the data. An error has the same `meta`.
//! Must not know: what the data is.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::error::{Code, Error};
use crate::http::request::kept::id_of;
use crate::json;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Accompanies the data of every answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Meta<'a> {
    /// Names this request in the gateway's log.
    #[schema(pattern = "^req_[0-9A-Za-z]{16,}$", example = "req_8GjycgpPXVfNhojLroDh")]
    pub request_id: &'a str,
}

/// `{"meta":{"requestId":…},"data":…}` with status 200.
pub fn success(request: &HttpRequest, data: impl Serialize) -> HttpResponse {
    success_with(request, data, None::<()>)
}

/// Like [`success`], with the position in a list beside `data`.
pub fn success_with(
    request: &HttpRequest,
    data: impl Serialize,
    pagination: Option<impl Serialize>,
) -> HttpResponse {
    // Its fields are named one by one, because `serde(flatten)` would build a map for every answer.
    #[derive(Serialize)]
    struct Envelope<'a, T, P> {
        meta: Meta<'a>,
        data: T,
        #[serde(skip_serializing_if = "Option::is_none")]
        pagination: Option<P>,
    }
    let request_id = id_of(request);
    let meta = Meta { request_id: &request_id };
    let Ok(body) = json::to_vec(&Envelope { meta, data, pagination }) else {
        return HttpResponse::from_error(Error::new(Code::UnexpectedError));
    };
    let mut response = HttpResponse::with_body(StatusCode::OK, BoxBody::new(body));
    response.headers_mut().append(CONTENT_TYPE, JSON);
    response
}
