//! Blocking closures in a world: run on its one thread, one at a time, when chance says so.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use crate::executor::{BlockingPool, Job};
use crate::sync::lock;

/// So many closures wait at most.
const JOBS_MAX: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct InPlace(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    is_closed: bool,
}

impl InPlace {
    pub(super) fn has_jobs(&self) -> bool {
        !lock(&self.0).jobs.is_empty()
    }

    /// Runs the closure that has waited longest.
    pub(super) fn run_one(&self) {
        let job = lock(&self.0).jobs.pop_front();
        job.into_iter().for_each(Job::run);
    }
}

impl BlockingPool for InPlace {
    fn execute(&self, job: Job) -> Result<(), Job> {
        let mut waiting = lock(&self.0);
        if waiting.is_closed || waiting.jobs.len() >= JOBS_MAX {
            return Err(job);
        }
        waiting.jobs.push_back(job);
        Ok(())
    }

    fn shut_down(&self, _: Option<Duration>) -> bool {
        let mut waiting = lock(&self.0);
        waiting.is_closed = true;
        let left = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        // What a closure owns may come back here.
        drop(left);
        true
    }
}
