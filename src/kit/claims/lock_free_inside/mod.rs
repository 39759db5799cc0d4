//! Lock-free inside: the same executor on windlass's ring, on crossbeam's queue, on a mutex; bound
//! to cores or not; with a queue for each worker or one for all.
//!
//! Bottom-up: the queues, the work, the claim.

mod load;
pub mod queues;

use crate::executor::{CorePlan, Policy, Rings, RunQueues, Shared, Stealing};
use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::group::Group;
use crate::runtime::Runtime;

use std::time::Duration;

use self::load::{TAIL, Work};
use self::queues::{Arrays, Locks};
use super::claim::{Claim, Course};

const SUBJECT: &str = "windlass, as it is";
const MUTEX: &str = "VecDeque under a mutex";
const ARRAY: &str = "crossbeam ArrayQueue";
const SHARED: &str = "one ring for all";
const SHARED_MUTEX: &str = "one mutex for all";
const UNBOUND: &str = "not bound to cores";

/// Tasks that may be on their way from outside at a time.
const ARRIVING: [usize; 2] = [256, 4096];

/// What counts as "as many": at most a tenth fewer.
const AS_MANY: f64 = 1.0 / 1.1;

/// Workers: where the question is what they share, there are two at least.
const WORKERS: usize = 2;

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "lock-free-inside",
    title: "Lock-free inside",
    claimed: "An executor whose run queues are lock-free rings gets more done between its tasks \
              than the same executor on locked queues, and takes as much from outside; a queue \
              for each worker gets more done than one that all share, and lets what comes from \
              outside wait less than a locked one for all does.",
    measured: "windlass with two workers (one for tasks from outside) and nothing changed but its \
               run queues (ring, ArrayQueue, VecDeque under a mutex), its policy (stealing, \
               shared) or its core plan (bound, not): yields and tasks from outside per second, \
               the delay of a task from outside (p99), how fairly turns are spread.",
    refuted_by: "A mutex as queue, or one queue for all workers, under which as many yields are \
                 done; a mutex under which a tenth more tasks come in from outside; or tasks from \
                 outside that wait as long (p99) as with one locked queue for all.",
    rule: "Holds when all of these hold. With tasks from outside one thread pushes and one takes: \
           a lock that is free nearly always costs little more than a ring, and nothing more is \
           claimed than a tie, to a tenth. Their delay is shown and decides nothing: it is their \
           number by their rate. ArrayQueue is a peer, and binding to cores is shown beside: what \
           it is worth depends on what else the machine does.",
    not_shown: "More workers than two, where what they share costs more; work that is more than a \
                turn, in which the queue's part gets small.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    course.group("yields", |group| {
        describe(group, "yields");
        group
            .title("yields, by run queue and policy")
            .beats("more yields than with a mutex", MUTEX)
            .beats("more yields than with one ring for all", SHARED)
            .beats_of("a shorter p99 delay than with one mutex for all", TAIL, SHARED_MUTEX);
        contenders(group, WORKERS, Work::Yields);
        enter::<Shared, Rings>(group, SHARED, Role::Baseline, WORKERS, Work::Yields);
        enter::<Shared, Locks>(group, SHARED_MUTEX, Role::Baseline, WORKERS, Work::Yields);
    });
    for at_a_time in ARRIVING {
        course.group(&format!("arrivals_{at_a_time}"), |group| {
            describe(group, "tasks from outside");
            group.title(&format!("tasks from outside, {at_a_time} on their way")).no_worse(
                "as many from outside as with a mutex, to a tenth",
                MUTEX,
                AS_MANY,
            );
            contenders(group, 1, Work::Arrivals(at_a_time));
        });
    }
    course.group("binding", |group| {
        describe(group, "yields");
        group.title("yields, bound to cores or not").boundary().claim(
            "more yields when bound to cores",
            UNBOUND,
            1.0,
        );
        enter::<Stealing, Rings>(group, SUBJECT, Role::Subject, WORKERS, Work::Yields);
        let unbound = Runtime::builder().workers(WORKERS).cores(CorePlan::None).build();
        add(group, UNBOUND, Role::Baseline, unbound, Work::Yields);
    });
    course.group("one_worker", |group| {
        describe(group, "yields");
        group.title("yields, one worker, by run queue").boundary().claim(
            "more yields than with a mutex",
            MUTEX,
            1.0,
        );
        contenders(group, 1, Work::Yields);
    });
}

fn describe(group: &mut Group<'_>, what: &str) {
    group
        .question("What are lock-free queues worth inside an executor?")
        .method(
            "Runtimes that differ in nothing but what their names say; the first has the ring, a \
             queue for each worker, and workers bound to cores. Yields: 64 tasks that are always \
             ready, while a thread starts another every 200 us, whose delay until its first poll \
             is the delay shown. Tasks from outside: a thread starts one after the other, at most \
             so many on their way, for one worker (a third thread would share its core with one of \
             them); the delay of each 64th is shown. The mutex's queue passes batches \
             under one lock and keeps its length beside it; ArrayQueue has no batches. \
             most_turns_to_fair: turns of the task that had most, by a fair share (1 is fair).",
        )
        .not_shown("Tasks that wait for sockets or timers: there the kernel is most of the cost.")
        .unit(&format!("{what} per second"), Better::Higher)
        .crowded()
        .rounds(24, 24)
        .budget(Duration::from_secs(4))
        .sample(Duration::from_millis(72));
}

fn contenders(group: &mut Group<'_>, workers: usize, work: Work) {
    enter::<Stealing, Rings>(group, SUBJECT, Role::Subject, workers, work);
    enter::<Stealing, Locks>(group, MUTEX, Role::Baseline, workers, work);
    enter::<Stealing, Arrays>(group, ARRAY, Role::Peer, workers, work);
}

fn enter<P: Policy, Q: RunQueues>(
    group: &mut Group<'_>,
    name: &str,
    role: Role,
    workers: usize,
    work: Work,
) {
    let built = Runtime::builder().policy::<P>().queues::<Q>().workers(workers).build();
    add(group, name, role, built, work);
}

fn add(
    group: &mut Group<'_>,
    name: &str,
    role: Role,
    built: Result<Runtime, crate::runtime::BuildError>,
    work: Work,
) {
    match built {
        Ok(runtime) => group.window(name, role, move |window| work.run(&runtime, window)),
        Err(error) => group.broken(name, role, &error.to_string()),
    };
}
