//! Core plans on this machine: what is planned is what the system says of each thread.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;

use windlass::{CorePlan, Runtime, spawn_blocking};

/// The cores that the calling thread may use, as the kernel writes them.
fn own_cores() -> String {
    let status = read_to_string("/proc/thread-self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list"));
    let cores = line.and_then(|line| line.split_whitespace().last());
    cores.unwrap().to_owned()
}

/// Each worker's cores, as the kernel writes them.
fn workers_cores(plan: CorePlan, workers: Option<usize>) -> Vec<String> {
    let seen = Arc::new(Mutex::new(BTreeMap::new()));
    let noted = seen.clone();
    let mut builder = Runtime::builder().cores(plan);
    if let Some(workers) = workers {
        builder = builder.workers(workers);
    }
    let hooked = builder.on_thread_start(move |worker| {
        noted.lock().unwrap().insert(worker, own_cores());
    });
    drop(hooked.build().unwrap());
    let seen = seen.lock().unwrap();
    seen.values().cloned().collect()
}

fn written(cores: Vec<Option<usize>>) -> Vec<String> {
    cores.into_iter().map(|core| core.map_or_else(own_cores, |core| core.to_string())).collect()
}

#[test]
fn workers_run_where_the_plan_says_and_plans_wrap_round() {
    let last = CorePlan::Compact.cores(1000).unwrap()[999].unwrap();
    let plans =
        [CorePlan::None, CorePlan::Compact, CorePlan::Spread, CorePlan::Explicit(vec![last])];
    for plan in plans {
        let cores = plan.cores(5).unwrap();
        assert_eq!(cores.len(), 5);
        assert_eq!(workers_cores(plan.clone(), Some(5)), written(cores));
    }
}

#[test]
fn a_plan_names_each_core_once_before_it_begins_again() {
    let count = CorePlan::Compact.cores(10_000).unwrap();
    let cores: std::collections::BTreeSet<_> = count.iter().collect();
    let count = cores.len();
    for plan in [CorePlan::Compact, CorePlan::Spread] {
        let twice = plan.cores(2 * count).unwrap();
        let mut once = twice[..count].to_vec();
        assert_eq!(twice[count..], once);
        once.sort_unstable();
        assert!(once.iter().eq(cores.iter().copied()), "{plan:?}: {once:?}");
    }
}

/// Runs one test of this file again, with `WINDLASS_CHILD`, on one core.
fn on_one_core(core: usize, test: &str) -> Option<String> {
    let child = Command::new("taskset")
        .args(["-c", &core.to_string()])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("WINDLASS_CHILD", core.to_string())
        .output();
    let Ok(child) = child else {
        eprintln!("skipped: there is no taskset");
        return None;
    };
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    let error = String::from_utf8_lossy(&child.stderr);
    assert!(child.status.success(), "{said}{error}");
    Some(said)
}

#[test]
fn an_affinity_mask_bounds_the_workers_and_their_cores() {
    let Ok(core) = std::env::var("WINDLASS_CHILD") else {
        let name = "pinning::an_affinity_mask_bounds_the_workers_and_their_cores";
        for core in CorePlan::Compact.cores(2).unwrap() {
            if let Some(said) = on_one_core(core.unwrap(), name) {
                assert!(said.contains("1 passed"), "{said}");
            }
        }
        return;
    };
    assert_eq!(available_parallelism().unwrap().get(), 1);
    for plan in [CorePlan::None, CorePlan::Compact, CorePlan::Spread] {
        assert_eq!(workers_cores(plan.clone(), None), vec![core.clone(); 1]);
        assert_eq!(workers_cores(plan, Some(3)), vec![core.clone(); 3]);
    }
    let elsewhere = CorePlan::Explicit(vec![core.parse::<usize>().unwrap() + 1]);
    let error = elsewhere.cores(1).unwrap_err().to_string();
    let end = format!("it may use [{core}]");
    assert!(error.ends_with(&end), "{error}");
}

#[test]
fn in_a_task_a_plan_has_the_workers_core_and_in_spawn_blocking_all() {
    let runtime = Runtime::builder().workers(1).build().unwrap();
    let all = CorePlan::Spread.cores(64);
    let inside = runtime.spawn(async {
        let in_task = CorePlan::Spread.cores(64);
        let blocking = spawn_blocking(|| CorePlan::Spread.cores(64));
        (in_task, blocking.await.unwrap())
    });
    let (in_task, blocking) = runtime.block_on(inside).unwrap();
    let own = CorePlan::Compact.cores(1).unwrap()[0];
    assert_eq!(in_task, Ok(vec![own; 64]));
    assert_eq!(blocking, all);
}
