//! The loop breaker (API.md section 5): how often a browser has been sent home within the last minute.
//!
//! Owns: the count, which the browser keeps in a cookie; forging it harms only the forger. A loop between gateway and
//! backend ends in a page that explains it, not in the browser's own "too many redirects".
//! Must not know: why a browser is sent home.

const WINDOW_MS: u64 = 60_000;
const MOST: usize = 3;

/// The times at which a browser was sent home; never more than [`MOST`].
#[derive(Debug, PartialEq, Eq)]
pub struct Bounces(Vec<u64>);

impl Bounces {
    /// Adds one at this time (Unix milliseconds) to the count `earlier` from the browser's cookie. `None` if the
    /// browser was sent home too often.
    pub fn one_more(earlier: &str, now_ms: u64) -> Option<Bounces> {
        // Another replica's clock may be a little ahead, so times in the future count too.
        let recent = |time: &u64| now_ms.abs_diff(*time) < WINDOW_MS;
        let mut times: Vec<u64> =
            earlier.split('.').filter_map(|time| time.parse().ok()).filter(recent).collect();
        if times.len() >= MOST {
            return None;
        }
        times.push(now_ms);
        Some(Bounces(times))
    }

    /// As the cookie's value.
    pub fn text(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_times_within_any_minute() {
        let now = 1_742_000_000_000;
        let after = |earlier: &str, now_ms| Bounces::one_more(earlier, now_ms).map(|bounces| bounces.text());
        let mut cookie = String::new();
        for bounce in 0..3 {
            cookie = after(&cookie, now + bounce * 10_000).expect("the first three pass");
        }
        assert_eq!(cookie, "1742000000000.1742000010000.1742000020000");
        assert_eq!(after(&cookie, now + 20_001), None);
        assert_eq!(after(&cookie, now + 59_999), None);
        // The oldest is a minute ago: one more passes, and then no other until the next is.
        let next = after(&cookie, now + 60_000).expect("a minute later");
        assert_eq!(next, "1742000010000.1742000020000.1742000060000");
        assert_eq!(after(&next, now + 69_999), None);
    }

    #[test]
    fn nonsense_counts_as_nothing() {
        for earlier in ["", ".", "x.y.z", "-1.-2.-3", "1.2.3", "99999999999999999999.1.2", "1742000000000x"] {
            let bounces = Bounces::one_more(earlier, 1_742_000_000_000).expect("nothing is counted");
            assert_eq!(bounces.text(), "1742000000000", "{earlier}");
        }
    }
}
