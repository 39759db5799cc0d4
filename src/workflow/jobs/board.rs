//! Which jobs there are, what became of the others, and who waits for their end.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use crate::sync::lock;
use crate::task::AbortHandle;
use crate::workflow::line::{Line, Ticket};

/// A job, or one run of a periodic one, that panicked.
#[derive(Clone, Debug)]
pub struct JobPanic {
    /// The job's name.
    pub job: Arc<str>,
    /// What it said, if that was text.
    pub message: String,
    /// When.
    pub at: Instant,
}

/// The figures of [`Jobs`](super::Jobs).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobsMetrics {
    /// Jobs that run.
    pub running: usize,
    /// Jobs that wait for their time.
    pub waiting: usize,
    /// Runs that came to their end; a periodic job has many.
    pub completed: u64,
    /// Runs that panicked.
    pub panicked: u64,
    /// Jobs that were dropped before their end: aborted, or with their runtime.
    pub aborted: u64,
    /// Jobs that ended at the shutdown while they waited for their time.
    pub called_off: u64,
    /// Jobs that were not taken.
    pub refused: u64,
}

/// What [`Jobs::shutdown`](super::Jobs::shutdown) came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The jobs that were not done at the deadline, and were aborted.
    pub aborted: Vec<Arc<str>>,
}

impl Drained {
    /// Whether all jobs came to their end.
    pub fn is_complete(&self) -> bool {
        self.aborted.is_empty()
    }
}

#[derive(Debug)]
pub(super) struct Board {
    state: Mutex<State>,
    jobs_max: usize,
    reports_max: usize,
}

#[derive(Debug)]
struct State {
    closed: bool,
    /// The deadline of the shutdown is over.
    aborts: bool,
    next: u64,
    jobs: BTreeMap<u64, Entry>,
    /// Those who wait for the shutdown to begin.
    stopping: Line<()>,
    /// Those who wait for the last job to end.
    drained: Line<()>,
    figures: JobsMetrics,
    reports: VecDeque<JobPanic>,
}

#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    runs: bool,
    abort: Option<AbortHandle>,
}

/// Why a job is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    Full,
    Stopping,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All its runs were counted.
    Done,
    CalledOff,
    Aborted,
}

impl Board {
    pub(super) fn new(jobs_max: usize, reports_max: usize) -> Arc<Self> {
        let (stopping, drained) = (Line::new(), Line::new());
        let (jobs, figures, reports) = (BTreeMap::new(), JobsMetrics::default(), VecDeque::new());
        let (closed, aborts, next) = (false, false, 0);
        let state = State { closed, aborts, next, jobs, stopping, drained, figures, reports };
        Arc::new(Self { state: Mutex::new(state), jobs_max, reports_max })
    }

    /// A place for a job.
    pub(super) fn admit(self: &Arc<Self>, name: Arc<str>) -> Result<Member, Closed> {
        let mut state = lock(&self.state);
        let refused = match () {
            () if state.closed => Some(Closed::Stopping),
            () if state.jobs.len() >= self.jobs_max => Some(Closed::Full),
            () => None,
        };
        if let Some(refused) = refused {
            state.figures.refused += 1;
            return Err(refused);
        }
        let number = state.next;
        state.next += 1;
        state.jobs.insert(number, Entry { name: name.clone(), runs: false, abort: None });
        Ok(Member { board: self.clone(), number, name, end: End::Aborted })
    }

    /// The job's task has begun; it may have ended by now. One that was named as aborted before
    /// that is aborted here.
    pub(super) fn begun(&self, number: u64, abort: AbortHandle) {
        let mut state = lock(&self.state);
        let aborts = state.aborts;
        let unused = match state.jobs.get_mut(&number) {
            Some(entry) if !aborts => entry.abort.replace(abort),
            _ => Some(abort),
        };
        drop(state);
        unused.iter().filter(|_| aborts).for_each(AbortHandle::abort);
    }

    /// The runtime took no task for a job that was admitted: it is gone, and was not aborted.
    pub(super) fn refused_by_runtime(&self) {
        let mut state = lock(&self.state);
        state.figures.refused += 1;
        state.figures.aborted -= 1;
    }

