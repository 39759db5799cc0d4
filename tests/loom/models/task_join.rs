//! The join waker's place against completion: left, taken back, left again, given up.

use std::sync::Arc;

use super::hands::{Counting, Note, counting};
use super::house::{Counted, Stage, output, poll_once};
use crate::explore::{Model, Role, together};
use crate::task::JoinHandle;

pub(crate) const MODELS: &[Model] = &[
    Model::new("task: another waker waits", &[4800, 3200], another_waker)
        .preemptions(None)
        .stale(&[18000, 11000]),
    Model::new("task: handle dropped at its waker's turn", &[1700, 1300], drop_waits)
        .preemptions(None)
        .stale(&[5000, 640]),
    Model::new("task: aborted while it is awaited", &[4700, 7100, 17000], abort_awaited)
        .preemptions(Some(3)),
    Model::new("task: abort handle outlives all", &[7400, 7700, 7800], abort_handle)
        .preemptions(Some(3)),
];

/// Woken, with nobody but the cell to keep the slab.
fn woken() -> Stage {
    let mut stage = Stage::new(1, 1);
    stage.colony = None;
    stage.event(1)();
    stage
}

type Waited = (Option<JoinHandle<Counted>>, bool, Arc<Counting>);

/// Polls with each waker in turn; says whether an output came, and the waker of the last poll.
fn wait_with(stage: &mut Stage, polls: usize) -> (Role, Note<Option<Waited>>) {
    let (mut handle, back) = (stage.handle.take(), Note::new(None));
    let note = back.clone();
    let wait: Role = Box::new(move || {
        let (mut last, mut waker) = counting();
        let mut taken = false;
        for _ in 0..polls {
            (last, waker) = counting();
            let ended = handle.as_mut().and_then(|handle| poll_once(handle, &waker));
            taken = ended.is_some();
            if taken {
                break;
            }
        }
        drop(waker);
        *note.get() = Some((handle, taken, last));
    });
    (wait, back)
}

/// The one who polled last is woken, unless the output came first.
fn another_waker(turn: usize) {
    let mut stage = woken();
    let (wait, back) = wait_with(&mut stage, 2);
    together(turn, [wait, stage.worker(1)]);
    let Some((mut handle, taken, last)) = back.get().take() else {
        panic!("nobody waited");
    };
    if !taken {
        assert_eq!(last.wakes(), 1, "waits for a task that has completed");
        drop(handle.as_mut().map(output));
    }
    drop(handle);
    assert_eq!(Arc::strong_count(&last), 1, "the waker is kept");
    stage.check(1);
}

/// The handle goes while the completion takes its waker.
fn drop_waits(turn: usize) {
    let mut stage = woken();
    let (wakes, waker) = counting();
    let mut handle = stage.handle.take();
    let first = handle.as_mut().and_then(|handle| poll_once(handle, &waker));
    assert!(first.is_none(), "it has not run");
    drop(waker);
    together(turn, [Box::new(move || drop(handle)), stage.worker(1)]);
    stage.finish();
    assert_eq!(Arc::strong_count(&wakes), 1, "the waker is kept");
    stage.check(1);
}

fn abort_awaited(turn: usize) {
    let mut stage = Stage::new(1, 1);
    stage.colony = None;
    let abort = stage.handle.as_ref().map(JoinHandle::abort_handle);
    let abort: Role = Box::new(move || abort.iter().for_each(|abort| abort.abort()));
    let wake = stage.event(1);
    let (wait, back) = wait_with(&mut stage, 1);
    together(turn, [wait, abort, stage.worker(1)]);
    wake();
    stage.finish();
    let Some((mut handle, taken, last)) = back.get().take() else {
        panic!("nobody waited");
    };
    if !taken {
        assert_eq!(last.wakes(), 1, "waits for a task that has completed");
        let cancelled = handle.as_mut().map(output);
        assert!(matches!(cancelled, Some(Err(error)) if error.is_cancelled()));
    }
    drop(handle);
    stage.check(0);
}

fn abort_handle(turn: usize) {
    let mut stage = woken();
    let abort = stage.handle.as_ref().map(JoinHandle::abort_handle);
    let handle = stage.handle.take();
    let twice: Role = Box::new(move || {
        let again = abort.clone();
        drop(abort);
        again.iter().for_each(|abort| _ = abort.is_finished());
    });
    together(turn, [twice, Box::new(move || drop(handle)), stage.worker(1)]);
    stage.finish();
    stage.check(1);
}
