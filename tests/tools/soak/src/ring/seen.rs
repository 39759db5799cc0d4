//! What one thread took out of the queue, and whether all threads together took each value once.

/// Bits of a value that number it among its producer's.
const NUMBER_BITS: u32 = 40;

/// The `number`-th value of a producer.
pub(crate) fn value(producer: usize, number: usize) -> u64 {
    (producer as u64) << NUMBER_BITS | number as u64
}

/// The values that one thread took.
#[derive(Clone)]
pub(crate) struct Seen {
    /// For each producer a bit for each of its values.
    taken: Vec<Vec<u64>>,
    /// For each producer the least number that may still come.
    next: Vec<usize>,
    each: usize,
}

impl Seen {
    /// Nothing yet of `each` values from each producer.
    pub(crate) fn new(producers: usize, each: usize) -> Self {
        let taken = vec![vec![0; each.div_ceil(64)]; producers];
        Self { taken, next: vec![0; producers], each }
    }

    /// Takes `value`: one that was pushed, later than all that came from its producer before.
    pub(crate) fn take(&mut self, value: u64) -> Result<(), String> {
        let producer = (value >> NUMBER_BITS) as usize;
        let number = (value & ((1 << NUMBER_BITS) - 1)) as usize;
        if producer >= self.taken.len() || number >= self.each {
            return Err(format!("{value:#x} was never pushed"));
        }
        let next = self.next[producer];
        if number < next {
            return Err(format!("producer {producer}: {number} came after {}", next - 1));
        }
        self.next[producer] = number + 1;
        self.taken[producer][number / 64] |= 1 << (number % 64);
        Ok(())
    }

    /// Whether all threads together took each value once.
    pub(crate) fn each_once(all: &[Seen]) -> Result<(), String> {
        let Some(first) = all.first() else { return Err("nobody took anything".into()) };
        for producer in 0..first.taken.len() {
            for word in 0..first.taken[producer].len() {
                let (mut once, mut twice) = (0_u64, 0);
                for bits in all.iter().map(|seen| seen.taken[producer][word]) {
                    twice |= once & bits;
                    once |= bits;
                }
                let expected = u64::MAX >> (64 - (first.each - word * 64).min(64));
                let at = |bits: u64| word * 64 + bits.trailing_zeros() as usize;
                if twice != 0 {
                    return Err(format!("producer {producer}: {} came twice", at(twice)));
                }
                if once != expected {
                    return Err(format!("producer {producer}: {} is lost", at(once ^ expected)));
                }
            }
        }
        Ok(())
    }
}

/// The check refuses what a broken queue would do, and takes what an honest one does.
///
/// # Panics
/// When it does not.
pub(crate) fn try_the_check() {
    const EACH: usize = 100;
    let run = |changed: &dyn Fn(&mut Vec<u64>)| {
        let mut values: Vec<u64> = (0..EACH).map(|number| value(1, number)).collect();
        changed(&mut values);
        let mut all = vec![Seen::new(2, EACH); 2];
        (0..EACH).try_for_each(|number| all[0].take(value(0, number)))?;
        let (mine, yours) = values.split_at(EACH / 2);
        mine.iter().try_for_each(|value| all[0].take(*value))?;
        yours.iter().try_for_each(|value| all[1].take(*value))?;
        Seen::each_once(&all)
    };
    assert_eq!(run(&|_| ()), Ok(()));
    let refused = |what: &str, changed: &dyn Fn(&mut Vec<u64>)| {
        let said = run(changed).expect_err(what);
        assert!(said.contains(what), "{said:?} for {what:?}");
    };
    refused("99 is lost", &|values| values.truncate(EACH - 1));
    refused("20 is lost", &|values| values.retain(|it| *it != value(1, 20)));
    refused("20 came twice", &|values| values[50] = value(1, 20));
    refused("20 came after 20", &|values| values[21] = value(1, 20));
    refused("20 came after 21", &|values| values.swap(20, 21));
    refused("was never pushed", &|values| values[50] = value(1, EACH));
    refused("was never pushed", &|values| values[50] = value(2, 0));
}
