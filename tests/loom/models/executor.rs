//! Workers, spawns and the end over the executor's very source: whoever sleeps beside a task is a
//! deadlock, and no task outlives its executor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::Note;
use super::house::Counted;
use crate::executor::policy::{Pinned, Policy, Stealing};
use crate::executor::staff::Staff;
use crate::explore::{Model, Role, together};
use crate::sync::{Condvar, Mutex, lock};
use crate::task::JoinHandle;

pub(crate) const MODELS: &[Model] = &[
    Model::new("executor: spawn against close", &[600, 900], spawn_close).preemptions(None),
    Model::new("executor: pinned, spawn against close", &[160, 190], pinned_spawn_close)
        .preemptions(Some(3)),
    Model::new("executor: worker against spawn", &[570, 510], worker_spawn).preemptions(Some(3)),
    Model::new("executor: two workers against spawn", &[7800, 3400, 3100], two_workers)
        .preemptions(Some(1)),
    Model::new("executor: a task waits for the next", &[17000], waits_for_next)
        .preemptions(Some(1)),
    Model::new("executor: worker against spawn and close", &[300, 150], worker_close),
    Model::new("executor: a wake finds room", &[64, 240], wake_finds_room),
    Model::new("executor: an abort finds room", &[140, 640], abort_finds_room),
    Model::new("executor: a thief and its victim", &[1400, 560], thief).preemptions(Some(1)),
    Model::new("executor: a thief and who stands still", &[13, 15], thief_of_stuck),
    Model::new("executor: pinned tasks are dealt out", &[160, 160], dealt),
];

/// Pending for ever.
struct Never(#[expect(dead_code, reason = "its drop counts")] Counted);

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// Ready at once; the last of its kind closes the executor.
struct Last<P: Policy> {
    counted: Counted,
    left: Arc<AtomicUsize>,
    staff: Staff<P>,
}

impl<P: Policy> Future for Last<P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.counted.touch();
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.staff.close();
        }
        Poll::Ready(())
    }
}

fn zero() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

/// What a role has spawned.
type Spawned = Note<Option<JoinHandle<()>>>;

fn spawning<P: Policy>(
    staff: &Staff<P>,
    spawned: &Spawned,
    future: impl Future<Output = ()> + Send + 'static,
) -> Role {
    let (staff, note) = (staff.clone(), spawned.clone());
    Box::new(move || {
        let handle = staff.spawn(future);
        *note.get() = handle;
    })
}

fn closing<P: Policy>(staff: &Staff<P>) -> Role {
    let staff = staff.clone();
    Box::new(move || staff.close())
}

/// Nobody runs tasks: either the walk of who closes sees the task, or its spawner walks itself.
fn no_task_is_left<P: Policy>(turn: usize) {
    let (staff, spawned, drops) = (Staff::<P>::new(1, 2), Note::new(None), zero());
    let spawn = spawning(&staff, &spawned, Never(Counted::new(&drops)));
    together(turn, [spawn, closing(&staff)]);
    let spawned = spawned.get().take();
    staff.check_ended(spawned);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
}

fn spawn_close(turn: usize) {
    no_task_is_left::<Stealing>(turn);
}

fn pinned_spawn_close(turn: usize) {
    no_task_is_left::<Pinned>(turn);
}

/// The task that closes, so that a worker that does not hear of it sleeps for ever.
fn last<P: Policy>(staff: &Staff<P>, left: &Arc<AtomicUsize>, drops: &Arc<AtomicUsize>) -> Last<P> {
    Last { counted: Counted::new(drops), left: left.clone(), staff: staff.clone() }
}

/// So many workers, and one task from outside, which closes.
fn one_runs_it(turn: usize, workers: usize) {
    let (staff, spawned, drops) = (Staff::<Stealing>::new(workers, 1), Note::new(None), zero());
    let left = Arc::new(AtomicUsize::new(1));
    let spawn = spawning(&staff, &spawned, last(&staff, &left, &drops));
    if workers == 1 {
        together(turn, [staff.worker(0), spawn]);
    } else {
        together(turn, [staff.worker(0), staff.worker(1), spawn]);
    }
    assert_eq!(left.load(Ordering::Relaxed), 0, "the task has not run");
    let spawned = spawned.get().take();
    staff.check_ended(spawned);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
}

fn worker_spawn(turn: usize) {
    one_runs_it(turn, 1);
}

fn two_workers(turn: usize) {
    one_runs_it(turn, 2);
}

/// One of two tasks: it blocks its worker until the other has run.
struct Gated {
    gate: Arc<(Mutex<bool>, Condvar)>,
    opens: bool,
    last: Last<Stealing>,
}

impl Future for Gated {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let (open, opened) = &*this.gate;
        let mut is_open = lock(open);
        if this.opens {
            *is_open = true;
            opened.notify_all();
        }
        while !*is_open {
            let Ok(again) = opened.wait(is_open) else { panic!("loom poisons none") };
            is_open = again;
        }
        drop(is_open);
        Pin::new(&mut this.last).poll(cx)
    }
}

