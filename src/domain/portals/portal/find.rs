//! Finding the live session that a request presents.
//!
//! Owns: the order of the rules and which error each breach gives; that a signed token needs both its signature and its
//! session.
//! Must not know: HTTP, Redis, time. A `StoreError` is an outage and never looks like absence.

use crate::domain::candidates::{Candidate, Door};
use crate::domain::credential::{Digest, signed_token_digest};
use crate::domain::error::{Code, Error, Refusal};
use crate::domain::handle::Handle;
use crate::domain::messages::CurrentSession;
use crate::domain::permission::Permission;
use crate::domain::portal::Portal;
use crate::domain::portals::Portals;
use crate::domain::ports::{Found, Gone, Lookup, StoreError};
use crate::domain::presented::Presented;
use crate::domain::rules::{check_held, origin_not_listed, portal_disabled, portal_of};
use crate::domain::session::{PortalSession, SessionKind};
use crate::domain::signed_token::{Claims, Purpose};
use crate::domain::user_tag::UserTag;

const ROOT_KEY_AS_TOKEN: &str = "A root key was sent where a session's token belongs. It is for createSession and the other \
                                 calls of backends, at the gateway's own address: the portal's host passes none of them on.";

/// Where the session of a credential lies, and what a signed token says of it.
pub struct Place {
    pub tag: UserTag,
    pub digest: Digest,
    claims: Option<Claims>,
}

/// What a session is looked for.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    /// To do something in it.
    Use(Lookup),
    /// To end it. What its portal takes by now does not matter: the session lives on and may be of use again, and who hears that
    /// it is over does not ask again.
    End,
}

impl Wish {
    fn lookup(self) -> Lookup {
        match self {
            Wish::Use(lookup) => lookup,
            Wish::End => Lookup::Glance,
        }
    }
}

impl Portals {
    /// The live session that a request presents; does not check the page's origin. Of several cookies of one name a
    /// live one counts, wherever it stands: a dead one before it must not lock its user out.
    pub async fn find(&self, presented: &Presented, lookup: Lookup) -> Result<CurrentSession, Error> {
        self.find_to(presented, Wish::Use(lookup)).await
    }

    async fn find_to(&self, presented: &Presented, wish: Wish) -> Result<CurrentSession, Error> {
        let signed_out = |code, gone: &Gone| Error {
            home: Some(presented.home(&self.catalog)),
            // Only the form tells it, so it says nothing of any session.
            detail: (gone.refusal == Refusal::RootKeyAsToken).then(|| ROOT_KEY_AS_TOKEN.to_owned()),
            ..Error::refused(code, gone.refusal, gone.handle)
        };
        let Some(presented_token) = &presented.token else {
            return Err(signed_out(Code::PortalTokenMissing, &Gone::new(Refusal::Missing, None)));
        };
        let dead = |gone: &Gone| signed_out(Code::PortalSessionNotFound, gone);
        let tokens =
            presented_token.candidates.as_ref().map_err(|refusal| dead(&Gone::new(*refusal, None)))?;
        let mut first_gone = None;
        for token in tokens.iter() {
            match self.live(token, presented.expected_slug(), wish).await? {
                Ok(current) if !current.portal.enabled => {
                    return Err(portal_disabled(Some(current.session.handle)));
                }
                // A page uses a direct token itself, so its portal must list it wherever the token is shown.
                Ok(current) if current.is_direct && presented.is_foreign_to(&current.portal) => {
                    return Err(origin_not_listed(Some(current.session.handle)));
                }
                Ok(current) => return Ok(current),
                Err(gone) => {
                    first_gone.get_or_insert(gone);
                }
            }
        }
        Err(dead(&first_gone.unwrap_or_else(|| Gone::new(Refusal::Malformed, None))))
    }

