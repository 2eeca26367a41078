//! Whom several sentinels name together.
//!
//! Owns: that one sentinel which was made anew, or is cut off from the others, leads nobody away. To follow a wrong one
//! is worse than an outage: at an empty server every session is unknown, and everybody is signed out.
//! Must not know: how a sentinel is asked.

use super::connector::Address;

/// A primary, in the configuration of this epoch. Every failover has a higher one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub epoch: u64,
    pub address: Address,
}

/// The primary to follow, or `None` if nothing tells which one it is.
///
/// `listed`: so many sentinels the operator named, of which some may not answer. `known`: the one that was followed so
/// far.
pub fn agreed(listed: usize, told: &[Named], known: Option<&Named>) -> Option<Named> {
    let Some(chosen) = of_most(told).or_else(|| latest(told)) else { return known.cloned() };
    let Some(known) = known else { return Some(chosen.clone()) };
    // Those that do not answer may know better, unless the few that do tell of a later failover.
    let is_sure = votes(told, &chosen.address) * 2 > listed;
    if is_sure || chosen.epoch > known.epoch {
        return Some(chosen.clone());
    }
    Some(known.clone())
}

/// Named by more than half of those that answer.
fn of_most(told: &[Named]) -> Option<&Named> {
    let of_most = told.iter().filter(|named| votes(told, &named.address) * 2 > told.len());
    of_most.max_by_key(|named| named.epoch)
}

/// As in the middle of a failover. At the same epoch nobody is the latest: one of them was never told of the others.
fn latest(told: &[Named]) -> Option<&Named> {
    let latest = told.iter().max_by_key(|named| named.epoch)?;
    let is_contested =
        told.iter().any(|other| other.epoch == latest.epoch && other.address != latest.address);
    (!is_contested).then_some(latest)
}

fn votes(told: &[Named], address: &Address) -> usize {
    told.iter().filter(|named| named.address == *address).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named((host, epoch): (&str, u64)) -> Named {
        Named { epoch, address: (host.to_owned(), 6379) }
    }

    /// `told` of so many listed ones, by whoever knows `known`.
    #[track_caller]
    fn assert_follows(
        listed: usize,
        told: &[(&str, u64)],
        known: Option<(&str, u64)>,
        expected: Option<(&str, u64)>,
    ) {
        let told: Vec<Named> = told.iter().copied().map(named).collect();
        // The order in which they answer or are listed says nothing.
        for turn in 0..told.len().max(1) {
            let mut told = told.clone();
            told.rotate_left(turn);
            let found = agreed(listed, &told, known.map(named).as_ref());
            assert_eq!(found, expected.map(named), "of {listed}: {told:?}, known {known:?}");
        }
    }

    #[test]
    fn one_alone_is_followed_where_it_is_the_only_one_listed() {
        assert_follows(1, &[("a", 3)], None, Some(("a", 3)));
        assert_follows(1, &[("b", 4)], Some(("a", 3)), Some(("b", 4)));
        // There is nobody else to ask: whoever makes it anew has said where the primary is.
        assert_follows(1, &[("b", 0)], Some(("a", 3)), Some(("b", 0)));
        assert_follows(1, &[], Some(("a", 3)), Some(("a", 3)));
        assert_follows(1, &[], None, None);
    }

    #[test]
    fn of_two_that_disagree_the_later_configuration_counts_and_at_the_same_epoch_nothing_changes() {
        assert_follows(2, &[("a", 1), ("b", 2)], Some(("a", 1)), Some(("b", 2)));
        assert_follows(2, &[("a", 1), ("b", 0)], Some(("a", 1)), Some(("a", 1)));
        assert_follows(2, &[("a", 1), ("b", 0)], None, Some(("a", 1)));
        assert_follows(2, &[("a", 0), ("b", 0)], Some(("a", 0)), Some(("a", 0)));
        assert_follows(2, &[("a", 0), ("b", 0)], None, None);
        // The other one is gone for the moment.
        assert_follows(2, &[("b", 0)], Some(("a", 0)), Some(("a", 0)));
        assert_follows(2, &[("b", 1)], Some(("a", 0)), Some(("b", 1)));
        assert_follows(2, &[("b", 0)], None, Some(("b", 0)));
    }

    #[test]
    fn of_three_one_never_wins_against_two() {
        for lone in [0, 1, 99] {
            assert_follows(3, &[("a", 1), ("a", 1), ("b", lone)], None, Some(("a", 1)));
            assert_follows(3, &[("a", 1), ("a", 1), ("b", lone)], Some(("a", 1)), Some(("a", 1)));
        }
        // The one that carries out a failover knows first; a second one follows, and then the gateway.
        assert_follows(3, &[("b", 2), ("b", 2), ("a", 1)], Some(("a", 1)), Some(("b", 2)));
        // All were made anew.
        assert_follows(3, &[("b", 0), ("b", 0), ("b", 0)], Some(("a", 7)), Some(("b", 0)));
        assert_follows(3, &[("b", 0), ("c", 0), ("d", 0)], Some(("a", 7)), Some(("a", 7)));
        assert_follows(3, &[("b", 0), ("c", 0), ("d", 0)], None, None);
    }

    #[test]
    fn few_of_many_change_nothing_but_for_a_later_failover() {
        assert_follows(3, &[("b", 0)], Some(("a", 0)), Some(("a", 0)));
        assert_follows(3, &[("b", 0)], Some(("a", 7)), Some(("a", 7)));
        assert_follows(3, &[("b", 8)], Some(("a", 7)), Some(("b", 8)));
        assert_follows(5, &[("b", 0), ("b", 0)], Some(("a", 0)), Some(("a", 0)));
        assert_follows(5, &[("b", 2), ("b", 2)], Some(("a", 1)), Some(("b", 2)));
        assert_follows(5, &[("b", 2), ("b", 2), ("a", 1), ("a", 1), ("a", 1)], None, Some(("a", 1)));
        // With half of three, the failover of a node that takes its sentinel along.
        assert_follows(3, &[("a", 1), ("b", 2)], Some(("a", 1)), Some(("b", 2)));
        assert_follows(3, &[("a", 0), ("b", 0)], Some(("a", 0)), Some(("a", 0)));
        // Whoever has just started takes what there is.
        assert_follows(3, &[("b", 0)], None, Some(("b", 0)));
    }

    #[test]
    fn what_most_of_the_listed_ones_say_is_the_epoch_from_then_on() {
        assert_follows(3, &[("a", 0), ("a", 0)], Some(("a", 7)), Some(("a", 0)));
        assert_follows(3, &[("a", 0)], Some(("a", 7)), Some(("a", 7)));
    }
}
