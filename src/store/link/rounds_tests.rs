//! How many rounds it takes to believe whom, with a clock that jumps.

use super::*;

/// As the link asks when nothing happens.
const ROUND: Duration = Duration::from_millis(500);

fn named((host, epoch): (&str, u64)) -> Named {
    Named { epoch, address: (host.to_owned(), 6379) }
}

fn said(one: (&str, u64)) -> Said {
    Said { sentinel: String::new(), named: named(one), is_alone: false }
}

struct Asker {
    listed: usize,
    known: Option<Named>,
    rounds: Rounds,
}

impl Asker {
    fn new(listed: usize, known: Option<(&str, u64)>) -> Self {
        Asker { listed, known: known.map(named), rounds: Rounds::default() }
    }

    async fn hears(&self, told: &[(&str, u64)]) -> Decision {
        let told: Vec<Said> = told.iter().copied().map(said).collect();
        let decision = self.rounds.hear(self.listed, &told, self.known.as_ref());
        tokio::time::advance(ROUND).await;
        decision
    }

    /// After how long this is believed that is told again and again; `None` if it never is.
    async fn believes(&self, told: &[(&str, u64)], expected: (&str, u64)) -> Option<Duration> {
        let began_at = Instant::now();
        for _ in 0..100 {
            let asked_at = Instant::now();
            match self.hears(told).await {
                Decision::Undecided => (),
                Decision::Most(found) | Decision::Few(found) => {
                    assert_eq!(found, named(expected));
                    return Some(asked_at - began_at);
                }
            }
        }
        None
    }
}

#[tokio::test(start_paused = true)]
async fn most_of_the_listed_ones_are_believed_at_once() {
    for known in [None, Some(("a", 7)), Some(("b", 7))] {
        let asker = Asker::new(3, known);
        for told in [&[("b", 0), ("b", 0)][..], &[("b", 9), ("a", 7), ("b", 9)]] {
            assert!(matches!(asker.hears(told).await, Decision::Most(one) if one.address.0 == "b"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn too_few_are_believed_after_some_rounds_if_nobody_contradicts_them() {
    for (listed, known) in [(3, None), (3, Some(("a", 7))), (2, None), (2, Some(("a", 7)))] {
        let asker = Asker::new(listed, known);
        assert_eq!(asker.believes(&[("b", 8)], ("b", 8)).await, Some(PATIENCE), "of {listed}, {known:?}");
    }
    // The later configuration of two.
    let asker = Asker::new(2, Some(("a", 7)));
    assert_eq!(asker.believes(&[("a", 7), ("b", 8)], ("b", 8)).await, Some(PATIENCE));
}

#[tokio::test(start_paused = true)]
async fn whoever_contradicts_makes_them_begin_anew() {
    for (known, contradiction) in
        [(None, ("a", 7)), (Some(("a", 7)), ("a", 7)), (Some(("a", 7)), ("c", 9)), (None, ("c", 0))]
    {
        let asker = Asker::new(3, known);
        for _ in 0..10 {
            for _ in 0..4 {
                assert_eq!(asker.hears(&[("b", 8)]).await, Decision::Undecided);
            }
            assert!(asker.rounds.are_open());
            assert_eq!(asker.hears(&[("b", 8), contradiction]).await, Decision::Undecided);
            assert!(!asker.rounds.are_open());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn too_few_never_tell_of_anything_but_a_later_failover() {
    for told in [("b", 7), ("b", 0), ("a", 99)] {
        let asker = Asker::new(3, Some(("a", 7)));
        assert_eq!(asker.believes(&[told], told).await, None);
    }
    let asker = Asker::new(2, None);
    assert_eq!(asker.believes(&[("a", 0), ("b", 0)], ("a", 0)).await, None);
}

#[tokio::test(start_paused = true)]
async fn one_that_falls_silent_is_waited_for_some_rounds_and_no_longer() {
    let asker = Asker::new(3, None);
    let miss = async || {
        asker.rounds.miss();
        tokio::time::advance(ROUND).await;
        asker.rounds.are_open()
    };
    assert!(!miss().await, "nobody was named");
    for _ in 0..2 {
        asker.hears(&[("b", 8)]).await;
        for missed in 0..10 {
            assert_eq!(miss().await, missed < 3, "{missed}");
        }
    }
    asker.hears(&[("b", 8)]).await;
    for _ in 0..2 {
        // Fewer than it takes to believe it.
        assert!(miss().await);
        assert_eq!(asker.hears(&[("b", 8)]).await, Decision::Undecided, "it was late");
    }
}

/// A process that was held up asks at once, for all calls that waited meanwhile.
#[tokio::test(start_paused = true)]
async fn many_rounds_at_once_are_one() {
    let asker = Asker::new(3, Some(("a", 7)));
    asker.hears(&[("b", 8)]).await;
    tokio::time::advance(PATIENCE * 10).await;
    for _ in 0..100 {
        let told = [said(("b", 8))];
        assert_eq!(asker.rounds.hear(3, &told, asker.known.as_ref()), Decision::Undecided);
    }
}
