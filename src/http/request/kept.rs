//! What is kept for a request while it is served: its id, the product with its catalog, the portal and the session it
//! is about.
//!
//! Owns: that all parts of the gateway see the same id and the same catalog for one request.
//! Must not know: what any of it is used for.

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::{HttpMessage, HttpRequest};

use crate::domain::base62::{self, base62_of};
use crate::domain::handle::Handle;
use crate::domain::portal::Portal;
use crate::domain::portals::Portals;

struct Kept {
    id: Arc<str>,
    portals: Portals,
    portal: RefCell<Option<Arc<Portal>>>,
    withheld: Cell<bool>,
    about: Cell<Option<Handle>>,
    client: OnceCell<Option<IpAddr>>,
}

/// `req_…`; also in `X-Request-Id`, in every log line of the request and in every error.
pub fn new_request_id() -> Arc<str> {
    let mut id = *b"req_....................";
    let (halves, _) = id[4..].as_chunks_mut::<10>();
    for half in halves {
        *half = base62_of(rand::random());
    }
    base62::text(&id).into()
}

/// Starts keeping, before anything else sees the request.
pub fn keep(request: &ServiceRequest, id: Arc<str>, portals: Portals) {
    request.extensions_mut().insert(Kept {
        id,
        portals,
        portal: RefCell::default(),
        withheld: Cell::new(false),
        about: Cell::new(None),
        client: OnceCell::new(),
    });
}

fn kept(request: &HttpRequest) -> Ref<'_, Kept> {
    Ref::map(request.extensions(), |extensions| {
        extensions.get::<Kept>().expect("the outermost layer keeps what belongs to every request")
    })
}

/// The id of this request.
pub fn id_of(request: &HttpRequest) -> Arc<str> {
    kept(request).id.clone()
}

/// The product with the catalog that this request began with.
pub fn portals(request: &HttpRequest) -> Portals {
    kept(request).portals.clone()
}

/// Notes the session that this request turns out to be of, and its portal.
pub fn note_with_portal(request: &HttpRequest, handle: Handle, portal: &Arc<Portal>) {
    let kept = kept(request);
    kept.about.set(Some(handle));
    *kept.portal.borrow_mut() = Some(portal.clone());
}

/// Notes the portal that this request is about. Only that portal's origins may read the answer.
pub fn put_in_question(request: &HttpRequest, portal: &Arc<Portal>) {
    *kept(request).portal.borrow_mut() = Some(portal.clone());
}

/// The portal that was noted last.
pub fn portal_in_question(request: &HttpRequest) -> Option<Arc<Portal>> {
    kept(request).portal.borrow().clone()
}

/// Notes that no page may read the answer.
pub fn withhold(request: &HttpRequest) {
    kept(request).withheld.set(true);
}

/// Whether that was noted.
pub fn is_withheld(request: &HttpRequest) -> bool {
    kept(request).withheld.get()
}

/// The client's address, which is worked out once: whoever asks again for the same request gets the same.
pub fn client_address(request: &HttpRequest, find: impl FnOnce() -> Option<IpAddr>) -> Option<IpAddr> {
    *kept(request).client.get_or_init(find)
}

/// Notes the session that this request turns out to be about, for its log line.
pub fn note(request: &HttpRequest, handle: Handle) {
    kept(request).about.set(Some(handle));
}

/// The session that was noted last.
pub fn noted(request: &HttpRequest) -> Option<Handle> {
    kept(request).about.get()
}
