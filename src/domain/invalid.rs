//! Invalid values: what is wrong, what to write instead, and where.
//!
//! Owns: the two forms in which every validation reports, for requests and for the configuration alike, and how many
//! faults of a request are told.
//! Must not know: any rule, or who reads the report.

/// The most faults of one request that are told one by one.
const MOST_TOLD: usize = 50;

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

/// The faults of one document, in the order in which they were found. A small request can have thousands, and the answer
/// must stay small: those beyond the first [`MOST_TOLD`] are only counted.
#[derive(Clone)]
pub struct Faults {
    written: Vec<Fault>,
    most: usize,
    unwritten: usize,
}

/// None of a request.
impl Default for Faults {
    fn default() -> Self {
        Faults { written: Vec::new(), most: MOST_TOLD, unwritten: 0 }
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        let mut all = Faults::default();
        faults.into_iter().for_each(|fault| all.add(|| fault));
        all
    }
}

impl Faults {
    /// None of the configuration, whose writer is told all.
    pub fn of_configuration() -> Self {
        Faults { most: usize::MAX, ..Faults::default() }
    }

    /// Adds one, which is made only if it is told.
    pub fn add(&mut self, fault: impl FnOnce() -> Fault) {
        if self.written.len() < self.most {
            self.written.push(fault());
        } else {
            self.unwritten += 1;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// What the writer is told; the last says how many others there are.
    pub fn told(mut self) -> Vec<Fault> {
        if let Some(last) = self.written.last().filter(|_| self.unwritten > 0) {
            let part = last.location.split(['.', '[']).next().unwrap_or_default().to_owned();
            let more = Invalid::new(
                format!("and {} more", self.unwritten),
                "Correct the faults above, then send the request again to see the others.",
            );
            self.written.push(more.at(part));
        }
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_is_told_is_not_written() {
        for (mut faults, found, made, told, last) in [
            (Faults::default(), 0, 0, 0, None),
            (Faults::default(), 50, 50, 50, Some("wrong")),
            (Faults::default(), 51, 50, 51, Some("and 1 more")),
            (Faults::default(), 5_000, 50, 51, Some("and 4950 more")),
            (Faults::of_configuration(), 5_000, 5_000, 5_000, Some("wrong")),
        ] {
            let mut count = 0;
            for _ in 0..found {
                faults.add(|| {
                    count += 1;
                    Invalid::new("wrong", "").at("body.list[0]")
                });
            }
            assert_eq!((faults.is_empty(), count), (found == 0, made));
            let faults = faults.told();
            assert_eq!((faults.len(), faults.last().map(|fault| &*fault.message)), (told, last));
            if let Some(rest) = faults.get(made) {
                assert_eq!(rest.location, "body");
            }
        }
    }
}
