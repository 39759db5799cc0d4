//! Permits: how many may be taken, who hoards how many, and when they are scarce.

use std::sync::atomic::Ordering;

use super::permits::Permits;

/// Permits without hoards.
const FEW: usize = 8;

#[test]
fn hoards_together_are_an_eighth() {
    for (tasks_max, workers, hoards, each) in [
        (1, 1, 0, 0),
        (23, 1, 0, 0),
        (24, 1, 3, 1),
        (47, 1, 3, 1),
        (48, 1, 3, 2),
        (1_000, 2, 4, 31),
        (1_000_000, 2, 4, 128),
        (FEW, 0, 0, 0),
        (16, 0, 2, 1),
    ] {
        let permits = Permits::new(tasks_max, workers);
        let mut borrowed = Vec::new();
        while let Some((number, hoard)) = permits.borrow_hoard() {
            assert_eq!(hoard.load(Ordering::Relaxed), 0);
            borrowed.push(number);
        }
        assert_eq!(permits.hoard_max, each, "{tasks_max} tasks, {workers} workers");
        assert_eq!(borrowed.len(), hoards, "{tasks_max} tasks, {workers} workers");
        let most = *borrowed.iter().max().unwrap_or(&0);
        assert_eq!(most, hoards.saturating_sub(1));
        if let Some(number) = borrowed.pop() {
            permits.return_hoard(number);
            assert_eq!(permits.borrow_hoard().map(|(again, _)| again), Some(number));
        }
    }
}

#[test]
fn what_lies_in_hoards_is_not_taken() {
    let permits = Permits::new(1_000, 2);
    assert_eq!((permits.taken(), permits.take(10), permits.taken()), (0, 10, 10));
    let (_, hoard) = permits.borrow_hoard().expect("there are four");
    hoard.store(6, Ordering::Relaxed);
    assert_eq!(permits.taken(), 4);
    hoard.store(11, Ordering::Relaxed);
    assert_eq!(permits.taken(), 0, "more than all are free while a hoard changes");
}

#[test]
fn no_more_than_there_are_can_be_taken() {
    let permits = Permits::new(FEW, 1);
    assert_eq!((permits.take(5), permits.take(5)), (5, 3));
    assert!(!permits.is_scarce(), "nobody was refused");
    assert_eq!((permits.take(5), permits.taken()), (0, FEW));
    assert!(permits.is_scarce());
}

#[test]
fn they_are_scarce_until_a_quarter_is_back() {
    let permits = Permits::new(FEW, 1);
    permits.judge();
    assert!(!permits.is_scarce());
    assert_eq!((permits.take(FEW), permits.take(1)), (FEW, 0));
    for back in 1..=3 {
        assert!(permits.is_scarce(), "{back} of {FEW}");
        assert!(!permits.give(1));
        permits.judge();
    }
    assert!(!permits.is_scarce(), "3 of {FEW}");
}

#[test]
fn a_worker_takes_half_a_hoard_and_one_where_they_are_scarce() {
    // Hoards of 31.
    let permits = Permits::new(1_000, 2);
    assert_eq!(permits.take_many(), 16);
    assert_eq!((permits.take(1_000), permits.take_many()), (984, 0));
    assert!(!permits.give(20));
    assert_eq!(permits.take_many(), 1);
}

#[test]
fn the_last_to_give_is_told() {
    for at_once in 1..=3 {
        let permits = Permits::new(FEW, 1);
        assert_eq!(permits.take(at_once), at_once);
        // The owner's end.
        assert!(!permits.give(1));
        for left in (0..at_once).rev() {
            assert_eq!(permits.give(1), left == 0);
        }
        let permits = Permits::new(FEW, 1);
        assert_eq!(permits.take(at_once), at_once);
        assert!(!permits.give(at_once), "the owner is there");
        assert!(permits.give(1));
    }
    let permits = Permits::new(FEW, 1);
    assert_eq!(permits.take(3), 3);
    assert!(!permits.give(1));
    assert!(permits.give(3), "several at once");
}
