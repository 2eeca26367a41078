//! Ending sessions: on their user's wish, or because a new one takes their place.
//!
//! Owns: that a forged request of another site ends nothing, and that all of a request's sessions end side by side.
//! Must not know: cookies; who clears them is told which sessions have ended.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};

use super::find::Wish;
use crate::domain::candidates::Candidate;
use crate::domain::credential::BrowserToken;
use crate::domain::error::{Code, Error};
use crate::domain::handle::Handle;
use crate::domain::messages::{CurrentSession, EndedSession, Ends};
use crate::domain::portal::Portal;
use crate::domain::portals::Portals;
use crate::domain::ports::{Found, Lookup, OnBehalf, Record, Removal, StoreError};
use crate::domain::presented::Presented;
use crate::domain::rules::origin_not_listed;
use crate::domain::user_tag::UserTag;

/// Why there is nothing to end.
pub enum NothingToEnd {
    /// The request is refused.
    Refused(Error),
    /// No session of it is there. Nobody is told so before it holds.
    Over(Over),
}

/// What a request has to be told whose sessions are over, once [`Portals::settle_over`] has made sure of it.
pub struct Over {
    tags: BTreeSet<UserTag>,
    told: Error,
}

impl Over {
    /// The user, if the store still knows one of the sessions. Nobody has such credentials of their own making.
    pub fn user(&self) -> Option<UserTag> {
        self.told.handle.map(|handle| handle.tag)
    }
}

impl From<Error> for NothingToEnd {
    fn from(error: Error) -> Self {
        NothingToEnd::Refused(error)
    }
}

impl Portals {
    /// [`Portals::find`] for ending: a forged request of another site is refused.
    pub async fn find_for_ending(&self, presented: &Presented) -> Result<CurrentSession, NothingToEnd> {
        let current = self.find_by_page(presented, Wish::End).await.map_err(|told| {
            let tags = self.tags_of(presented.candidates());
            if told.code == Code::PortalSessionNotFound && !tags.is_empty() {
                NothingToEnd::Over(Over { tags, told })
            } else {
                NothingToEnd::Refused(told)
            }
        })?;
        if !presented.may_change(&current.portal) {
            return Err(origin_not_listed(Some(current.session.handle)).into());
        }
        Ok(current)
    }

    /// What is told of sessions that are over, or that it cannot be told now. Who is told so does not ask again; the server that
    /// says so may have been deposed, and may never have heard of them. Anybody may ask it with credentials of their own
    /// making, and each costs the store more than a look: whoever calls this limits how often.
    pub async fn settle_over(&self, over: Over) -> Error {
        // Side by side, so that all have the time that one has. None is broken off because another one failed: that would
        // cost it its connection.
        let settling = over.tags.into_iter().map(|tag| self.parts.store.settle(tag, OnBehalf::Anybody));
        match join_all(settling).await.into_iter().collect() {
            Ok(()) => over.told,
            Err(error) => StoreError::into(error),
        }
    }

    fn tags_of(&self, candidates: &[Candidate]) -> BTreeSet<UserTag> {
        let places = candidates.iter().filter_map(|candidate| self.place_of(candidate).ok());
        places.map(|place| place.tag).collect()
    }

    /// Ends the session that [`Portals::find_for_ending`] found, on its user's wish.
    pub async fn end(&self, presented: &Presented, current: CurrentSession) -> EndedSession {
        // Its user is signed out only if no other cookie of the same name lets this browser in again.
        let others = presented.candidates().iter().filter_map(Candidate::as_browser);
        let others = others.filter(|other| other.digest() != current.digest);
        let (handle, record) = (current.session.handle, Some(Record::Token(current.digest)));
        let (removed, others) = join(
            self.parts.store.remove(&handle, record, Removal::Ended),
            self.end_all(&current.portal, others, Removal::Ended),
        )
        .await;
        let mut ends = Ends::default();
        ends.add(handle, removed);
        ends.ended.extend(others.ended);
        ends.unconfirmed.extend(others.unconfirmed);
        others.not_ended.into_iter().for_each(|error| ends.fail(error));
        EndedSession { current, ends }
    }

    /// Ends those of a browser's sessions that are of this portal.
    pub(super) async fn end_all(
        &self,
        portal: &Portal,
        tokens: impl Iterator<Item = &BrowserToken>,
        removal: Removal,
    ) -> Ends {
        let mut ends = Ends::default();
        for outcome in join_all(tokens.map(|token| self.end_one(portal, token, removal))).await {
            match outcome {
                Ok(Some((handle, removed))) => ends.add(handle, removed),
                Ok(None) => {}
                Err(error) => ends.fail(error),
            }
        }
        ends
    }

    /// Which session that was, if it was one, and what became of it.
    async fn end_one(
        &self,
        portal: &Portal,
        token: &BrowserToken,
        removal: Removal,
    ) -> Result<Option<(Handle, Result<bool, StoreError>)>, StoreError> {
        match self.look_up(token.tag(), &token.digest(), Lookup::Glance).await? {
            Found::Active(session) if session.grant.slug == portal.slug => {
                let record = Some(Record::Token(token.digest()));
                let removed = self.parts.store.remove(&session.handle, record, removal).await;
                Ok(Some((session.handle, removed)))
            }
            Found::Active(_) => Ok(None),
            Found::Gone(_) => match removal {
                // Whoever asks has shown a session that was live.
                Removal::Ended | Removal::Revoked => {
                    self.parts.store.settle(token.tag(), OnBehalf::Known).await.map(|()| None)
                }
                // Nobody is told that it is over.
                Removal::Replaced => Ok(None),
            },
        }
    }
}
