//! Which node has which slot.
//!
//! Owns: the map, and the slot of a key.
//! Must not know: connections, or how a map is learned.

use memchr::memchr;

/// One more than the highest slot's number.
const SLOTS: u16 = 16_384;

/// Ranges of slots, in order, each with its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots<N>(Vec<(u16, u16, N)>);

impl<N: Clone> Slots<N> {
    /// From the first to the last slot of each range.
    pub fn new(mut ranges: Vec<(u16, u16, N)>) -> Self {
        ranges.sort_by_key(|(first, _, _)| *first);
        Slots(ranges)
    }

    pub fn find(&self, slot: u16) -> Option<&N> {
        let at = self.0.partition_point(|(first, _, _)| *first <= slot).checked_sub(1)?;
        let (_, last, node) = &self.0[at];
        (slot <= *last).then_some(node)
    }

    /// The same map with one slot elsewhere.
    pub fn with(&self, slot: u16, node: &N) -> Self {
        let mut ranges = vec![(slot, slot, node.clone())];
        for (first, last, owner) in &self.0 {
            if !(*first..=*last).contains(&slot) {
                ranges.push((*first, *last, owner.clone()));
                continue;
            }
            ranges.extend((*first < slot).then(|| (*first, slot - 1, owner.clone())));
            ranges.extend((slot < *last).then(|| (slot + 1, *last, owner.clone())));
        }
        Slots::new(ranges)
    }

    pub fn nodes(&self) -> impl Iterator<Item = &N> {
        self.0.iter().map(|(_, _, node)| node)
    }
}

/// Computed from the part between the first braces, which all our keys have.
pub fn slot_of(key: &[u8]) -> u16 {
    let rest = memchr(b'{', key).map(|begin| &key[begin + 1..]);
    let tag = rest.and_then(|rest| Some(&rest[..memchr(b'}', rest)?]));
    crc16::State::<crc16::XMODEM>::calculate(tag.filter(|tag| !tag.is_empty()).unwrap_or(key)) % SLOTS
}

/// So many hash tags whose slots are spread evenly.
pub fn spread_tags(count: u16) -> Vec<String> {
    let tag_in = |part: u16| {
        let is_there = |tag: &String| slot_of(tag.as_bytes()) / (SLOTS / count) == part;
        (0..).map(|number: u64| format!("ready{number}")).find(is_there)
    };
    (0..count).filter_map(tag_in).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_found_where_it_is_and_nowhere_else() {
        let slots = Slots::new(vec![(100, 199, "b"), (0, 99, "a"), (300, 300, "c")]);
        for (slot, expected) in
            [(0, Some("a")), (99, Some("a")), (100, Some("b")), (200, None), (300, Some("c")), (301, None)]
        {
            assert_eq!(slots.find(slot).copied(), expected, "{slot}");
        }
        assert_eq!(Slots::<&str>::new(Vec::new()).find(0), None);
    }

    #[test]
    fn a_slot_that_has_moved_leaves_all_others_where_they_are() {
        let slots = Slots::new(vec![(0, 99, "a"), (200, 299, "b")]);
        for (slot, ranges) in [
            (0, vec![(0, 0, "c"), (1, 99, "a"), (200, 299, "b")]),
            (50, vec![(0, 49, "a"), (50, 50, "c"), (51, 99, "a"), (200, 299, "b")]),
            (99, vec![(0, 98, "a"), (99, 99, "c"), (200, 299, "b")]),
            // One that nobody had.
            (150, vec![(0, 99, "a"), (150, 150, "c"), (200, 299, "b")]),
        ] {
            assert_eq!(slots.with(slot, &"c"), Slots(ranges), "{slot}");
        }
    }

    #[test]
    fn tags_are_spread_over_all_slots() {
        let parts: Vec<u16> = spread_tags(8).iter().map(|tag| slot_of(tag.as_bytes()) / 2_048).collect();
        assert_eq!(parts, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn the_slot_of_a_key_is_that_of_its_tag() {
        // As `CLUSTER KEYSLOT` says.
        for (key, slot) in [("foo", 12_182), ("vst:{foo}:u", 12_182), ("{}foo", slot_of(b"{}foo"))] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
    }
}
