//! What came out is counted, added up, and looked at in order: a wrong queue is an error, not a
//! number.

use crate::queue::Value;

/// A value's number is its producer's above this bit, and a sequence number below.
const PRODUCER_SHIFT: u32 = 48;

/// The number of a producer's value.
#[inline]
pub(crate) fn number(producer: usize, sequence: u64) -> u64 {
    (producer as u64) << PRODUCER_SHIFT | sequence
}

/// What one side saw: how many values, their sum, how many came from nowhere, torn or too late.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) count: u64,
    pub(crate) sum: u64,
    misplaced: u64,
    next: Vec<u64>,
}

impl Seen {
    /// Of a consumer that takes from so many producers.
    pub(crate) fn from(producers: usize) -> Self {
        Self { next: vec![0; producers], ..Self::default() }
    }

    /// Counts a value without a look at its order.
    #[inline]
    pub(crate) fn add(&mut self, number: u64) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(number);
    }

    /// Counts a value that was popped. A wrong one ends nothing: other threads wait for this one.
    #[inline]
    pub(crate) fn take<V: Value>(&mut self, value: V) {
        let number = value.number();
        self.add(number);
        let sequence = number & ((1 << PRODUCER_SHIFT) - 1);
        match self.next.get_mut((number >> PRODUCER_SHIFT) as usize) {
            Some(next) if *next <= sequence && value.is_whole() => *next = sequence + 1,
            _ => self.misplaced += 1,
        }
    }
}

/// Compares what all producers and all consumers saw.
///
/// # Errors
/// What was lost, doubled, torn or overtaken.
pub(crate) fn same_values<'a>(
    ops: u64,
    pushed: impl Iterator<Item = &'a Seen> + Clone,
    popped: impl Iterator<Item = &'a Seen> + Clone,
) -> Result<(), String> {
    let (went_in, came_out) = (total(pushed), total(popped.clone()));
    if went_in.0 != ops || went_in != came_out {
        return Err(format!(
            "{ops} values to go in, {} with the sum {} did, {} with the sum {} came out",
            went_in.0, went_in.1, came_out.0, came_out.1
        ));
    }
    same("values torn or overtaken", popped.map(|seen| seen.misplaced).sum(), 0)
}

fn total<'a>(all: impl Iterator<Item = &'a Seen>) -> (u64, u64) {
    all.fold((0, 0), |(count, sum), seen| (count + seen.count, u64::wrapping_add(sum, seen.sum)))
}

/// 0 + 1 + ... + (count - 1), wrapping.
pub(crate) fn sum_below(count: u64) -> u64 {
    let (even, odd) = if count.is_multiple_of(2) {
        (count / 2, count.wrapping_sub(1))
    } else {
        (count, count / 2)
    };
    even.wrapping_mul(odd)
}

/// # Errors
/// What differs, and how.
pub(crate) fn same(what: &str, seen: u64, right: u64) -> Result<(), String> {
    if seen == right { Ok(()) } else { Err(format!("{what}: {seen}, right is {right}")) }
}
