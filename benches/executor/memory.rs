//! Tasks that wait: what each takes of the machine's memory, told by a fresh process.

use std::process::{Command, ExitCode};
use std::time::Duration;
use std::{env, fs};

use windlass_benches::{Better, Group, Harness, Role, Sample};

use crate::crowd::{Crowd, FUTURE_BYTES};
use crate::crowd_of_threads::Places;
use crate::peers::{AsyncExecutor, Executor, THREADS, Tokio, Windlass};

/// Names the contender a child is to measure, and with how many tasks.
const CHILD_VARIABLE: &str = "WINDLASS_BENCH_MEMORY";

const TASKS: usize = 100_000;
const THREAD_COUNT: usize = 1_000;
const SMOKE_TASKS: usize = 512;

/// The bar: 128 bytes beside the future.
const TASK_BYTES_MAX: usize = 128 + FUTURE_BYTES;

/// Measures the group of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("memory", |group| {
        let method = "A fresh process for each sample: 100,000 tasks spawned from outside, each \
                      polled once, idle, its waker kept in a table that was there before; future \
                      of 24 bytes, allocator's bytes, and the places used in the runtime's queues \
                      and tables included. Growth of resident memory and page tables, by tasks. \
                      Threads: 1,000, parked; kernel stacks included.";
        group
            .title("bytes for each idle task")
            .question("What does a task take that only waits?")
            .method(method)
            .not_shown(
                "Futures of real services, mostly larger than all of this; other allocators.",
            )
            .unit("bytes per task", Better::Lower)
            .limit(
                "an idle task takes less than 128 bytes beside its future",
                (TASK_BYTES_MAX - 1) as f64,
            )
            .rounds(6, 10)
            .budget(Duration::from_secs(5))
            .without_criterion()
            .crowded();
        contender(group, Windlass::NAME, Windlass::ROLE, TASKS);
        contender(group, Tokio::NAME, Tokio::ROLE, TASKS);
        contender(group, AsyncExecutor::NAME, AsyncExecutor::ROLE, TASKS);
        contender(group, THREADS, Role::Baseline, THREAD_COUNT);
    });
}

fn contender(group: &mut Group<'_>, name: &'static str, role: Role, tasks: usize) {
    group.window(name, role, move |window| {
        let tasks = if window.smoke { SMOKE_TASKS } else { tasks };
        ask_child(name, tasks).map(Sample::new)
    });
}

/// Starts this program again to measure one contender once.
fn ask_child(name: &str, tasks: usize) -> Result<f64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.env(CHILD_VARIABLE, format!("{tasks} {name}"));
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match said.trim().parse() {
        Ok(bytes) if output.status.success() => Ok(bytes),
        _ => {
            let error = String::from_utf8_lossy(&output.stderr);
            Err(format!(
                "the measuring process: {}, {}",
                output.status,
                error.trim()
            ))
        }
    }
}

/// Measures and prints the bytes, where this process is a child made for that.
pub(crate) fn child() -> Option<ExitCode> {
    let wanted = env::var(CHILD_VARIABLE).ok()?;
    Some(match measured(&wanted) {
        Ok(bytes) => {
            println!("{bytes}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    })
}

fn measured(wanted: &str) -> Result<f64, String> {
    let (tasks, name) = wanted.split_once(' ').unwrap_or((wanted, ""));
    let tasks = tasks
        .parse()
        .map_err(|error| format!("{CHILD_VARIABLE}={wanted}: {error}; right is \"100000 name\""))?;
    let bytes = match name {
        Windlass::NAME => task_bytes::<Windlass>(tasks)?,
        Tokio::NAME => task_bytes::<Tokio>(tasks)?,
        AsyncExecutor::NAME => task_bytes::<AsyncExecutor>(tasks)?,
        THREADS => thread_bytes(tasks)?,
        _ => return Err(format!("{CHILD_VARIABLE}={wanted}: no such contender")),
    };
    // So few tasks as in smoke mode may fit into pages that were there before.
    Ok((bytes as f64 / tasks as f64).max(1.0))
}

fn task_bytes<E: Executor>(tasks: usize) -> Result<u64, String> {
    let crowd = Crowd::leaked(tasks);
    let executor = E::start()?;
    crowd.live(&executor, 1)?;
    let before = resident_bytes()?;
    crowd.gather(&executor, tasks)?;
    let after = resident_bytes()?;
    crowd.dismiss(tasks)?;
    Ok(after.saturating_sub(before))
}

fn thread_bytes(threads: usize) -> Result<u64, String> {
    let places = Places::leaked(threads);
    let (before, stacks_before) = (resident_bytes()?, kernel_stack_bytes()?);
    let (gathered, _) = places.gather(threads)?;
    let (after, stacks_after) = (resident_bytes(), kernel_stack_bytes());
    gathered.release();
    Ok((after? + stacks_after?).saturating_sub(before + stacks_before))
}

/// What this process has in memory, with its page tables.
fn resident_bytes() -> Result<u64, String> {
    let path = "/proc/self/status";
    Ok(kib(path, "VmRSS:")? * 1024 + kib(path, "VmPTE:")? * 1024)
}

/// The kernel stacks of the whole machine.
fn kernel_stack_bytes() -> Result<u64, String> {
    Ok(kib("/proc/meminfo", "KernelStack:")? * 1024)
}

fn kib(path: &str, name: &str) -> Result<u64, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .ok_or_else(|| format!("{path}: no number behind {name}"))
}
