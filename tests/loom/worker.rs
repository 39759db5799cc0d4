//! Exploring in processes of their own: a broken model may abort, and memory maps are not shared.
//!
//! ```text
//! to the child     number of the variant, tab, the mutant's site, tab, its change
//! from the child   "said", tab, a panic's words; "done", tab, executions, milliseconds, sites
//! ```

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::explore::{Explored, Variant, keep_panics_quiet};
use crate::sites::{Mutant, Site};

/// The argument that makes this binary a worker.
pub(crate) const WORKER: &str = "--worker";

/// How long one exploration may take: the longest takes 3 s on a quiet machine, and a hundred times
/// that where dozens of builds run beside.
const LIMIT: Duration = Duration::from_secs(600);

/// A process that explores.
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

/// How an exploration in another process went.
enum Ended {
    Done(Explored),
    Died(Explored),
    TooLong,
}

impl Worker {
    pub(crate) fn start() -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(WORKER).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let ends = child.stdin.take().zip(child.stdout.take());
        let (input, output) = ends.ok_or(io::ErrorKind::BrokenPipe)?;
        let (sender, lines) = mpsc::channel();
        // Ends with the child.
        thread::spawn(move || {
            let lines = BufReader::new(output).lines().map_while(Result::ok);
            for line in lines {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, input, lines })
    }

    /// Explores variant `number`, with one site changed or none. A worker that dies is a failure
    /// of the model, and another takes its place; one that takes too long is replaced, and the new
    /// one has one more try.
    pub(crate) fn explore(
        &mut self,
        number: usize,
        mutant: Option<&Mutant>,
    ) -> io::Result<Explored> {
        let mutant = mutant.map_or_else(String::new, |mutant| {
            format!("{}\t{}", mutant.site.to_word(), mutant.change)
        });
        let order = format!("{number}\t{mutant}");
        for _ in 0..2 {
            match self.ask(&order)? {
                Ended::Done(explored) => return Ok(explored),
                Ended::Died(explored) => {
                    *self = Self::start()?;
                    return Ok(explored);
                }
                Ended::TooLong => {
                    println!("took more than {} s: {order}", LIMIT.as_secs());
                    *self = Self::start()?;
                }
            }
        }
        let seconds = LIMIT.as_secs();
        let order = order.replace('\t', " ");
        let said = format!("variant {order} took more than {seconds} s, twice");
        Err(io::Error::new(io::ErrorKind::TimedOut, said))
    }

    fn ask(&mut self, order: &str) -> io::Result<Ended> {
        writeln!(self.input, "{order}")?;
        let until = Instant::now() + LIMIT;
        let mut failure = None;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Ok(Ended::TooLong),
                Err(RecvTimeoutError::Disconnected) => {
                    let said = failure.unwrap_or_else(|| "nothing".to_owned());
                    return Ok(Ended::Died(Explored {
                        executions: 0,
                        took_ms: 0,
                        reached: Default::default(),
                        failure: Some(format!("{said} (and then the process ended)")),
                    }));
                }
            };
            let words: Vec<&str> = line.trim_end().split('\t').collect();
            match words[..] {
                ["said", said] => failure = Some(said.to_owned()),
                ["done", failed, executions, took_ms, ref sites @ ..] => {
                    let reached = sites.iter().filter_map(|word| Site::from_word(word));
                    return Ok(Ended::Done(Explored {
                        executions: executions.parse().unwrap_or(0),
                        took_ms: took_ms.parse().unwrap_or(0),
                        reached: reached.collect(),
                        failure: failure.filter(|_| failed == "failed"),
                    }));
                }
                _ => {}
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already; either way it is gone after the wait.
        let _ended = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The worker's side: explores what the lines of standard input say, until they end.
pub(crate) fn serve(variants: &[Variant]) -> io::Result<()> {
    keep_panics_quiet(|said| {
        let _parent_gone = writeln!(io::stdout(), "said\t{}", said.replace('\t', " "));
    });
    for line in io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        let variant = words[0].parse().ok().and_then(|number: usize| variants.get(number));
        let Some(variant) = variant else {
            return Err(io::Error::other(format!("no variant {line}")));
        };
        let explored = variant.explore(mutant(&words[1..]));
        let word = if explored.failure.is_some() { "failed" } else { "held" };
        let sites: Vec<String> = explored.reached.iter().map(Site::to_word).collect();
        let (executions, took_ms) = (explored.executions, explored.took_ms);
        writeln!(io::stdout(), "done\t{word}\t{executions}\t{took_ms}\t{}", sites.join("\t"))?;
    }
    Ok(())
}

fn mutant(words: &[&str]) -> Option<Mutant> {
    let [site, change] = words else {
        return None;
    };
    let site = Site::from_word(site)?;
    let change = site.changes().into_iter().find(|known| known.to_string() == *change)?;
    Some(Mutant { site, change })
}

/// Runs `job` on each item, with as many workers as there are cores; the results in the items'
/// order.
pub(crate) fn in_parallel<T: Send, R: Send>(
    items: Vec<T>,
    job: impl Fn(&mut Worker, T) -> io::Result<R> + Sync,
) -> io::Result<Vec<R>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let todo = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let work = || -> io::Result<()> {
        let mut worker = Worker::start()?;
        loop {
            let next = todo.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, item)) = next else {
                return Ok(());
            };
            let result = job(&mut worker, item)?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(ended) => ended,
            Err(_) => Err(io::Error::other("a thread that drives a worker panicked")),
        })
    })?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}
