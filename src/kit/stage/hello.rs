//! The hello service under each model.

use crate::kit::load::ServerProcess;
use crate::kit::serve::{Model, ServeConfig};

use super::binary;

/// How a hello service is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Who waits.
    pub model: Model,
    /// Worker threads (evented); `None`: one per core.
    pub workers: Option<usize>,
    /// Threads of the pool.
    pub pool_threads: usize,
    /// Each reply closes its connection.
    pub close_each: bool,
}

impl Hello {
    /// The service as `windlass serve` starts it.
    #[must_use]
    pub fn new(model: Model) -> Hello {
        let pool_threads = ServeConfig::new(Model::ThreadPool).pool_threads;
        Hello { model, workers: None, pool_threads, close_each: false }
    }

    /// Starts it in a process of its own.
    ///
    /// # Errors
    /// What kept it from listening.
    pub fn start(self) -> Result<ServerProcess, String> {
        let pool_threads = self.pool_threads.to_string();
        let workers = self.workers.map(|workers| workers.to_string());
        let mut arguments = vec!["--model", self.model.name(), "--pool-threads", &pool_threads];
        // Longer than others are measured meanwhile.
        arguments.extend(["--idle-deadline-ms", "3600000", "--connections-max", "16384"]);
        if let Some(workers) = &workers {
            arguments.extend(["--workers", workers]);
        }
        if self.close_each {
            arguments.push("--close");
        }
        binary::serve(&arguments)
    }
}
