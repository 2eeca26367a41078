//! Invalid values: what is wrong, what to write instead, and where.
//!
//! Owns: the two forms in which every validation reports, for requests and for the configuration alike.
//! Must not know: any rule, or who reads the report.

/// Why one value is not acceptable, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Invalid {
    /// Both texts are for the person who wrote the value.
    pub fn new(message: impl Into<String>, fix: impl Into<String>) -> Self {
        Invalid { message: message.into(), fix: fix.into() }
    }

    /// Adds where the value is.
    pub fn at(self, location: impl Into<String>) -> Fault {
        Fault { location: location.into(), message: self.message, fix: self.fix }
    }
}

/// One invalid value of a request or of the configuration, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Such as `body.permissions[0]`, `query.slug` or `workspaces[0].portals[1].url`.
    pub location: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}
