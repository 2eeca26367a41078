//! Ending sessions: on their user's wish, or because a new one takes their place.
//!
//! Owns: that a forged request of another site ends nothing.
//! Must not know: cookies; who clears them is told which sessions have ended.

use std::collections::BTreeSet;

use crate::domain::candidates::Candidate;
use crate::domain::catalog::Portal;
use crate::domain::credential::BrowserToken;
use crate::domain::error::{Code, Error};
use crate::domain::handle::Handle;
use crate::domain::messages::{CurrentSession, EndedSession};
use crate::domain::portals::Portals;
use crate::domain::ports::{Found, Lookup, Record, Removal, StoreError};
use crate::domain::presented::Presented;
use crate::domain::rules::origin_not_listed;
use crate::domain::user_tag::UserTag;

impl Portals {
    /// [`Portals::find`] for ending: a forged request of another site is refused, and that the session is over holds.
    pub async fn find_for_ending(&self, presented: &Presented) -> Result<CurrentSession, Error> {
        let current = match self.find_by_page(presented, Lookup::Glance).await {
            Ok(current) => current,
            Err(error) => {
                if error.code == Code::PortalSessionNotFound {
                    self.settle(presented.candidates()).await?;
                }
                return Err(error);
            }
        };
        if !presented.may_change(&current.portal) {
            return Err(origin_not_listed(Some(current.session.handle)));
        }
        Ok(current)
    }

    /// Waits until nothing that is known of these credentials can be undone. Who is told that a session is over does not
    /// ask again; the server that says so may have been deposed, and may never have heard of the session.
    pub(in crate::domain::portals) async fn settle(
        &self,
        candidates: &[Candidate],
    ) -> Result<(), StoreError> {
        let places = candidates.iter().filter_map(|candidate| self.place_of(candidate).ok());
        let tags: BTreeSet<UserTag> = places.map(|place| place.tag).collect();
        for tag in tags {
            self.parts.store.settle(tag).await?;
        }
        Ok(())
    }

    /// Ends the session that [`Portals::find_for_ending`] found, on its user's wish.
    pub async fn end(&self, presented: &Presented, current: CurrentSession) -> Result<EndedSession, Error> {
        let record = Record::Token(current.digest);
        self.parts.store.remove(&current.session.handle, Some(record), Removal::Ended).await?;
        // Its user is signed out only if no other cookie of the same name lets this browser in again.
        let others = presented.candidates().iter().filter_map(Candidate::as_browser);
        let others = others.filter(|other| other.digest() != current.digest);
        let mut ended = Vec::new();
        let not_ended = self.end_all(&current.portal, others, Removal::Ended, &mut ended).await.err();
        Ok(EndedSession { current, others: ended, not_ended })
    }

    /// Ends those of a browser's sessions that are of this portal, and adds them to `ended`, which holds after an error
    /// too.
    pub(super) async fn end_all(
        &self,
        portal: &Portal,
        tokens: impl Iterator<Item = &BrowserToken>,
        removal: Removal,
        ended: &mut Vec<Handle>,
    ) -> Result<(), StoreError> {
        for token in tokens {
            match self.look_up(token.tag(), &token.digest(), Lookup::Glance).await? {
                Found::Active(session) if session.grant.slug == portal.slug => {
                    let record = Some(Record::Token(token.digest()));
                    self.parts.store.remove(&session.handle, record, removal).await?;
                    ended.push(session.handle);
                }
                Found::Active(_) => {}
                Found::Gone(_) => match removal {
                    Removal::Ended | Removal::Revoked => self.parts.store.settle(token.tag()).await?,
                    // Nobody is told that it is over.
                    Removal::Replaced => {}
                },
            }
        }
        Ok(())
    }
}