/// Two tasks from outside, the first of which waits for the second: whoever takes the first sees to
/// it that the second has a worker, also when it found them in its second look.
fn waits_for_next(turn: usize) {
    let (staff, drops) = (Staff::<Stealing>::new(2, 2), zero());
    let left = Arc::new(AtomicUsize::new(2));
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let spawned = Note::new(Vec::new());
    let tasks = [false, true].map(|opens| {
        let (gate, last) = (gate.clone(), last(&staff, &left, &drops));
        Gated { gate, opens, last }
    });
    let (own, note) = (staff.clone(), spawned.clone());
    let spawn: Role = Box::new(move || {
        for task in tasks {
            let handle = own.spawn(task);
            note.get().extend(handle);
        }
    });
    // One turn alone, the shortest: the others explore nearly twice as many executions.
    together(turn, [spawn, staff.worker(0), staff.worker(1)]);
    assert_eq!(left.load(Ordering::Relaxed), 0, "a task has not run");
    let handles: Vec<_> = spawned.get().drain(..).collect();
    staff.check_ended(handles);
    assert_eq!(drops.load(Ordering::Relaxed), 2, "drops of the futures");
}

fn worker_close(turn: usize) {
    let (staff, spawned, drops) = (Staff::<Stealing>::new(1, 1), Note::new(None), zero());
    let (own, note) = (staff.clone(), spawned.clone());
    let future = Never(Counted::new(&drops));
    let spawn_and_close: Role = Box::new(move || {
        let handle = own.spawn(future);
        own.close();
        *note.get() = handle;
    });
    together(turn, [staff.worker(0), spawn_and_close]);
    let spawned = spawned.get().take();
    staff.check_ended(spawned);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
}

/// Pending once, with its waker given away; then it closes.
struct Twice {
    waker: Note<Option<Waker>>,
    last: Last<Stealing>,
}

impl Future for Twice {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if this.last.left.load(Ordering::Relaxed) == 1 {
            return Pin::new(&mut this.last).poll(cx);
        }
        this.last.left.fetch_sub(1, Ordering::Relaxed);
        let waker = cx.waker().clone();
        *this.waker.get() = Some(waker);
        Poll::Pending
    }
}

/// The injector has room for one task. One that has been polled is readied from outside as soon as
/// that can be: the push must know that its place is free again.
fn readied_again(turn: usize, ready: fn(&Staff<Stealing>, Option<Waker>, &JoinHandle<()>)) {
    let (staff, waker, drops) = (Staff::<Stealing>::new(1, 1), Note::new(None), zero());
    let left = Arc::new(AtomicUsize::new(2));
    let future = Twice { waker: waker.clone(), last: last(&staff, &left, &drops) };
    let Some(handle) = staff.spawn(future) else { panic!("no permit") };
    let (own, held) = (staff.clone(), Note::new(Some(handle)));
    let note = held.clone();
    let outside: Role = Box::new(move || {
        let handle = note.get().take();
        let waker = waker.get().take();
        handle.iter().for_each(|handle| ready(&own, waker.clone(), handle));
        drop(waker);
        *note.get() = handle;
    });
    together(turn, [staff.worker(0), outside]);
    let handle = held.get().take();
    staff.check_ended(handle);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
}

fn wake_finds_room(turn: usize) {
    readied_again(turn, |staff, waker, _| match waker {
        Some(waker) => waker.wake(),
        None => staff.close(),
    });
}

fn abort_finds_room(turn: usize) {
    readied_again(turn, |staff, _, handle| {
        handle.abort();
        staff.close();
    });
}

/// Takes all there is.
struct Greedy;

impl Policy for Greedy {
    fn steal(len: usize, _: bool) -> usize {
        len
    }
}

/// Two tasks in one worker's queue, and a worker without any.
fn thief(turn: usize) {
    let (staff, drops) = (Staff::<Greedy>::new(2, 2), zero());
    let left = Arc::new(AtomicUsize::new(2));
    let handles = [0, 1].map(|_| staff.queue_up(0, last(&staff, &left, &drops)));
    together(turn, [staff.worker(0), staff.worker(1)]);
    staff.check_ended(handles);
    assert_eq!(drops.load(Ordering::Relaxed), 2, "drops of the futures");
}

/// The worker whose tasks are taken does not come back; the thief finds them and ends.
fn thief_of_stuck(turn: usize) {
    let (staff, drops) = (Staff::<Greedy>::new(2, 2), zero());
    let left = Arc::new(AtomicUsize::new(1));
    let handle = staff.queue_up(0, last(&staff, &left, &drops));
    let own = staff.clone();
    let stands: Role = Box::new(move || own.stands_still(0));
    together(turn, [stands, staff.worker(1)]);
    staff.check_ended([handle]);
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
}

/// Two spawns from outside: one task for each worker.
fn dealt(turn: usize) {
    let (staff, drops) = (Staff::<Pinned>::new(2, 2), zero());
    let (first, second) = (Note::new(None), Note::new(None));
    let spawn = |note: &Spawned| spawning(&staff, note, Never(Counted::new(&drops)));
    together(turn, [spawn(&first), spawn(&second)]);
    assert_eq!([0, 1].map(|worker| staff.injected(worker)), [1, 1], "in turn");
    staff.close();
    let both = [&first, &second].map(|note| note.get().take());
    staff.check_ended(both.into_iter().flatten());
}
