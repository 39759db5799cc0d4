//! A million timers alive at once, half of them cancelled.

use std::fs;
use std::mem;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use windlass_benches::{Better, Group, Harness, Sample, child};

use crate::board::Board;
use crate::runtimes::{AsyncIo, Clocked, Tokio, Windlass};

const TIMERS: usize = 1_000_000;
const SMOKE_TIMERS: usize = 1000;

/// The first deadline, from when registering begins: all must be registered by then.
const HEAD_START: Duration = Duration::from_millis(2500);
const SMOKE_HEAD_START: Duration = Duration::from_millis(100);

/// Tasks that come and go before, so that the places in windlass's queues have been used: these are
/// set aside for all tasks there may be, and no timer's memory.
const EARLIER: usize = 1 << 20;
const SMOKE_EARLIER: usize = 1 << 10;
const AT_ONCE: usize = 4096;

const BYTES: &str = "bytes_per_timer";
const LATE: &str = "lateness_ms_p99";

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("million", |group| {
        group
            .title("register one of 10^6 timers")
            .question(
                "What does a timer cost when a million are pending, half are cancelled, and the \
                       rest fire?",
            )
            .method(
                "A fresh process for each sample, two workers. One task spawns a million, each of \
                 which sleeps until a deadline of its own: spread evenly over 1.5 s, in no order, \
                 the first due 2.5 s after registering began, so that all are pending at once. The \
                 value is the processor time of the whole process until all are registered, the \
                 spawns included, by timers; bytes_per_timer the growth of resident memory, task \
                 and future included, \
                 but not the places in the runtime's queues, which tasks that came and went have \
                 used before. Then every second task is ended from outside (cancel_ns of processor \
                 time each), which takes its timer out. The lateness of the others counts from the \
                 deadline until the task runs; 333,000 fire each second.",
            )
            .not_shown(
                "Timers without tasks; timers that are armed and cancelled by the task itself, as \
                 a timeout is; a machine with more than two cores.",
            )
            .unit("ns of CPU per timer", Better::Lower)
            .limit("register a timer in at most 418 ns of CPU", 418.0)
            .limit_of("at most 226 bytes for each timer, its task included", BYTES, 226.0)
            .limit_of("fired within 2.3 ms at p99", LATE, 2.3)
            .beats("register in less CPU than tokio", Tokio::NAME)
            .without_control()
            .without_criterion()
            .crowded()
            .rounds(6, 6);
        contender::<Windlass>(group);
        contender::<Tokio>(group);
        contender::<AsyncIo>(group);
    });
}

fn contender<C: Clocked>(group: &mut Group<'_>) {
    group.window(C::NAME, C::ROLE, |window| {
        let timers = if window.smoke { SMOKE_TIMERS } else { TIMERS };
        let said = child::ask(&format!("million {timers} {}", C::NAME))?;
        let [register_ns, bytes, cancel_ns, late_ms_p50, late_ms_p99, late_ms_max] = said[..]
        else {
            return Err(format!("the measuring process said {said:?}"));
        };
        Ok(Sample::new(register_ns)
            // So few timers as in smoke mode may fit into pages that were there before.
            .with(BYTES, bytes.max(1.0))
            .with("cancel_ns", cancel_ns)
            .with("lateness_ms_p50", late_ms_p50)
            .with(LATE, late_ms_p99)
            .with("lateness_ms_max", late_ms_max))
    });
}

/// In the child: CPU and bytes to register, CPU to cancel, and lateness.
pub(crate) fn measured(name: &str, timers: usize) -> Result<Vec<f64>, String> {
    match name {
        Windlass::NAME => lived::<Windlass>(timers),
        Tokio::NAME => lived::<Tokio>(timers),
        AsyncIo::NAME => lived::<AsyncIo>(timers),
        _ => Err(format!("{name}: no such contender")),
    }
}

fn lived<C: Clocked>(timers: usize) -> Result<Vec<f64>, String> {
    let smoke = timers < TIMERS;
    let runtime = C::start()?;
    come_and_go(&runtime, if smoke { SMOKE_EARLIER } else { EARLIER })?;
    let head_start = if smoke { SMOKE_HEAD_START } else { HEAD_START };
    let mut kept: Vec<C::Task> = places(timers / 2);
    let board = Board::leaked(timers, Instant::now() + head_start);
    let (bytes_before, cpu_before) = (resident_bytes()?, cpu_ns()?);
    let (send, receive) = mpsc::channel();
    runtime.begin(async move {
        for timer in 0..timers as u32 {
            let task = C::spawn(sleeper::<C>(board, timer));
            if timer % 2 == 0 {
                C::detach(task);
            } else {
                kept.push(task);
            }
        }
        // The other side waits.
        drop(send.send(kept));
    });
    board.all_registered()?;
    let (bytes_after, cpu_after) = (resident_bytes()?, cpu_ns()?);
    let kept = receive.recv().map_err(|error| error.to_string())?;
    if board.gone() > 0 || Instant::now() >= board.deadline(0) {
        return Err(format!("not all timers were registered within {head_start:?}"));
    }
    let cancelled = kept.len();
    let cancel_before = cpu_ns()?;
    kept.into_iter().for_each(C::end);
    board.all_gone(cancelled)?;
    let cancel_after = cpu_ns()?;
    board.all_gone(timers)?;
    let late = board.lateness_us(timers - cancelled)?;
    let ms = |share: f64| f64::from(late[((late.len() - 1) as f64 * share) as usize]) / 1e3;
    // Nothing is gained by an orderly end.
    mem::forget(runtime);
    Ok(vec![
        (cpu_after - cpu_before) / timers as f64,
        (bytes_after - bytes_before) / timers as f64,
        (cancel_after - cancel_before) / cancelled as f64,
        ms(0.50),
        ms(0.99),
        ms(1.0),
    ])
}

async fn sleeper<C: Clocked>(board: &'static Board, timer: u32) {
    let _goes = board.registers();
    C::sleep_until(board.deadline(timer)).await;
    board.fires(timer);
}

/// Room for so many tasks, whose memory has been touched.
fn places<T>(tasks: usize) -> Vec<T> {
    let mut places: Vec<T> = Vec::with_capacity(tasks);
    let bytes = tasks * size_of::<T>();
    // SAFETY: the vector owns so many bytes; what they hold is of no account to an empty vector.
    unsafe { places.as_mut_ptr().cast::<u8>().write_bytes(1, bytes) };
    places
}

fn come_and_go<C: Clocked>(runtime: &C, tasks: usize) -> Result<(), String> {
    let board = Board::leaked(0, Instant::now());
    let at_once = AT_ONCE.min(tasks);
    for _ in 0..tasks / at_once {
        let before = board.gone();
        for _ in 0..at_once {
            runtime.begin(async move { drop(board.registers()) });
        }
        board.all_gone(before + at_once)?;
    }
    Ok(())
}

/// Resident memory of this process with its page tables.
fn resident_bytes() -> Result<f64, String> {
    let path = "/proc/self/status";
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let kib = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok())
            .ok_or_else(|| format!("{path}: no number behind {name}"))
    };
    Ok((kib("VmRSS:")? + kib("VmPTE:")?) * 1024.0)
}

/// Processor time of this process, in nanoseconds.
fn cpu_ns() -> Result<f64, String> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes the one value to which the pointer leads.
    match unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) } {
        0 => Ok(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64),
        _ => Err(std::io::Error::last_os_error().to_string()),
    }
}
