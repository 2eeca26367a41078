//! Whose tickets an exchange may spend.
//!
//! Owns: the text that names these portals to a store.
//! Must not know: who decides it (`rules` does).

use std::sync::Arc;

/// The slugs of the portals whose tickets may be spent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittedPortals {
    count: usize,
    /// A space before and behind each. Written once for a configuration: there may be a thousand.
    listed: Arc<str>,
}

impl AdmittedPortals {
    /// These.
    pub fn new<'a>(slugs: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut listed, mut count) = (String::from(" "), 0);
        for slug in slugs {
            listed.push_str(slug);
            listed.push(' ');
            count += 1;
        }
        AdmittedPortals { count, listed: listed.into() }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// ` slug slug `: no slug has a space.
    pub fn listed(&self) -> &str {
        &self.listed
    }

    /// Whether tickets of this portal may be spent.
    pub fn admits(&self, slug: &str) -> bool {
        self.listed.split(' ').any(|listed| !listed.is_empty() && listed == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_admitted_whole_or_not_at_all() {
        let two = AdmittedPortals::new(["my-portal", "other"]);
        assert_eq!((two.listed(), two.count()), (" my-portal other ", 2));
        for (slug, admitted) in
            [("my-portal", true), ("other", true), ("my", false), ("portal", false), ("", false)]
        {
            assert_eq!(two.admits(slug), admitted, "{slug}");
        }
        for none in [AdmittedPortals::new([]), AdmittedPortals::default()] {
            assert!(!none.admits("my-portal") && !none.admits("") && none.count() == 0);
        }
    }
}
