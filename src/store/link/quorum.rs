//! Whom several sentinels name together.
//!
//! Owns: what the answers of one round are worth. One sentinel that was made anew, or is cut off from the others, leads
//! nobody away only because more than half of the listed ones must agree: those that are silent count too.
//! Must not know: how a sentinel is asked, or what was said before.

use super::topology::Address;

/// A primary, in the configuration of this epoch. Every failover has a higher one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub epoch: u64,
    pub address: Address,
}

impl Named {
    pub fn server(&self) -> String {
        server_of(&self.address)
    }
}

/// For the log.
pub fn server_of((host, port): &Address) -> String {
    format!("{host}:{port}")
}

/// What one sentinel says.
#[derive(Clone, Debug)]
pub struct Said {
    pub sentinel: String,
    pub named: Named,
    /// It knows no other sentinel: nobody has told it anything, and it cannot have seen a failover.
    pub is_alone: bool,
}

/// What those that answer say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// More than half of all that are listed name it.
    Sure(Named),
    /// Fewer do, and nobody contradicts them. Whoever is silent might.
    Unopposed(Named),
    /// Nothing tells which one it is.
    Open,
}

/// `listed`: so many sentinels the operator named, of which some may not answer.
pub fn verdict(listed: usize, told: &[Said]) -> Verdict {
    let named = || told.iter().map(|said| &said.named);
    let votes = |named: &Named| told.iter().filter(|said| said.named.address == named.address).count();
    let of_most = named().filter(|named| votes(named) * 2 > listed);
    if let Some(sure) = of_most.max_by_key(|named| named.epoch) {
        return Verdict::Sure(sure.clone());
    }
    let Some(latest) = named().max_by_key(|named| named.epoch) else { return Verdict::Open };
    // With two there is no other way to be heard. At the same epoch one of them was never told of the others.
    let is_later = named().all(|one| one.address == latest.address || one.epoch < latest.epoch);
    let is_half = votes(latest) * 2 == listed && is_later;
    // One that was made anew knows nobody. Of two it may be the only one that there ever was.
    let is_anew = |said: &Said| said.is_alone && listed > 2;
    let is_known = told.iter().any(|said| said.named.address == latest.address && !is_anew(said));
    if is_known && (votes(latest) == told.len() || is_half) {
        Verdict::Unopposed(latest.clone())
    } else {
        Verdict::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(&(host, epoch): &(&str, u64)) -> Named {
        Named { epoch, address: (host.to_owned(), 6379) }
    }

    fn said(one: &(&str, u64)) -> Said {
        Said { sentinel: String::new(), named: named(one), is_alone: false }
    }

    #[track_caller]
    fn assert_says(listed: usize, told: &[(&str, u64)], expected: &Verdict) {
        let told: Vec<Said> = told.iter().map(said).collect();
        // The order in which they answer or are listed says nothing.
        for turn in 0..told.len().max(1) {
            let mut told = told.clone();
            told.rotate_left(turn);
            assert_eq!(verdict(listed, &told), *expected, "of {listed}: {told:?}");
        }
    }

    fn sure(host: &str, epoch: u64) -> Verdict {
        Verdict::Sure(named(&(host, epoch)))
    }

    fn unopposed(host: &str, epoch: u64) -> Verdict {
        Verdict::Unopposed(named(&(host, epoch)))
    }

    #[test]
    fn one_alone_is_sure_where_it_is_the_only_one_listed() {
        assert_says(1, &[("a", 3)], &sure("a", 3));
        assert_says(1, &[], &Verdict::Open);
    }

    #[test]
    fn of_two_that_disagree_the_later_configuration_counts_and_at_the_same_epoch_neither() {
        assert_says(2, &[("a", 1), ("a", 2)], &sure("a", 2));
        assert_says(2, &[("a", 1), ("b", 2)], &unopposed("b", 2));
        assert_says(2, &[("a", 0), ("b", 0)], &Verdict::Open);
        // The other one is gone for the moment.
        assert_says(2, &[("b", 0)], &unopposed("b", 0));
    }

    #[test]
    fn of_three_one_never_wins_against_another() {
        for lone in [0, 1, 99] {
            assert_says(3, &[("a", 1), ("a", 1), ("b", lone)], &sure("a", 1));
            assert_says(3, &[("a", 1), ("b", lone)], &Verdict::Open);
            assert_says(3, &[("a", 1), ("b", lone), ("c", 2)], &Verdict::Open);
        }
        assert_says(3, &[("b", 99)], &unopposed("b", 99));
        // The one that carries out a failover knows first; a second one follows.
        assert_says(3, &[("b", 2), ("b", 2), ("a", 1)], &sure("b", 2));
    }

    #[test]
    fn those_who_are_silent_count_too() {
        assert_says(5, &[("b", 2), ("b", 2)], &unopposed("b", 2));
        assert_says(5, &[("b", 2), ("b", 2), ("a", 1)], &Verdict::Open);
        assert_says(5, &[("b", 2), ("b", 2), ("a", 1), ("a", 1), ("a", 1)], &sure("a", 1));
        assert_says(4, &[("b", 2), ("b", 2), ("a", 1)], &unopposed("b", 2));
        assert_says(4, &[("b", 2), ("b", 2), ("a", 1), ("c", 2)], &Verdict::Open);
        assert_says(4, &[("b", 2), ("a", 1), ("a", 1)], &Verdict::Open);
    }

    #[test]
    fn one_that_was_made_anew_is_not_believed_where_there_should_be_others() {
        let anew = |one| Said { is_alone: true, ..said(one) };
        let lone = anew(&("b", 9));
        assert_eq!(verdict(3, std::slice::from_ref(&lone)), Verdict::Open);
        assert_eq!(verdict(4, &[lone.clone(), lone.clone(), said(&("a", 7))]), Verdict::Open);
        // Somebody who knows the others says the same, or it is the only one that there ever was.
        assert_eq!(verdict(5, &[lone.clone(), said(&("b", 9))]), unopposed("b", 9));
        assert_eq!(verdict(2, std::slice::from_ref(&lone)), unopposed("b", 9));
        assert_eq!(verdict(1, std::slice::from_ref(&lone)), sure("b", 9));
        assert_eq!(verdict(3, &[lone.clone(), lone]), sure("b", 9));
    }
}
