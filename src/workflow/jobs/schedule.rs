//! Starts jobs, at once or by the clock, and ends them.

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::board::{Board, Closed, Drained, End, JobPanic, JobsMetrics, Member, Stopping};
use super::run::{put_down, reached, run};
use crate::runtime::{Handle, TrySpawnError};
use crate::sync::lock;
use crate::time::{MissedTicks, Sleep, interval, sleep, timeout};
use crate::workflow::blocking::block_timeout;
use crate::workflow::moment::now;
use crate::workflow::settings::{InvalidSetting, demand};

/// The settings of [`Jobs`].
#[derive(Clone, Debug)]
pub struct JobsSettings {
    /// So many jobs there are at once, those that wait included. Default: 1,024.
    pub jobs_max: usize,
    /// So many reports of panics are kept, the newest. Default: 16.
    pub reports_max: usize,
}

impl Default for JobsSettings {
    fn default() -> Self {
        Self { jobs_max: 1024, reports_max: 16 }
    }
}

/// When a periodic job runs.
#[derive(Clone, Copy, Debug)]
pub struct Every {
    /// The time between two runs' beginnings.
    pub period: Duration,
    /// The time before the first.
    pub first_after: Duration,
    /// What becomes of ticks that come while a run is under way.
    pub missed_ticks: MissedTicks,
}

impl Every {
    /// Each `period`, the first time at once; ticks that are missed are left out.
    pub fn new(period: Duration) -> Self {
        Self { period, first_after: Duration::ZERO, missed_ticks: MissedTicks::Skip }
    }
}

/// Why a job was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotStarted {
    /// There are `jobs_max` jobs.
    Full,
    /// The runtime has `tasks_max` tasks.
    RuntimeFull,
    /// The jobs, or their runtime, are shutting down.
    Stopping,
    /// A period of zero.
    NoPeriod,
}

says!([] NotStarted: |own, f| f.write_str(match own {
    Self::Full => "there are `jobs_max` jobs; wait until one has ended, or allow more",
    Self::RuntimeFull => "the runtime has `tasks_max` tasks; wait until one has ended",
    Self::Stopping => "no job is started during the shutdown",
    Self::NoPeriod => "the period is zero; it must be more",
}));

/// A job that was not started, and why.
pub struct JobError<J> {
    /// What was to be run.
    pub job: J,
    /// Why it was not.
    pub why: NotStarted,
}

says!([J] JobError<J>: |own, f| write!(f, "{}", own.why));
shows!([J] JobError<J>: |own| JobError { why: own.why });

/// Background jobs of a program, by name. Cheap to clone; clones are one set of jobs. Dropping it
/// lets them go on.
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::jobs::{Every, Jobs, JobsSettings};
///
/// let runtime = windlass::Runtime::new()?;
/// let jobs = Jobs::new(runtime.handle().clone(), JobsSettings::default())?;
/// jobs.spawn("warm up", async { /* fill a cache */ })?;
/// jobs.spawn_after("clean up", Duration::from_secs(3600), async {})?;
/// jobs.spawn_every("summary", Every::new(Duration::from_millis(1)), || async {})?;
/// jobs.spawn("broken", async { panic!("no such table") })?;
///
/// let stopping = jobs.stopping();
/// jobs.spawn("worker", async move { stopping.await })?;
///
/// let drained = runtime.block_on(jobs.shutdown(Duration::from_secs(5)));
/// assert!(drained.is_complete());
/// assert_eq!((jobs.metrics().panicked, jobs.metrics().aborted), (1, 0));
/// assert_eq!(jobs.reports()[0].message, "no such table");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Jobs {
    handle: Handle,
    board: Arc<Board>,
}

impl Jobs {
    /// No jobs yet; they will run on that runtime.
    ///
    /// # Errors
    /// When there could never be a job.
    pub fn new(handle: Handle, settings: JobsSettings) -> Result<Self, InvalidSetting> {
        let JobsSettings { jobs_max, reports_max } = settings;
        demand(jobs_max > 0, "jobs_max", &jobs_max, "at least 1")?;
        Ok(Self { handle, board: Board::new(jobs_max, reports_max) })
    }

