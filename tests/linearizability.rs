//! Histories of real threads on the ring, checked against the queue that it promises to be.

#[path = "linearizability/aspects.rs"]
mod aspects;
#[path = "linearizability/broken.rs"]
mod broken;
#[path = "linearizability/chance.rs"]
mod chance;
#[path = "linearizability/history.rs"]
mod history;
#[path = "linearizability/oracle.rs"]
mod oracle;
#[path = "linearizability/queue.rs"]
mod queue;
#[path = "linearizability/recorder.rs"]
mod recorder;
#[path = "linearizability/rounds.rs"]
mod rounds;
#[path = "linearizability/search.rs"]
mod search;
#[path = "linearizability/subjects.rs"]
mod subjects;

use broken::{FAULTS, Fault};
use chance::Chance;
use rounds::{rejected, sound};
use search::Search;

/// Every order of up to six calls tried one by one says what the search says.
#[test]
fn the_search_agrees_with_the_plainest_check() {
    let (mut chance, mut search) = (Chance::new(7), Search::default());
    let (mut accepted, mut refused, mut missed) = (0, 0, 0);
    for _ in 0..20_000 {
        let (history, changed) = oracle::made_up(&mut chance);
        let said = search.check(&history);
        assert_eq!(said.is_ok(), oracle::explains(&history), "{history:?}");
        assert!(said.is_ok() || changed, "{history:?}");
        let aspects = aspects::check(&aspects::acts(&history), history.capacity);
        if said.is_ok() {
            accepted += 1;
            assert_eq!(aspects, Ok(()), "{history:?}");
        } else {
            refused += 1;
            missed += usize::from(aspects.is_ok());
        }
    }
    println!("{accepted} accepted, {refused} refused, of these {missed} unseen by the aspects");
    assert!(accepted > 10_000 && refused > 4_000);
}

#[test]
fn an_honest_queue_is_accepted() {
    sound(&broken::subject(Fault::None), 5_000);
}

#[test]
fn every_broken_queue_is_rejected() {
    for fault in FAULTS {
        rejected(fault);
    }
}

#[test]
fn one_by_one_and_by_reference() {
    let seen = sound(&subjects::singles(), 110_000);
    seen.expect(&[
        ("full", 100_000),
        ("empty", 100_000),
        ("overlapping", 30_000),
    ]);
}
