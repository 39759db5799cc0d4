//! Threads that begin together, each on a core, share the work out in small pieces, and retry
//! by one policy.

use std::hint;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;

use crate::queue::{Pop, Push, Value};

/// How the retry policy is published.
pub(crate) const POLICY: &str = "Retry policy \"spin64+yield\", the same for all: on full or empty \
                                 a thread spins 64 times (pause), then yields to the kernel each \
                                 time, until it succeeds.";

/// What every group with threads says of its figures.
pub(crate) const READING: &str = "Threads run before the clock starts. Contended queues have more \
                                  than one mode: the threads are new in each sample, and the \
                                  quartiles show the spread. A ratio below 1.3 is a tie here, \
                                  whatever its interval says.";

const SPINS: u32 = 64;

/// Waiting for the other side: bounded spinning, then yielding.
#[derive(Default)]
pub(crate) struct Retry {
    spins: u32,
}

impl Retry {
    #[inline]
    pub(crate) fn wait(&mut self) {
        if self.spins < SPINS {
            self.spins += 1;
            hint::spin_loop();
        } else {
            thread::yield_now();
        }
    }
}

/// Pushes, however long it takes.
#[inline]
pub(crate) fn push<V: Value>(end: &mut impl Push<V>, value: V) {
    let mut retry = Retry::default();
    let mut value = value;
    while let Err(back) = end.push(value) {
        value = back;
        retry.wait();
    }
}

/// Pushes all of `values`, however long it takes.
#[inline]
pub(crate) fn push_all<V: Value>(end: &mut impl Push<V>, values: &[V]) {
    let mut retry = Retry::default();
    let mut left = values;
    loop {
        let pushed = end.push_slice(left);
        left = &left[pushed..];
        if left.is_empty() {
            return;
        }
        retry.wait();
    }
}

/// Pops, however long it takes.
#[inline]
pub(crate) fn pop<V: Value>(end: &mut impl Pop<V>) -> V {
    let mut retry = Retry::default();
    loop {
        match end.pop() {
            Some(value) => return value,
            None => retry.wait(),
        }
    }
}

/// Work that threads take in pieces, so that they all work until the end.
pub(crate) struct Work {
    taken: CachePadded<AtomicU64>,
    all: u64,
    piece: u64,
}

/// The largest piece: about 10 us of the slowest queue.
const PIECE_MAX: u64 = 256;

impl Work {
    pub(crate) fn new(all: u64, threads: usize) -> Self {
        Self {
            taken: CachePadded::new(AtomicU64::new(0)),
            all,
            piece: (all / (threads as u64 * 64)).clamp(1, PIECE_MAX),
        }
    }

    /// The next piece; 0 when there is none.
    #[inline]
    pub(crate) fn take(&self) -> u64 {
        let before = self.taken.fetch_add(self.piece, Ordering::Relaxed);
        self.all.saturating_sub(before).min(self.piece)
    }
}

/// Where threads wait for each other before they begin. Nobody yields here: the kernel takes the
/// turns that a thread gave up from those it gets later.
struct Start {
    asleep: Barrier,
    /// Counted up where each thread has a core: who woke first waits for who woke last.
    awake: Option<AtomicUsize>,
    threads: usize,
}

impl Start {
    fn of(threads: usize, cores: usize) -> Self {
        Self {
            asleep: Barrier::new(threads),
            awake: (threads <= cores).then(AtomicUsize::default),
            threads,
        }
    }

    fn wait(&self) {
        self.asleep.wait();
        if let Some(awake) = &self.awake {
            awake.fetch_add(1, Ordering::AcqRel);
            while awake.load(Ordering::Acquire) < self.threads {
                hint::spin_loop();
            }
        }
    }
}

/// What each thread did, and when.
pub(crate) struct Ran<T> {
    /// From the first thread's beginning to the last one's end.
    pub(crate) elapsed: Duration,
    /// Each thread's result, by its number.
    pub(crate) each: Vec<T>,
}

/// Runs `work(number, own)` on a thread for each of `owned`, which begin together, thread n on core
/// n (wrapping round).
///
/// # Errors
/// A thread's own error, or that it panicked.
pub(crate) fn together<O: Send, T: Send>(
    owned: impl IntoIterator<Item = O>,
    work: impl Fn(usize, O) -> Result<T, String> + Sync,
) -> Result<Ran<T>, String> {
    let owned: Vec<_> = owned.into_iter().map(|own| Mutex::new(Some(own))).collect();
    let done: Vec<_> = owned.iter().map(|_| Mutex::new(None)).collect();
    let elapsed = begin_together(owned.len(), &|number| {
        if let Some(own) = taken(&owned[number]) {
            let result = work(number, own);
            *done[number].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        }
    })?;
    let each: Result<Vec<T>, String> = done
        .iter()
        .map(|result| taken(result).unwrap_or_else(|| Err("a thread left nothing".to_owned())))
        .collect();
    Ok(Ran { elapsed, each: each? })
}

fn taken<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Runs `work(number)` on `threads` threads; from the first one's beginning to the last one's end.
/// Compiled once for all contenders: there are hundreds.
fn begin_together(threads: usize, work: &(dyn Fn(usize) + Sync)) -> Result<Duration, String> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let start = Start::of(threads, cores.len());
    let run = |number: usize| {
        if let Some(core) = cores.get(number % cores.len().max(1)) {
            core_affinity::set_for_current(*core);
        }
        start.wait();
        let began = Instant::now();
        work(number);
        (began, Instant::now())
    };
    let finished: Vec<_> = thread::scope(|scope| {
        let run = &run;
        let handles: Vec<_> = (0..threads).map(|number| scope.spawn(move || run(number))).collect();
        handles.into_iter().map(|handle| handle.join()).collect()
    });
    let mut span: Option<(Instant, Instant)> = None;
    for thread in finished {
        let (began, ended) = thread.map_err(|_| "a thread panicked".to_owned())?;
        let (first, last) = span.unwrap_or((began, ended));
        span = Some((first.min(began), last.max(ended)));
    }
    Ok(span.map_or(Duration::ZERO, |(first, last)| last - first))
}

/// The smallest by the largest: 1 is perfectly fair, 0 is starvation.
pub(crate) fn fairness(counts: impl Iterator<Item = u64> + Clone) -> f64 {
    let least = counts.clone().min().unwrap_or(0);
    let most = counts.max().unwrap_or(0);
    if most > 0 { least as f64 / most as f64 } else { 0.0 }
}
