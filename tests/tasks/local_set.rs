//! Tasks of one thread: run, woken from all threads, aborted, dropped where they were made.

use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use windlass::channel::{bounded as channel, oneshot};
use windlass::{JoinError, JoinHandle, JoinSet, LocalSet, spawn_local, yield_now};

use crate::support::{Counted, bounded, runtime};

/// Not `Send`; knows its thread.
struct Stays {
    thread: ThreadId,
    drops: Rc<Cell<usize>>,
}

impl Stays {
    fn new(drops: &Rc<Cell<usize>>) -> Self {
        let thread = thread::current().id();
        let drops = drops.clone();
        Self { thread, drops }
    }

    fn check(&self) {
        assert_eq!(self.thread, thread::current().id());
    }
}

impl Drop for Stays {
    fn drop(&mut self) {
        self.check();
        self.drops.set(self.drops.get() + 1);
    }
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn the_set_ends_with_its_last_task() {
    let runtime = runtime(2);
    let set = LocalSet::new();
    let drops = Rc::new(Cell::new(0));
    for depth in 0..100 {
        let stays = Stays::new(&drops);
        let inner = drops.clone();
        let task = async move {
            for _ in 0..depth {
                yield_now().await;
                stays.check();
            }
            let stays = Stays::new(&inner);
            spawn_local(async move { stays.check() }).detach();
        };
        set.spawn_local(task).detach();
    }
    runtime.block_on(set);
    assert_eq!(drops.get(), 200);
}

#[test]
fn an_empty_set_has_ended() {
    assert!(poll_once(&mut LocalSet::new()).is_ready());
}

#[test]
fn run_until_leaves_the_others_for_later() {
    let runtime = runtime(1);
    let mut set = LocalSet::new();
    let steps = Rc::new(RefCell::new(Vec::new()));
    let log = steps.clone();
    let (sender, receiver) = oneshot();
    let waits = async move {
        log.borrow_mut().push("begun");
        receiver.await.unwrap();
        log.borrow_mut().push("ended");
    };
    let task = set.spawn_local(waits);
    let log = steps.clone();
    runtime.block_on(set.run_until(async move {
        yield_now().await;
        log.borrow_mut().push("left");
    }));
    assert_eq!(*steps.borrow(), ["begun", "left"]);
    sender.send(()).unwrap();
    assert!(!task.is_finished());
    assert!(poll_once(&mut set).is_ready());
    assert!(task.is_finished());
    assert_eq!(*steps.borrow(), ["begun", "left", "ended"]);
}

#[test]
fn wakes_come_from_all_threads() {
    bounded(|| {
        let runtime = runtime(2);
        let set = LocalSet::new();
        let sums = Rc::new(RefCell::new(Vec::new()));
        let mut threads = Vec::new();
        for lane in 0..4 {
            let (sender, receiver) = channel::<u64>(2);
            let sums = sums.clone();
            let task = async move {
                let mut sum = 0;
                while let Ok(number) = receiver.recv().await {
                    sum += number;
                }
                sums.borrow_mut().push(sum);
            };
            set.spawn_local(task).detach();
            if lane % 2 == 0 {
                threads.push(thread::spawn(move || {
                    (0..5000).for_each(|number| sender.send_blocking(number).unwrap());
                }));
            } else {
                let sends = async move {
                    for number in 0..5000 {
                        sender.send(number).await.unwrap();
                    }
                };
                runtime.spawn(sends).detach();
            }
        }
        runtime.block_on(set);
        assert_eq!(*sums.borrow(), [4999 * 5000 / 2; 4]);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn handles_may_go_to_other_threads() {
    bounded(|| {
        let runtime = runtime(1);
        let set = LocalSet::new();
        let drops = Rc::new(Cell::new(0));
        let waits = |value: Option<u8>| {
            let stays = Stays::new(&drops);
            async move {
                stays.check();
                match value {
                    Some(value) => value,
                    None => pending().await,
                }
            }
        };
        let (gives, aborted) = (set.spawn_local(waits(Some(3))), set.spawn_local(waits(None)));
        let other = runtime.spawn(async move {
            let given = gives.await.unwrap();
            aborted.abort();
            (given, aborted.await.unwrap_err().is_cancelled())
        });
        assert_eq!(runtime.block_on(set.run_until(other)).unwrap(), (3, true));
        assert_eq!(drops.get(), 2);
        assert!(poll_once(&mut { set }).is_ready());
    });
}

#[test]
fn dropping_the_set_drops_its_tasks() {
    let drops = Rc::new(Cell::new(0));
    let set = LocalSet::new();
    let mut kept = Vec::new();
    let wakers = Rc::new(RefCell::new(Vec::new()));
    for _ in 0..100 {
        let (stays, wakers) = (Stays::new(&drops), wakers.clone());
        kept.push(set.spawn_local(poll_fn(move |cx| {
            stays.check();
            wakers.borrow_mut().push(cx.waker().clone());
            Poll::<()>::Pending
        })));
    }
    let mut set = set;
    assert!(poll_once(&mut set).is_pending());
    // Some are idle, some queued, some never ran.
    wakers.borrow()[..20].iter().for_each(Waker::wake_by_ref);
    let never = Stays::new(&drops);
    kept.push(set.spawn_local(async move { never.check() }));
    drop(set);
    assert_eq!(drops.get(), 101);
    // What outlives the set, goes on another thread too.
    let late = std::mem::take(&mut *wakers.borrow_mut());
    let outcomes = thread::spawn(move || {
        late.iter().for_each(Waker::wake_by_ref);
        let cancelled = |mut task: JoinHandle<()>| match poll_once(&mut task) {
            Poll::Ready(Err(JoinError::Cancelled)) => 1,
            other => panic!("{other:?}"),
        };
        kept.into_iter().map(cancelled).sum::<usize>()
    });
    assert_eq!(outcomes.join().unwrap(), 101);
}

#[test]
fn outputs_need_not_be_send() {
    let set = LocalSet::new();
    let runtime = runtime(1);
    let drops = Rc::new(Cell::new(0));
    let (one, two) = (Stays::new(&drops), Stays::new(&drops));
    set.spawn_local(async move { one }).detach();
    let task = set.spawn_local(async move { Rc::new(two) });
    let output = runtime.block_on(set.run_until(task)).unwrap();
    assert_eq!(drops.get(), 1);
    drop(set);
    drop(output);
    assert_eq!(drops.get(), 2);
}

#[test]
fn a_full_set_refuses_and_recovers() {
    let mut set = LocalSet::with_tasks_max(1);
    let (sender, receiver) = oneshot::<()>();
    let only = set.spawn_local(receiver);
    let mut refused = set.spawn_local(async {});
    assert!(matches!(poll_once(&mut refused), Poll::Ready(Err(JoinError::Full))));
    sender.send(()).unwrap();
    assert!(poll_once(&mut set).is_ready());
    drop(only);
    let mut task = set.spawn_local(async { 5 });
    assert!(poll_once(&mut set).is_ready());
    assert!(matches!(poll_once(&mut task), Poll::Ready(Ok(5))));
}

#[test]
fn a_panic_stays_in_its_task() {
    let mut set = LocalSet::new();
    let mut panics = set.spawn_local(async { panic!("local") });
    let mut other = set.spawn_local(async { 1 });
    assert!(poll_once(&mut set).is_ready());
    let panicked = poll_once(&mut panics).map(|ended: Result<(), _>| ended.unwrap_err());
    assert!(matches!(panicked, Poll::Ready(error) if error.is_panic()));
    assert!(matches!(poll_once(&mut other), Poll::Ready(Ok(1))));
}

/// Neither the future beside the tasks, nor another task of the set waits for those that are always
/// ready.
#[test]
fn tasks_that_are_always_ready_give_way() {
    bounded(|| {
        let runtime = runtime(1);
        let set = LocalSet::new();
        set.spawn_local(async {
            let (sender, receiver) = channel(1);
            loop {
                sender.send(1).await.unwrap();
                receiver.recv().await.unwrap();
            }
        })
        .detach();
        set.spawn_local(async {
            loop {
                yield_now().await;
            }
        })
        .detach();
        let task = set.spawn_local(async { 1 });
        let beside = runtime.spawn(async { 2 });
        let both = async { task.await.unwrap() + beside.await.unwrap() };
        assert_eq!(runtime.block_on(set.run_until(both)), 3);
    });
}

#[test]
fn sets_nest_and_join_sets_hold_local_tasks() {
    let runtime = runtime(1);
    let (outer, inner) = (LocalSet::new(), LocalSet::new());
    let sum = Rc::new(Cell::new(0));
    let add = |number: u32| {
        let sum = sum.clone();
        async move { sum.set(sum.get() + number) }
    };
    runtime.block_on(outer.run_until(async {
        let mut tasks = JoinSet::new();
        tasks.insert(spawn_local(add(1)));
        let within = inner.run_until(async {
            tasks.insert(spawn_local(add(2)));
            yield_now().await;
        });
        within.await;
        tasks.insert(spawn_local(add(4)));
        inner.run_until(tasks.join_next()).await.unwrap().unwrap();
        while let Some(ended) = inner.run_until(tasks.join_next()).await {
            ended.unwrap();
        }
    }));
    assert_eq!(sum.get(), 7);
    let outside = catch_unwind(|| spawn_local(async {}).detach());
    outside.unwrap_err();
}

/// Who polls the set leaves a waker in it, and the set is in who polls it.
#[test]
fn a_set_that_goes_frees_who_polled_it() {
    let drops = Arc::new(AtomicUsize::new(0));
    let held = Counted(drops.clone());
    let outer = LocalSet::new();
    let task = async move {
        let _held = held;
        let inner = LocalSet::new();
        inner.spawn_local(pending::<()>()).detach();
        inner.await;
    };
    outer.spawn_local(task).detach();
    {
        let mut outer = pin!(outer);
        assert!(poll_once(&mut outer).is_pending());
    }
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}
