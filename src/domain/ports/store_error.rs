//! Why a store gave no answer.
//!
//! Owns: that an outage is told as an outage, and never looks like absence.
//! Must not know: any store.

use crate::domain::error::{Code, Error};

/// Why a store gave no answer. That something is absent is no error, and an error never means that it is absent.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It was not reached, or did not answer in time.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// The server that was called has answered, but too few replicas have in time what the answer rests on: that something
    /// was done, or that nothing is there. A failover may undo it.
    #[error("a failover may undo what the store answers: {0}")]
    Unconfirmed(String),
    /// It was not asked: too many calls of this process wait for its replicas already.
    #[error("the store was not asked: {0}")]
    Crowded(String),
    /// It answered with something this version cannot read.
    #[error("the store holds a record that cannot be read: {0}")]
    Corrupt(String),
}

/// Why not all of a user's sessions are revoked for good. What is told here is over nonetheless, and a repeat does not find it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{why}")]
pub struct NotAllRevoked {
    /// How many are over for good.
    pub ended: u64,
    /// How many more are over, where a failover of the store may undo that.
    pub unconfirmed: u64,
    /// Why.
    pub why: StoreError,
}

impl NotAllRevoked {
    /// Where nothing is over yet.
    pub fn nothing(why: StoreError) -> Self {
        NotAllRevoked { ended: 0, unconfirmed: 0, why }
    }

    /// Both together. Of two reasons the first one is told.
    pub fn sum(one: Result<u64, Self>, other: Result<u64, Self>) -> Result<u64, Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok(one + other),
            (Ok(ended), Err(part)) | (Err(part), Ok(ended)) => {
                Err(NotAllRevoked { ended: part.ended + ended, ..part })
            }
            (Err(one), Err(other)) => Err(NotAllRevoked {
                ended: one.ended + other.ended,
                unconfirmed: one.unconfirmed + other.unconfirmed,
                why: one.why,
            }),
        }
    }
}

impl From<StoreError> for Error {
    /// Neither an outage nor an unreadable record tells anything, and what may be undone does not count: all are a 503. The
    /// store has logged which it was.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_)
            | StoreError::Unconfirmed(_)
            | StoreError::Crowded(_)
            | StoreError::Corrupt(_) => Error::new(Code::ServiceUnavailable),
        }
    }
}
