//! Histories of real threads on the ring and the channels, checked against what these promise.

#[path = "linearizability/aspects.rs"]
mod aspects;
#[path = "linearizability/broken.rs"]
mod broken;
#[path = "linearizability/chance.rs"]
mod chance;
#[path = "linearizability/channels/mod.rs"]
mod channels;
#[path = "support/effort.rs"]
mod effort;
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
#[path = "linearizability/stress.rs"]
mod stress;
#[path = "linearizability/subjects.rs"]
mod subjects;
#[path = "support/totals.rs"]
mod totals;

use std::sync::Arc;

use windlass::ring::{Ring, mpsc, spmc, spsc};

use broken::{FAULTS, Fault};
use chance::Chance;
use queue::Queue;
use rounds::{long_run, rejected, sound};
use search::Search;
use stress::{consuming, producing};

/// Every order of up to six calls tried one by one says what the search says.
#[test]
fn the_search_agrees_with_the_plainest_check() {
    let (mut chance, mut search) = (Chance::new(7), Search::<Queue>::default());
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
    sound::<Queue>(&broken::subject(Fault::None), 5_000);
}

#[test]
fn every_broken_queue_is_rejected() {
    for fault in FAULTS {
        rejected::<Queue>(&format!("{fault:?}"), &broken::subject(fault));
    }
}

#[test]
fn one_by_one_and_by_reference() {
    let seen = sound::<Queue>(&subjects::singles(), 70_000);
    seen.expect(&[("full", 40_000), ("empty", 33_000), ("overlapping", 6_000)]);
}

#[test]
fn one_by_one_and_by_handle() {
    let seen = sound::<Queue>(&subjects::handles(), 70_000);
    seen.expect(&[("full", 40_000), ("empty", 33_000), ("overlapping", 6_000)]);
}

#[test]
fn weak_polls_miss_and_do_no_harm() {
    let seen = sound::<Queue>(&subjects::weak(), 10_000);
    seen.expect(&[("missed", 3_000), ("overlapping", 1_000)]);
}

#[test]
fn batches_are_one_step() {
    let seen = sound::<Queue>(&subjects::batches(), 30_000);
    seen.expect(&[("full", 15_000), ("empty", 10_000), ("in part", 10_000)]);
}

#[test]
fn pushes_by_force_displace_the_oldest() {
    let seen = sound::<Queue>(&subjects::force(), 20_000);
    seen.expect(&[("displaced", 10_000), ("overlapping", 2_000)]);
}

#[test]
fn after_a_close_no_push_goes_in() {
    let seen = sound::<Queue>(&subjects::closing(), 20_000);
    seen.expect(&[("closed", 3_000), ("overlapping", 2_000)]);
}

#[test]
fn all_calls_together() {
    let seen = sound::<Queue>(&subjects::anything(), 20_000);
    seen.expect(&[("displaced", 5_000), ("closed", 2_000), ("missed", 2_000)]);
}

#[test]
fn sole_ends() {
    for subject in [subjects::sole_both(), subjects::sole_producer(), subjects::sole_consumer()] {
        let seen = sound::<Queue>(&subject, 20_000);
        seen.expect(&[("full", 10_000), ("empty", 10_000), ("overlapping", 2_000)]);
    }
}

#[test]
fn long_runs_pass_the_fast_checks() {
    for capacity in [1, 2, 3, 64] {
        let ring = Arc::new(Ring::starting_at(capacity, usize::MAX - 1_000));
        long_run("shared", stress::shared(&ring), capacity);
        let (producer, consumer) = spsc(capacity);
        let ends = (vec![producing(producer)], vec![consuming(consumer)]);
        long_run("spsc", ends, capacity);
        let (producer, consumer) = spmc(capacity);
        let consumers = vec![consuming(consumer.clone()), consuming(consumer)];
        long_run("spmc", (vec![producing(producer)], consumers), capacity);
        let (producer, consumer) = mpsc(capacity);
        let producers = vec![producing(producer.clone()), producing(producer)];
        long_run("mpsc", (producers, vec![consuming(consumer)]), capacity);
    }
}