    async fn live(
        &self,
        candidate: &Candidate,
        expected_slug: Option<&str>,
        wish: Wish,
    ) -> Result<Result<CurrentSession, Gone>, StoreError> {
        let place = match self.place_of(candidate) {
            Ok(place) => place,
            Err(refusal) => return Ok(Err(Gone::new(refusal, None))),
        };
        let session = match self.look_up(place.tag, &place.digest, wish.lookup()).await? {
            Found::Active(session) => session,
            Found::Gone(gone) => return Ok(Err(gone)),
        };
        let handle = Some(session.handle);
        let portal = match portal_of(&self.catalog, &session) {
            None => return Ok(Err(Gone::new(Refusal::PortalGone, handle))),
            Some(portal) if expected_slug.is_some_and(|slug| slug != portal.slug) => {
                return Ok(Err(Gone::new(Refusal::OtherPortal, handle)));
            }
            Some(portal) => portal.clone(),
        };
        let claims = place.claims.as_ref();
        let checked = claims.map_or(Ok(()), |claims| check_claims(claims, &session));
        let checked = checked.and_then(|()| match wish {
            Wish::Use(_) => check_portal_takes(&portal, candidate, &session, claims),
            Wish::End => Ok(()),
        });
        if let Err(refusal) = checked {
            return Ok(Err(Gone::new(refusal, handle)));
        }
        Ok(Ok(CurrentSession { session, portal, is_direct: candidate.is_direct(), digest: place.digest }))
    }

    /// What a signed token says is checked here as far as its signature goes.
    pub(in crate::domain::portals) fn place_of(&self, candidate: &Candidate) -> Result<Place, Refusal> {
        match candidate {
            Candidate::Browser(token, _) => {
                Ok(Place { tag: token.tag(), digest: token.digest(), claims: None })
            }
            Candidate::Direct(token) => Ok(Place { tag: token.tag(), digest: token.digest(), claims: None }),
            Candidate::Signed(text) => {
                let signer = self.catalog.signer().ok_or(Refusal::UnknownKey)?;
                let claims = signer.verify(text.expose())?;
                if claims.purpose != Purpose::Session {
                    return Err(Refusal::OtherPurpose);
                }
                let Handle { tag, suffix, .. } = claims.handle;
                Ok(Place { tag, digest: signed_token_digest(tag, suffix), claims: Some(claims) })
            }
        }
    }

    /// A use of the session, with what the request tells of its portal.
    fn used_by(&self, presented: &Presented) -> Lookup {
        let portal = presented.portal(&self.catalog);
        Lookup::Use { idles: portal.map(|portal| portal.policy.idle_timeout_ms.is_some()) }
    }

    /// [`Portals::find`] for a page that uses it. Before a word is said to it, not even whether somebody is signed in, its origin
    /// must be one of the portal that the word is about.
    pub async fn find_for_page(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        self.find_by_page(presented, Wish::Use(self.used_by(presented))).await
    }

    /// The same, for whatever the page wants.
    pub(super) async fn find_by_page(
        &self,
        presented: &Presented,
        wish: Wish,
    ) -> Result<CurrentSession, Error> {
        let about = presented.portal(&self.catalog);
        if about.is_some_and(|portal| presented.is_foreign_page(portal)) {
            return Err(origin_not_listed(None));
        }
        self.find_to(presented, wish).await.map_err(|error| match about {
            Some(portal) if presented.is_foreign_to(portal) => Error { home: None, ..error },
            Some(_) | None => error,
        })
    }

    /// The live session that a request presents, if it holds every one of `required`.
    pub async fn authorize(
        &self,
        presented: &Presented,
        required: &[Permission],
    ) -> Result<CurrentSession, Error> {
        let current = self.find(presented, self.used_by(presented)).await?;
        check_held(&current.session, required)?;
        Ok(current)
    }
}

/// A signed token must say of its session what is so.
fn check_claims(claims: &Claims, session: &PortalSession) -> Result<(), Refusal> {
    if claims.handle != session.handle || claims.subject != session.grant.external_id {
        return Err(Refusal::Unknown);
    }
    // It lives exactly as long as its session. The store decides whether that is over, by its own clock.
    if claims.expires_at_s != session.expires_at_ms / 1_000 {
        return Err(Refusal::Expired);
    }
    if claims.environment != session.grant.environment {
        return Err(Refusal::OtherEnvironment);
    }
    Ok(())
}

/// As the portal is configured now: a direct session needs one that takes them, and there no page is handed a browser token.
fn check_portal_takes(
    portal: &Portal,
    candidate: &Candidate,
    session: &PortalSession,
    claims: Option<&Claims>,
) -> Result<(), Refusal> {
    if session.grant.kind == SessionKind::Direct && !portal.direct {
        return Err(Refusal::NotDirect);
    }
    if portal.direct && matches!(candidate, Candidate::Browser(_, Door::Page)) {
        return Err(Refusal::BrowserTokenFromPage);
    }
    if claims.is_some_and(|claims| claims.audience != portal.tokens.audience(&portal.slug)) {
        return Err(Refusal::OtherAudience);
    }
    Ok(())
}
