//! CPU-bound work: where blocking threads are as good or better, and how to keep it away from who
//! must stay on time.

use std::hash::{DefaultHasher, Hasher};
use std::hint::black_box;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::cores;
use crate::kit::measure::group::{Batch, Group, Window};
use crate::runtime::{Runtime, spawn, spawn_blocking, yield_now};
use crate::time::sleep_until;

use super::claim::{Claim, Course};
use super::heart::{BEAT, Heart};

/// Numbers that one hash takes in; about 200 us of a core of today.
const NUMBERS: u64 = 100_000;

/// Numbers between two yields.
const PIECE: u64 = 20_000;

/// Pieces of work, in hashes: what a task or a job computes before it is over.
const PIECES: [u64; 2] = [1, 10];

/// Tasks that compute beside the heart, and hashes in each.
const BESIDE: usize = 4;
const BESIDE_HASHES: u64 = 50;

const SUBJECT: &str = "windlass, a task each";
const POOL: &str = "thread pool";

/// The same as a rate, to read.
const RATE: &str = "hashes_per_s";

/// What counts as faster: a tenth.
const FASTER: f64 = 1.1;

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "cpu-bound",
    title: "CPU-bound work: blocking is as good",
    claimed: "Work that only computes gains nothing from being async: a pool of as many threads \
              as there are cores does as much of it; and on a worker thread it holds up whatever \
              else is awaited there.",
    measured: "Hashes per second, in pieces of about 200 us and 2 ms: a task for each on a worker \
               per core, against jobs for a plain thread pool of as many threads. Beside it a \
               heartbeat of 1 ms on a worker that computes, by three ways of computing.",
    refuted_by: "A tenth more hashes per second than the thread pool, with either piece.",
    rule: "Holds when windlass does at most 1.1 times what the thread pool does, with both pieces: \
           this is the claim that async does not win. The heartbeats are the boundary: they show \
           what computing on a worker spoils, and that spawn_blocking and yielding mend it.",
    not_shown: "Work that computes and waits in turn. Very small pieces, where what is compared is \
                the queue and not the work (the executor bench does).",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    let expected = hash(NUMBERS);
    for hashes in PIECES {
        course.group(&format!("hash_{hashes}"), |group| computes(group, hashes, expected));
    }
    course.group("beat", |group| beats(group, expected));
}

/// A number that takes time to find, and is always the same.
fn hash(numbers: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (0..black_box(numbers)).for_each(|number| hasher.write_u64(number));
    hasher.finish()
}

/// So many hashes; how many were right.
fn hashes(count: u64, expected: u64) -> u64 {
    (0..count).filter(|_| hash(NUMBERS) == expected).count() as u64
}

fn checked(right: u64, wanted: u64) -> Result<(), String> {
    match right == wanted {
        true => Ok(()),
        false => Err(format!("{right} of {wanted} hashes were right")),
    }
}

fn computes(group: &mut Group<'_>, each: u64, expected: u64) {
    let threads = cores::count();
    group
        .title(&format!("{each} hashes a piece, per hash"))
        .question("Is work that only computes done faster by tasks than by threads?")
        .method(&format!(
            "Pieces of {each} hashes (SipHash over {NUMBERS} numbers) are handed out all at once, \
             and the time counts until the last is done: a spawned task for each piece on \
             {threads} workers, or a boxed closure for each piece in a channel from which \
             {threads} threads take; as many pieces for each, so that none is left alone with the \
             last. Each hash is checked."
        ))
        .not_shown("Anything that waits.")
        .rounds(24, 24)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(100))
        .crowded()
        .smoke_ops(2)
        .no_better("at most 1.1 times the pool's hashes/s", POOL, FASTER);
    // With one piece over, a sample would tell of the piece and not of who computes it.
    let pieces =
        move |ops: u64, each: u64| ops.div_ceil(each).next_multiple_of(threads.max(1) as u64);
    match Runtime::builder().workers(threads).build() {
        Err(error) => group.broken(SUBJECT, Role::Subject, &error.to_string()),
        Ok(runtime) => group.checked(SUBJECT, Role::Subject, move |ops| {
            let pieces = pieces(ops, each);
            let began = Instant::now();
            let right = runtime.block_on(async {
                let start = |_| spawn(async move { hashes(each, expected) });
                let tasks: Vec<_> = (0..pieces).map(start).collect();
                let mut right = 0;
                for task in tasks {
                    right += task.await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(right)
            })?;
            done(began.elapsed(), pieces * each, right, ops)
        }),
    };
    let pool = Pool::start(threads);
    group.checked(POOL, Role::Baseline, move |ops| {
        let pieces = pieces(ops, each);
        let began = Instant::now();
        let (tell, told) = mpsc::channel();
        for _ in 0..pieces {
            let tell = tell.clone();
            // Fails only when nobody asks any more.
            pool.run(Box::new(move || {
                let _ = tell.send(hashes(each, expected));
            }))?;
        }
        drop(tell);
        let right = told.iter().sum();
        done(began.elapsed(), pieces * each, right, ops)
    });
}

