//! The envelope of every success: `{"meta":…,"data":…}`.
//!
//! Must not know: what the data is.

use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::http::request::kept::id_of;

/// `{"meta":{"requestId":…},"data":…}` with status 200.
pub fn success(request: &HttpRequest, data: impl Serialize) -> HttpResponse {
    success_with(request, data, None::<()>)
}

/// Like [`success`], with the place in a list beside `data`.
pub fn success_with(
    request: &HttpRequest,
    data: impl Serialize,
    pagination: Option<impl Serialize>,
) -> HttpResponse {
    // Fields written one by one: `serde(flatten)` would go through a map for every answer.
    #[derive(Serialize)]
    struct Envelope<'a, T, P> {
        meta: Meta<'a>,
        data: T,
        #[serde(skip_serializing_if = "Option::is_none")]
        pagination: Option<P>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta<'a> {
        request_id: &'a str,
    }
    let request_id = id_of(request);
    let meta = Meta { request_id: &request_id };
    HttpResponse::Ok().json(Envelope { meta, data, pagination })
}