    /// No new jobs from now on. Those who listen are told.
    pub(super) fn stop(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let wakers = state.stopping.call_all(|| ());
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn is_stopping(&self) -> bool {
        lock(&self.state).closed
    }

    /// Aborts all that are left; their names.
    pub(super) fn abort_all(&self) -> Vec<Arc<str>> {
        let mut state = lock(&self.state);
        state.aborts = true;
        let left = state.jobs.values().map(|entry| (entry.name.clone(), entry.abort.clone()));
        let (names, aborts): (Vec<_>, Vec<_>) = left.unzip();
        drop(state);
        aborts.iter().flatten().for_each(AbortHandle::abort);
        names
    }

    pub(super) fn metrics(&self) -> JobsMetrics {
        let state = lock(&self.state);
        let running = state.jobs.values().filter(|entry| entry.runs).count();
        JobsMetrics { running, waiting: state.jobs.len() - running, ..state.figures }
    }

    pub(super) fn reports(&self) -> Vec<JobPanic> {
        lock(&self.state).reports.iter().cloned().collect()
    }

    /// Ready when the shutdown begins.
    pub(super) fn stopping(self: &Arc<Self>) -> Stopping {
        Stopping(Listener { board: self.clone(), event: Event::Stopping, ticket: None })
    }

    /// Ready when no job is left.
    pub(super) fn drained(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        Listener { board: self.clone(), event: Event::Drained, ticket: None }
    }
}

/// A job's place. Its end, whatever it is, gives the place back.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) board: Arc<Board>,
    pub(super) number: u64,
    pub(super) name: Arc<str>,
    end: End,
}

impl Member {
    pub(super) fn runs(&self, runs: bool) {
        if let Some(entry) = lock(&self.board.state).jobs.get_mut(&self.number) {
            entry.runs = runs;
        }
    }

    /// A run came to its end.
    pub(super) fn completed(&self) {
        lock(&self.board.state).figures.completed += 1;
    }

    /// A run panicked.
    pub(super) fn panicked(&self, report: JobPanic) {
        let mut state = lock(&self.board.state);
        state.figures.panicked += 1;
        state.reports.push_back(report);
        let oldest =
            (state.reports.len() > self.board.reports_max).then(|| state.reports.pop_front());
        drop(state);
        drop(oldest);
    }

    pub(super) fn ended(mut self, end: End) {
        self.end = end;
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = lock(&self.board.state);
        match self.end {
            End::Done => {}
            End::CalledOff => state.figures.called_off += 1,
            End::Aborted => state.figures.aborted += 1,
        }
        let entry = state.jobs.remove(&self.number);
        let is_last = state.jobs.is_empty();
        let wakers = if is_last { state.drained.call_all(|| ()) } else { Vec::new() };
        drop(state);
        // Its abort handle keeps a task, maybe this one.
        drop(entry);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// The future of [`Jobs::stopping`](super::Jobs::stopping): ready when the shutdown begins.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Stopping(Listener);

impl Future for Stopping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Stopping,
    Drained,
}

#[derive(Debug)]
struct Listener {
    board: Arc<Board>,
    event: Event,
    ticket: Option<Ticket>,
}

impl State {
    fn has_come(&self, event: Event) -> bool {
        match event {
            Event::Stopping => self.closed,
            Event::Drained => self.jobs.is_empty(),
        }
    }

    fn line(&mut self, event: Event) -> &mut Line<()> {
        match event {
            Event::Stopping => &mut self.stopping,
            Event::Drained => &mut self.drained,
        }
    }
}

impl Future for Listener {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut waker = cx.waker().clone();
        let (board, event) = (self.board.clone(), self.event);
        let mut state = lock(&board.state);
        if state.has_come(event) {
            return Poll::Ready(());
        }
        let line = state.line(event);
        // Who was called and finds that it is not so any more gets in line again.
        if self.ticket.is_none_or(|ticket| line.collect(ticket, &mut waker).is_some()) {
            self.ticket = Some(line.join(std::mem::replace(&mut waker, Waker::noop().clone())));
        }
        Poll::Pending
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut state = lock(&self.board.state);
        let left = state.line(self.event).leave(ticket);
        drop(state);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Runtime;

    /// The deadline is over after the job's task was made, and before its board hears of that.
    #[test]
    fn what_is_named_as_aborted_does_not_go_on() {
        let runtime = Runtime::builder().workers(1).build().expect("a runtime");
        let board = Board::new(1, 1);
        let member = board.admit("late".into()).expect("there is room");
        let number = member.number;
        let task = runtime.spawn(async move {
            let _member = member;
            std::future::pending::<()>().await;
        });
        board.stop();
        assert_eq!(board.abort_all(), ["late".into()]);
        board.begun(number, task.abort_handle());
        assert!(runtime.block_on(task).is_err(), "it was aborted");
        assert_eq!(board.metrics().aborted, 1);
    }
}