    /// Starts a job.
    ///
    /// # Errors
    /// [`JobError`], with the job.
    pub fn spawn<F>(&self, name: &str, job: F) -> Result<(), JobError<F>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.start(name, job, |member, job| async move {
            run_once(&member, || job).await;
            member.ended(End::Done);
        })
    }

    /// Starts a job when so much time has passed from now on, by the clock of the jobs' runtime.
    /// The shutdown calls it off before that.
    ///
    /// # Errors
    /// [`JobError`], with the job.
    pub fn spawn_after<F>(&self, name: &str, delay: Duration, job: F) -> Result<(), JobError<F>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (board, due) = (self.board.clone(), self.after(delay));
        self.start(name, job, move |member, job| async move {
            let stop = pin!(board.stopping());
            if !reached(due, stop).await {
                report(&member, put_down(job));
                return member.ended(End::CalledOff);
            }
            run_once(&member, || job).await;
            member.ended(End::Done);
        })
    }

    /// Starts a job again and again. The shutdown lets a run that is under way end, and begins no
    /// other. A run that panics does not keep the next one from coming.
    ///
    /// # Errors
    /// [`JobError`], with the job; a period of zero is none.
    pub fn spawn_every<M, F>(&self, name: &str, every: Every, job: M) -> Result<(), JobError<M>>
    where
        M: FnMut() -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        if every.period.is_zero() {
            return Err(JobError { job, why: NotStarted::NoPeriod });
        }
        let (board, due) = (self.board.clone(), self.after(every.first_after));
        self.start(name, job, move |member, mut job| async move {
            let mut stop = pin!(board.stopping());
            if reached(due, stop.as_mut()).await {
                let mut ticks = interval(every.period).missed_ticks(every.missed_ticks);
                while reached(ticks.tick(), stop.as_mut()).await {
                    run_once(&member, &mut job).await;
                }
            }
            report(&member, put_down(job));
            member.ended(End::CalledOff);
        })
    }

    /// Ready when so much time has passed from now on, by the runtime's clock.
    fn after(&self, delay: Duration) -> Sleep {
        let _entered = self.handle.enter();
        sleep(delay)
    }

    /// Puts the job into a task of its own, which may never begin: then the job comes back.
    fn start<J, T>(
        &self,
        name: &str,
        job: J,
        task: impl FnOnce(Member, J) -> T + Send + 'static,
    ) -> Result<(), JobError<J>>
    where
        J: Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let member = match self.board.admit(name.into()) {
            Ok(member) => member,
            Err(Closed::Full) => return Err(JobError { job, why: NotStarted::Full }),
            Err(Closed::Stopping) => return Err(JobError { job, why: NotStarted::Stopping }),
        };
        let number = member.number;
        // Kept here, too, until the task begins.
        let kept = Arc::new(Mutex::new(Some(job)));
        let taken = kept.clone();
        let future = async move {
            let job = lock(&taken).take();
            drop(taken);
            if let Some(job) = job {
                task(member, job).await;
            }
        };
        let why = match self.handle.try_spawn(future) {
            Ok(handle) => {
                self.board.begun(number, handle.abort_handle());
                handle.detach();
                return Ok(());
            }
            Err(TrySpawnError::Full(_)) => NotStarted::RuntimeFull,
            Err(TrySpawnError::Shutdown(_)) => NotStarted::Stopping,
        };
        self.board.refused_by_runtime();
        let job = lock(&kept).take();
        // A task that was refused has not begun, and has left the job here.
        job.map_or(Ok(()), |job| Err(JobError { job, why }))
    }

    /// A future that is ready when the shutdown begins, for jobs that go on and on.
    pub fn stopping(&self) -> Stopping {
        self.board.stopping()
    }

    /// Whether the shutdown has begun.
    pub fn is_stopping(&self) -> bool {
        self.board.is_stopping()
    }

    /// Takes no new jobs, calls off those that wait, and waits for those that run until `deadline`
    /// from now. Then it aborts what is left, and names it; a job that blocks its thread goes on
    /// until it waits for something. A job that calls this waits for itself, until the deadline.
    ///
    /// **Cancel safety.** Dropped before it is ready, nothing is aborted; no new jobs are taken.
    ///
    /// # Panics
    /// As [`sleep`](fn@crate::time::sleep).
    pub async fn shutdown(&self, deadline: Duration) -> Drained {
        self.board.stop();
        let drained = timeout(deadline, self.board.drained()).await.is_ok();
        self.drained(drained)
    }

    /// As [`Jobs::shutdown`], blocking the thread: not for use in a task.
    pub fn shutdown_blocking(&self, deadline: Duration) -> Drained {
        self.board.stop();
        let drained = block_timeout(deadline, self.board.drained()).is_some();
        self.drained(drained)
    }

    fn drained(&self, drained: bool) -> Drained {
        Drained { aborted: if drained { Vec::new() } else { self.board.abort_all() } }
    }

    /// The figures.
    pub fn metrics(&self) -> JobsMetrics {
        self.board.metrics()
    }

    /// The newest panics, oldest first.
    pub fn reports(&self) -> Vec<JobPanic> {
        self.board.reports()
    }
}

async fn run_once<F: Future<Output = ()>>(member: &Member, begin: impl FnOnce() -> F) {
    member.runs(true);
    let ended = run(begin).await;
    member.runs(false);
    if ended.is_ok() {
        member.completed();
    }
    report(member, ended);
}

/// Counts and keeps a panic.
fn report(member: &Member, ended: Result<(), String>) {
    if let Err(message) = ended {
        member.panicked(JobPanic { job: member.name.clone(), message, at: now() });
    }
}
