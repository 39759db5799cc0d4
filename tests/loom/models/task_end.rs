//! Ends of tasks: abort, join handle and wakers against completion; all is dropped once.

use super::hands::{Note, Patience, counting};
use super::house::{Counted, Stage, output, poll_once};
use crate::explore::{Model, Role, together};
use crate::task::JoinHandle;

pub(crate) const MODELS: &[Model] = &[
    Model::new("task: abort against run", &[46, 11], abort_run).preemptions(None).stale(&[70, 13]),
    Model::new("task: abort against completion", &[46, 10], abort_completion)
        .preemptions(None)
        .stale(&[76, 13]),
    Model::new("task: abort against wake and run", &[8200, 2800, 8000], abort_wake_run)
        .preemptions(None),
    Model::new("task: handle dropped against completion", &[84, 21], drop_completion)
        .preemptions(None),
    Model::new("task: handle dropped while awaited", &[5700, 9000], drop_awaited).preemptions(None),
    Model::new("task: join against completion", &[430, 490], join_completion)
        .preemptions(None)
        .stale(&[1000, 1200]),
    Model::new("task: last waker frees", &[1600, 1700, 680], last_waker_frees).preemptions(Some(3)),
    Model::new("task: wake against completion", &[940, 370], wake_completion).preemptions(None),
    Model::new("task: cloned wakers go", &[570, 330], clones_go).preemptions(None),
];

/// Nobody owns the slab: whoever frees the cell ends it.
fn woken(wakers: usize) -> Stage {
    let mut stage = Stage::new(wakers + 1, 1);
    stage.colony = None;
    stage.event(1)();
    stage
}

/// The task has ended one way or the other.
fn ends(mut stage: Stage, pending: bool) {
    stage.finish();
    let mut handle = stage.handle.take();
    let ended = handle.as_mut().map(output);
    let outputs = match &ended {
        Some(Ok(_)) => 1,
        Some(Err(error)) if error.is_cancelled() => 0,
        _ => panic!("neither output nor cancelled"),
    };
    assert!(!pending || outputs == 0, "a task whose event never came has an output");
    drop(ended);
    drop(handle);
    stage.check(outputs);
}

fn abort(stage: &mut Stage) -> (Role, Note<Option<JoinHandle<Counted>>>) {
    let back = Note::new(None);
    let (handle, note) = (stage.handle.take(), back.clone());
    let abort: Role = Box::new(move || {
        handle.iter().for_each(|handle| handle.abort());
        *note.get() = handle;
    });
    (abort, back)
}

/// The future stays pending: only the abort ends the task.
fn abort_run(turn: usize) {
    let mut stage = Stage::new(2, 3);
    stage.event(1)();
    let (abort, back) = abort(&mut stage);
    together(turn, [abort, stage.worker(2)]);
    stage.handle = back.get().take();
    stage.wakers.clear();
    ends(stage, true);
}

fn abort_completion(turn: usize) {
    let mut stage = woken(0);
    let (abort, back) = abort(&mut stage);
    together(turn, [abort, stage.worker(2)]);
    stage.handle = back.get().take();
    ends(stage, false);
}

fn abort_wake_run(turn: usize) {
    let mut stage = Stage::new(1, 1);
    let wake = stage.event(1);
    let (abort, back) = abort(&mut stage);
    together(turn, [abort, wake, stage.worker(2)]);
    stage.handle = back.get().take();
    ends(stage, false);
}

fn drop_completion(turn: usize) {
    let mut stage = woken(0);
    let handle = stage.handle.take();
    together(turn, [Box::new(move || drop(handle)), stage.worker(1)]);
    stage.finish();
    stage.check(1);
}

/// The handle's waker goes with the handle, whoever of the two ends drops it.
fn drop_awaited(turn: usize) {
    let mut stage = woken(0);
    let mut handle = stage.handle.take();
    let (wakes, waker) = counting();
    let go: Role = Box::new(move || {
        drop(handle.as_mut().and_then(|handle| poll_once(handle, &waker)));
        drop(handle);
    });
    together(turn, [go, stage.worker(1)]);
    stage.finish();
    stage.check(1);
    assert_eq!(std::sync::Arc::strong_count(&wakes), 1, "the waker is kept");
}

fn join_completion(turn: usize) {
    let mut stage = woken(0);
    let mut handle = stage.handle.take();
    let back = Note::new(None);
    let (wakes, waker) = counting();
    let (note, counted) = (back.clone(), wakes.clone());
    let join: Role = Box::new(move || {
        let mut patience = Patience::new();
        let mut taken = 0;
        let ended = loop {
            let ended = handle.as_mut().and_then(|handle| poll_once(handle, &waker));
            let woken = counted.wakes();
            if ended.is_some() || woken == taken {
                break ended;
            }
            taken = woken;
            patience.turn();
        };
        *note.get() = Some((ended, taken, handle, waker));
    });
    together(turn, [join, stage.worker(1)]);
    let back = back.get().take();
    let Some((ended, taken, handle, _waker)) = back else {
        panic!("the join role has not run");
    };
    stage.handle = handle;
    match ended {
        Some(ended) => {
            assert!(ended.is_ok());
            drop(ended);
            stage.check(1);
        }
        None => {
            assert!(wakes.wakes() > taken, "waits for a task that has completed");
            ends(stage, false);
        }
    }
}

fn last_waker_frees(turn: usize) {
    let mut stage = woken(1);
    let handle = stage.handle.take();
    let waker = stage.wakers.pop();
    let drop_handle = Box::new(move || drop(handle));
    let drop_waker = Box::new(move || drop(waker));
    together(turn, [drop_handle, drop_waker, stage.worker(1)]);
    stage.finish();
    stage.check(1);
}

/// A waker that outlives the task wakes nobody and frees the cell.
fn wake_completion(turn: usize) {
    let mut stage = woken(1);
    drop(stage.handle.take());
    let wake = stage.event(1);
    together(turn, [wake, stage.worker(2)]);
    stage.finish();
    stage.check(1);
}

fn clones_go(turn: usize) {
    let mut stage = woken(1);
    drop(stage.handle.take());
    let waker = stage.wakers.pop();
    let clone: Role = Box::new(move || {
        let clone = waker.clone();
        drop(waker);
        drop(clone);
    });
    together(turn, [clone, stage.worker(1)]);
    stage.finish();
    stage.check(1);
}
