//! Wakes that went through the kernel: eventfd writes and futex wakes while tasks come from
//! outside.
//!
//! A fresh process counts its own calls by the kernel's tracepoints (`perf_event_open`), which slow
//! nothing down that would change what is counted, as a tracer that stops the process would. It
//! needs tracefs and the right to use it; where that is missing the group is left out, with a
//! reason.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd};
use std::time::Duration;

use windlass_benches::{Better, Group, Harness, Sample};

use crate::child;
use crate::latch::Latch;
use crate::peers::{
    AsyncExecutor, Defaults, Executor, FuturesPool, May, Plain, Spawner, Static, Tokio, WORKERS,
    Windlass, Workers,
};

/// What a child is asked for.
pub(crate) const KIND: &str = "system_calls";

const TASKS: usize = 10_000;

/// `FUTEX_WAKE`, private or not.
const FUTEX_WAKES: &str = "op == 1 || op == 129";

const TRACEPOINTS: [&str; 2] =
    ["/sys/kernel/tracing/events/syscalls", "/sys/kernel/debug/tracing/events/syscalls"];

const PERF_TYPE_TRACEPOINT: u64 = 2;
const PERF_ATTR_BYTES: u64 = 64;
const PERF_INHERIT: u64 = 1 << 1;
const PERF_EVENT_IOC_SET_FILTER: libc::c_ulong = 0x4008_2406;

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    if let Err(error) = Counters::open() {
        eprintln!(
            "executor/system_calls: left out, tracepoints cannot be used: {error} (needs root and \
             `mount -t tracefs nodev /sys/kernel/tracing`)"
        );
        return;
    }
    bench.group("system_calls", |group| {
        group
            .title("kernel wakes for 10,000 tasks")
            .question("How often does spawning from outside go through the kernel?")
            .method(
                "A fresh process for each sample: 10,000 tasks from a thread outside, without a \
                 pause, after as many to warm up; write and futex (wake only) system calls of the \
                 whole process until all have run, counted by tracepoints. The process writes \
                 nothing else.",
            )
            .not_shown("Tasks that come one by one with pauses between: each must wake somebody.")
            .unit("calls per 10,000 tasks", Better::Lower)
            .limit("at most 100 wakes through the kernel", 100.0)
            .rounds(10, 16)
            .budget(Duration::from_secs(4))
            .without_control()
            .without_criterion()
            .crowded();
        contender::<Windlass>(group);
        contender::<Tokio>(group);
        contender::<AsyncExecutor<Static>>(group);
        contender::<AsyncExecutor<Plain>>(group);
        contender::<FuturesPool>(group);
        contender::<May>(group);
    });
}

fn contender<E: Workers>(group: &mut Group<'_>) {
    group.window(E::NAME, E::ROLE, |_| {
        let said = child::ask(KIND, E::NAME, TASKS)?;
        let [writes, wakes] = said[..] else {
            return Err(format!("the measuring process said {said:?}"));
        };
        // None at all would be better than can be shown.
        let sample = Sample::new((writes + wakes).max(1.0));
        Ok(sample.with("writes", writes).with("futex_wakes", wakes))
    });
}

/// In the child: writes and futex wakes for `tasks` tasks of the contender `name`.
pub(crate) fn measured(name: &str, tasks: usize) -> Result<Vec<f64>, String> {
    match name {
        Windlass::<Defaults>::NAME => counted::<Windlass>(tasks),
        Tokio::NAME => counted::<Tokio>(tasks),
        AsyncExecutor::<Static>::NAME => counted::<AsyncExecutor<Static>>(tasks),
        AsyncExecutor::<Plain>::NAME => counted::<AsyncExecutor<Plain>>(tasks),
        FuturesPool::NAME => counted::<FuturesPool>(tasks),
        May::NAME => counted::<May>(tasks),
        _ => Err(format!("{name}: no such contender")),
    }
}

fn counted<E: Workers>(tasks: usize) -> Result<Vec<f64>, String> {
    // Before the workers start: only threads that come later are counted too.
    let mut counters = Counters::open().map_err(|error| error.to_string())?;
    let executor = E::start(WORKERS)?;
    let latch = Latch::leaked(tasks);
    let spawner = executor.starter();
    let run = || {
        latch.reset(tasks);
        for number in 0..tasks {
            spawner.detach(async move { latch.arrive(number) });
        }
        latch.wait()
    };
    run()?;
    let before = counters.read().map_err(|error| error.to_string())?;
    run()?;
    let after = counters.read().map_err(|error| error.to_string())?;
    Ok(vec![(after[0] - before[0]) as f64, (after[1] - before[1]) as f64])
}

/// Counts this process's writes and futex wakes.
struct Counters([File; 2]);

impl Counters {
    fn open() -> io::Result<Self> {
        let (writes, wakes) = (counter("sys_enter_write")?, counter("sys_enter_futex")?);
        let filter = std::ffi::CString::new(FUTEX_WAKES)?;
        // SAFETY: the descriptor is open, and the kernel copies the string during the call.
        let set =
            unsafe { libc::ioctl(wakes.as_raw_fd(), PERF_EVENT_IOC_SET_FILTER, filter.as_ptr()) };
        if set == 0 { Ok(Self([writes, wakes])) } else { Err(io::Error::last_os_error()) }
    }

    fn read(&mut self) -> io::Result<[u64; 2]> {
        let mut counts = [0; 2];
        for (file, count) in self.0.iter_mut().zip(&mut counts) {
            let mut bytes = [0; 8];
            file.read_exact(&mut bytes)?;
            *count = u64::from_ne_bytes(bytes);
        }
        Ok(counts)
    }
}

fn counter(name: &str) -> io::Result<File> {
    let ids = TRACEPOINTS.map(|folder| fs::read_to_string(format!("{folder}/{name}/id")));
    let id = ids.into_iter().reduce(|first, second| first.or(second));
    let id = id.unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))?;
    let id: u64 = id.trim().parse().map_err(io::Error::other)?;
    // The first 64 bytes of `perf_event_attr`: type and size, config, period, sample type, read
    // format, flags, wakeups, breakpoints.
    let attributes =
        [PERF_TYPE_TRACEPOINT | PERF_ATTR_BYTES << 32, id, 0, 0, 0, PERF_INHERIT, 0, 0_u64];
    // SAFETY: `attributes` is as long as its size says and lives during the call; the result is a
    // new descriptor or -1.
    let opened =
        unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), 0, -1, -1, 0) };
    if opened < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave it, and nobody else has it.
    Ok(unsafe { File::from_raw_fd(opened as i32) })
}