/// The time for `ops` hashes, when `wanted` took `elapsed`.
fn done(elapsed: Duration, wanted: u64, right: u64, ops: u64) -> Result<Batch, String> {
    checked(right, wanted)?;
    let rate = wanted as f64 / elapsed.as_secs_f64();
    let batch = Batch::from(Duration::from_secs_f64(ops as f64 / rate));
    Ok(batch.with(RATE, rate))
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that take jobs out of one channel, as the standard library makes them.
struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    fn start(threads: usize) -> Pool {
        let (jobs, taken) = mpsc::channel::<Job>();
        let taken = Arc::new(Mutex::new(taken));
        let start = |_| {
            let taken = Arc::clone(&taken);
            thread::spawn(move || {
                while let Some(job) = next(&taken) {
                    job()
                }
            })
        };
        Pool { jobs: Some(jobs), threads: (0..threads).map(start).collect() }
    }

    fn run(&self, job: Job) -> Result<(), String> {
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job).is_ok());
        sent.filter(|sent| *sent).map(drop).ok_or_else(|| "the pool has ended".to_owned())
    }
}

fn next(taken: &Mutex<Receiver<Job>>) -> Option<Job> {
    taken.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        // A job that panicked has ended its thread, and its group has an error by then.
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

/// How a task computes beside the heart.
#[derive(Clone, Copy)]
enum Way {
    OnTheWorker,
    Yielding,
    SpawnBlocking,
}

fn beats(group: &mut Group<'_>, expected: u64) {
    group
        .boundary()
        .title("1 ms beat beside computing, p99 late")
        .question("What does work that computes do to what shares its thread?")
        .method(&format!(
            "A heartbeat of 1 ms, and {BESIDE} tasks that compute {BESIDE_HASHES} hashes \
             (about 10 ms) at a time, over and over, on a runtime of one worker: on the worker, \
             on it with a yield after each {PIECE} numbers, or by spawn_blocking. With threads, \
             each of them and the heart has a thread of its own."
        ))
        .not_shown("More threads that compute than here: the system shares the cores among them.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(250))
        .no_worse("on time as beside threads that compute", "a thread each", 1.0);
    for (name, way) in [
        ("windlass, computing on the worker", Way::OnTheWorker),
        ("windlass, yielding", Way::Yielding),
        ("windlass, spawn_blocking", Way::SpawnBlocking),
    ] {
        group.window(name, Role::Subject, move |window| awaiting(way, window, expected));
    }
    group.window("a thread each", Role::Baseline, move |window| threads(window, expected));
}

fn length(window: &Window) -> Duration {
    window.duration.max(BEAT * 20)
}

/// Hashes until `until`: how many, and how many of them were right.
fn hashes_until(until: Instant, expected: u64) -> (u64, u64) {
    let (mut done, mut right) = (0, 0);
    while Instant::now() < until {
        done += BESIDE_HASHES;
        right += hashes(BESIDE_HASHES, expected);
    }
    (done, right)
}

fn sample(heart: Heart, computed: &[(u64, u64)]) -> Result<Sample, String> {
    let sum = |of: fn(&(u64, u64)) -> u64| computed.iter().map(of).sum::<u64>();
    let (done, right) = (sum(|both| both.0), sum(|both| both.1));
    checked(right, done)?;
    let rate = done as f64 / heart.elapsed().as_secs_f64();
    Ok(heart.sample().with(RATE, rate))
}

fn awaiting(way: Way, window: &Window, expected: u64) -> Result<Sample, String> {
    let time = length(window);
    let runtime = Runtime::builder().workers(1).build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let until = Instant::now() + time;
        let tasks: Vec<_> = (0..BESIDE).map(|_| spawn(computing(way, until, expected))).collect();
        let heart = spawn(async move {
            let mut heart = Heart::new();
            while Instant::now() < until {
                sleep_until(heart.due()).await;
                heart.beat();
            }
            heart
        });
        let heart = heart.await.map_err(|error| error.to_string())?;
        let mut computed = Vec::new();
        for task in tasks {
            computed.push(task.await.map_err(|error| error.to_string())?);
        }
        sample(heart, &computed)
    })
}

/// Hashes until `until`, again and again: how many, and how many of them were right.
async fn computing(way: Way, until: Instant, expected: u64) -> (u64, u64) {
    let (mut done, mut right) = (0, 0);
    while Instant::now() < until {
        done += BESIDE_HASHES;
        right += match way {
            Way::OnTheWorker => {
                yield_now().await;
                hashes(BESIDE_HASHES, expected)
            }
            Way::Yielding => yielding(expected).await,
            Way::SpawnBlocking => {
                let closure = move || hashes(BESIDE_HASHES, expected);
                spawn_blocking(closure).await.unwrap_or_default()
            }
        };
    }
    (done, right)
}

/// The same hashes, with a yield after each piece.
async fn yielding(expected: u64) -> u64 {
    let mut right = 0;
    for _ in 0..BESIDE_HASHES {
        let mut hasher = DefaultHasher::new();
        for from in (0..NUMBERS).step_by(PIECE as usize) {
            (from..from + black_box(PIECE)).for_each(|number| hasher.write_u64(number));
            yield_now().await;
        }
        right += u64::from(hasher.finish() == expected);
    }
    right
}

fn threads(window: &Window, expected: u64) -> Result<Sample, String> {
    let until = Instant::now() + length(window);
    thread::scope(|scope| {
        let compute = |_| scope.spawn(move || hashes_until(until, expected));
        let computing: Vec<_> = (0..BESIDE).map(compute).collect();
        let mut heart = Heart::new();
        while Instant::now() < until {
            thread::sleep(heart.due().saturating_duration_since(Instant::now()));
            heart.beat();
        }
        let computed: Result<Vec<_>, _> =
            computing.into_iter().map(|thread| thread.join()).collect();
        sample(heart, &computed.map_err(|_| "a thread that computes panicked")?)
    })
}
