//! Threads that begin together, each on a core, and retry by one policy.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How the retry policy is published.
pub(crate) const POLICY: &str = "On full or empty a thread spins 64 times (pause), then yields to \
                                 the kernel each time, until it succeeds.";

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

/// What each thread did, and when.
pub(crate) struct Ran<T> {
    /// From the first thread's beginning to the last one's end.
    pub(crate) elapsed: Duration,
    /// Each thread's own time and result, by its number.
    pub(crate) each: Vec<(Duration, T)>,
}

/// Runs `work(number)` on `threads` threads that begin together, thread n on core n (wrapping
/// round).
///
/// # Errors
/// A thread's own error, or that it panicked.
pub(crate) fn together<T: Send>(
    threads: usize,
    work: impl Fn(usize) -> Result<T, String> + Sync,
) -> Result<Ran<T>, String> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    let waiting = AtomicUsize::new(threads);
    let run = |number: usize| {
        if let Some(core) = cores.get(number % cores.len().max(1)) {
            core_affinity::set_for_current(*core);
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
        let mut retry = Retry::default();
        while waiting.load(Ordering::Acquire) > 0 {
            retry.wait();
        }
        let began = Instant::now();
        let result = work(number);
        (began, Instant::now(), result)
    };
    let finished: Vec<_> = thread::scope(|scope| {
        let run = &run;
        let handles: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || run(number)))
            .collect();
        handles.into_iter().map(|handle| handle.join()).collect()
    });
    let mut each = Vec::new();
    let mut span: Option<(Instant, Instant)> = None;
    for thread in finished {
        let (began, ended, result) = thread.map_err(|_| "a thread panicked".to_owned())?;
        let (first, last) = span.unwrap_or((began, ended));
        span = Some((first.min(began), last.max(ended)));
        each.push((ended - began, result?));
    }
    let elapsed = span.map_or(Duration::ZERO, |(first, last)| last - first);
    Ok(Ran { elapsed, each })
}

/// The smallest by the largest: 1 is perfectly fair, 0 is starvation.
pub(crate) fn fairness(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(0.0, f64::max);
    if most > 0.0 { least / most } else { 0.0 }
}
