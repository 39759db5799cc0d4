//! Tasks held together: their outputs come in the order in which they end.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::{collections::VecDeque, future::poll_fn, pin::Pin};

use crate::runtime::{Handle, spawn};
use crate::task::{JoinError, JoinHandle};
use crate::{budget, sync::lock, wake_cell::WakeCell};

/// A set of tasks. Dropping it aborts them.
///
/// A task that ends costs the set the same however many others there are: it puts its number into
/// the list that [`JoinSet::join_next`] takes from.
///
/// ```
/// use windlass::JoinSet;
///
/// let runtime = windlass::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let mut squares = JoinSet::new();
///     for number in 1..=10 {
///         squares.spawn(async move { number * number });
///     }
///     let mut sum = 0;
///     while let Some(square) = squares.join_next().await {
///         sum += square.expect("it was neither aborted nor did it panic");
///     }
///     sum
/// });
/// assert_eq!(sum, 385);
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub struct JoinSet<T> {
    members: Vec<Option<Member<T>>>,
    free: Vec<usize>,
    due: Arc<Due>,
}

struct Member<T> {
    handle: JoinHandle<T>,
    /// Made when the task was asked for the first time, and had not ended.
    waker: Option<Waker>,
}

/// The members to be asked: those that are new, and those that have ended since they were asked.
struct Due {
    places: Mutex<VecDeque<usize>>,
    waiting: WakeCell,
}

/// Wakes the set for one member.
struct Bell {
    due: Arc<Due>,
    place: usize,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        lock(&self.due.places).push_back(self.place);
        self.due.waiting.wake();
    }
}

impl<T: Send + 'static> JoinSet<T> {
    /// Starts a task on the runtime of the calling thread, in the set. One that is refused at
    /// `tasks_max` is a member that ends with [`JoinError::Full`].
    ///
    /// # Panics
    /// When the thread is in no runtime; [`JoinSet::spawn_on`] never panics.
    pub fn spawn<F: Future<Output = T> + Send + 'static>(&mut self, future: F) {
        self.insert(spawn(future));
    }

    /// As [`JoinSet::spawn`], on the runtime of `handle`.
    pub fn spawn_on<F: Future<Output = T> + Send + 'static>(&mut self, future: F, handle: &Handle) {
        self.insert(handle.spawn(future));
    }
}

impl<T> JoinSet<T> {
    /// An empty set.
    pub fn new() -> Self {
        let due = Due { places: Mutex::default(), waiting: WakeCell::new() };
        Self { members: Vec::new(), free: Vec::new(), due: Arc::new(due) }
    }

    /// Takes a task into the set that was started elsewhere: on the blocking pool, in a local set.
    pub fn insert(&mut self, handle: JoinHandle<T>) {
        let member = Some(Member { handle, waker: None });
        let place = self.free.pop().unwrap_or(self.members.len());
        match self.members.get_mut(place) {
            Some(free) => *free = member,
            None => self.members.push(member),
        }
        let mut places = lock(&self.due.places);
        places.push_back(place);
        // So that no wake allocates.
        let missing = self.members.len().saturating_sub(places.len());
        places.reserve(missing);
    }

    /// Waits for the next task to end, and gives its output; `None` when the set is empty.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has taken no output.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// As [`JoinSet::join_next`], for futures written by hand.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        ready!(budget::left(cx.waker()));
        let mut found = self.try_join_next();
        if found.is_none() && !self.is_empty() {
            self.due.waiting.register(cx.waker());
            found = self.try_join_next();
            if found.is_none() {
                return Poll::Pending;
            }
        }
        budget::spend();
        Poll::Ready(found)
    }

    /// The output of a task that has ended, if there is one.
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        // A handle that has no unit left would not tell.
        let _unlimited = budget::lift();
        loop {
            let place = lock(&self.due.places).pop_front()?;
            if let Some(output) = self.ask(place) {
                return Some(output);
            }
        }
    }

    /// The output of one member, if it has ended. The list may name places that are free again, or
    /// have another member by now: asking once more does no harm.
    fn ask(&mut self, place: usize) -> Option<Result<T, JoinError>> {
        let Member { handle, waker } = self.members.get_mut(place)?.as_mut()?;
        if waker.is_none() && !handle.is_finished() {
            let due = self.due.clone();
            *waker = Some(Waker::from(Arc::new(Bell { due, place })));
        }
        let waker = waker.as_ref().unwrap_or(Waker::noop());
        let mut cx = Context::from_waker(waker);
        let Poll::Ready(output) = Pin::new(handle).poll(&mut cx) else { return None };
        self.members[place] = None;
        self.free.push(place);
        Some(output)
    }

    /// Asks all tasks to end; their outputs are still to be taken.
    pub fn abort_all(&self) {
        self.members.iter().flatten().for_each(|member| member.handle.abort());
    }

    /// Aborts all tasks and waits until they have ended; drops their outputs.
    ///
    /// **Cancel safety.** Dropped before it is ready, some outputs are dropped, and all tasks are
    /// aborted.
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Lets all tasks go on without the set.
    pub fn detach_all(&mut self) {
        self.members.clear();
        self.free.clear();
    }

    /// How many tasks are in the set, counting those that have ended and were not taken.
    pub fn len(&self) -> usize {
        self.members.len() - self.free.len()
    }

    /// Whether no task is in the set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.abort_all();
    }
}

shows!([T] JoinSet<T>: |own| JoinSet { len: own.len() });
