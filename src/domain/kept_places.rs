//! The places of a portal that a browser asked for while nobody was signed in (API.md section 12).
//!
//! Owns: which of them a browser comes back to: the newest one, once, within ten minutes. It keeps several, so that of
//! two tabs that were sent home each comes back. What one user asked for is never another's, as far as it is known
//! whose session had ended.
//! Must not know: cookies and headers, or how a place is found.

use super::portal_path::PortalPath;
use super::user_tag::UserTag;

/// How long a place is kept.
pub const LIFE_MS: u64 = 600_000;
/// Tabs beyond these were opened by nobody in ten minutes.
const MOST: usize = 4;

/// A place that a browser asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPlace {
    /// Unix milliseconds.
    pub asked_at_ms: u64,
    /// Whose session had ended, if the browser still held its token.
    pub user: Option<UserTag>,
    /// The place.
    pub path: PortalPath,
}

/// The newest first. None is over, and no path is there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptPlaces(Vec<KeptPlace>);

impl KeptPlaces {
    /// What is left of these now. They come from a browser, which may have forged them.
    pub fn new(places: impl IntoIterator<Item = KeptPlace>, now_ms: u64) -> Self {
        // Another replica's clock may be a little ahead, so times in the future count too.
        let is_left = |place: &KeptPlace| now_ms.abs_diff(place.asked_at_ms) < LIFE_MS;
        KeptPlaces(places.into_iter().filter(is_left).take(MOST).collect())
    }

    /// Keeps one more.
    pub fn keep(&mut self, place: KeptPlace) {
        self.0.retain(|other| other.path != place.path);
        self.0.insert(0, place);
        self.0.truncate(MOST);
    }

    /// The place to which this user comes back. From then on, nothing of another user's is left, and what is left is this
    /// user's: whoever signs in at this browser next comes to none of it.
    pub fn take_for(&mut self, user: UserTag) -> Option<PortalPath> {
        self.0.retain(|place| place.user.is_none_or(|other| other == user));
        self.0.iter_mut().for_each(|place| place.user = Some(user));
        if self.0.is_empty() { None } else { Some(self.0.remove(0).path) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &KeptPlace> {
        self.0.iter()
    }

    /// How long until the last of them is over; 0 if there is none.
    pub fn life_left_ms(&self, now_ms: u64) -> u64 {
        let newest_ms = self.0.iter().map(|place| place.asked_at_ms).max();
        newest_ms.map_or(0, |asked_at_ms| (asked_at_ms + LIFE_MS).saturating_sub(now_ms).min(LIFE_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_742_000_000_000;

    fn place(path: &str, user: Option<&str>, asked_at_ms: u64) -> KeptPlace {
        let user = user.map(|tag| UserTag::parse(tag).expect("a tag"));
        KeptPlace { asked_at_ms, user, path: PortalPath::parse(path).expect("a path") }
    }

    fn kept(places: &[KeptPlace], now_ms: u64) -> KeptPlaces {
        KeptPlaces::new(places.iter().cloned(), now_ms)
    }

    fn taken(places: &mut KeptPlaces, user: &str) -> Option<String> {
        let user = UserTag::parse(user).expect("a tag");
        places.take_for(user).map(|path| path.as_str().to_owned())
    }

    const JANE: &str = "janejanejanejane";
    const JOE: &str = "joejoejoejoejoe1";

    #[test]
    fn each_of_two_tabs_comes_back_once() {
        let mut places = KeptPlaces::default();
        places.keep(place("/first", None, NOW));
        places.keep(place("/second", None, NOW + 1));
        assert_eq!(taken(&mut places, JANE).as_deref(), Some("/second"));
        assert_eq!(taken(&mut places, JANE).as_deref(), Some("/first"));
        assert_eq!(taken(&mut places, JANE), None);
    }

    #[test]
    fn a_page_that_is_asked_for_again_is_kept_once_and_only_so_many_are() {
        let mut places = KeptPlaces::default();
        for path in ["/a", "/b", "/a", "/c", "/d", "/e"] {
            places.keep(place(path, None, NOW));
        }
        let paths: Vec<_> = places.iter().map(|place| place.path.as_str()).collect();
        assert_eq!(paths, ["/e", "/d", "/c", "/a"]);
    }

    #[test]
    fn what_a_user_asked_for_is_nobody_elses() {
        let asked = [place("/of-jane", Some(JANE), NOW), place("/of-anybody", None, NOW)];
        let mut places = kept(&asked, NOW);
        assert_eq!(taken(&mut places, JOE).as_deref(), Some("/of-anybody"));
        assert_eq!(places, KeptPlaces::default(), "jane's is gone");
        assert_eq!(taken(&mut kept(&asked, NOW), JANE).as_deref(), Some("/of-jane"));
    }

    #[test]
    fn what_the_first_user_leaves_behind_is_nobody_elses() {
        let asked = [place("/second", None, NOW), place("/first", None, NOW)];
        let mut places = kept(&asked, NOW);
        assert_eq!(taken(&mut places, JANE).as_deref(), Some("/second"));
        assert_eq!(taken(&mut places.clone(), JOE), None);
        assert_eq!(taken(&mut places, JANE).as_deref(), Some("/first"), "the second tab of jane");
    }

    #[test]
    fn a_place_is_kept_for_ten_minutes() {
        let asked = [place("/a", None, NOW)];
        for (now_ms, left_ms) in [
            (NOW, LIFE_MS),
            (NOW + 1, LIFE_MS - 1),
            (NOW + LIFE_MS - 1, 1),
            (NOW + LIFE_MS, 0),
            (NOW - 1, LIFE_MS),
        ] {
            assert_eq!(kept(&asked, now_ms).life_left_ms(now_ms), left_ms, "{now_ms}");
        }
        assert_eq!(kept(&asked, NOW + LIFE_MS), KeptPlaces::default());
        assert_eq!(kept(&[place("/a", None, u64::MAX)], NOW), KeptPlaces::default(), "a forged time");
    }
}
