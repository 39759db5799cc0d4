//! The arguments of `windlass serve --service slow`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::kit::serve::{ServeError, Service};
use crate::kit::slow::{Faults, Slow};

use super::times;

/// How the slow service behaves. It can be changed while it runs: `POST /faults`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Slow service")]
pub(super) struct SlowArgs {
    /// How long its work takes [default: 200ms]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    latency: Option<Duration>,
    /// How much longer or shorter that may be [default: 20ms]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    jitter: Option<Duration>,
    /// Which share of the calls fails, from 0 to 1 [default: 0]
    #[arg(long, value_name = "SHARE")]
    fail_rate: Option<f64>,
    /// How long each call stands still beside that [default: 0]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    stall: Option<Duration>,
    /// What decides which calls fail [default: 1]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// A file for what was done, so that a service that was killed knows it at its next start
    #[arg(long, value_name = "FILE")]
    books: Option<PathBuf>,
}

impl SlowArgs {
    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        let SlowArgs { latency, jitter, fail_rate, stall, seed, books } = self;
        latency.or(*jitter).or(*stall).is_some()
            || fail_rate.is_some()
            || seed.is_some()
            || books.is_some()
    }

    /// The service that they describe.
    pub(super) fn service(&self) -> Result<Arc<dyn Service>, ServeError> {
        let common = Faults::default();
        let ms = |time: Option<Duration>, ms| time.map_or(ms, |time| time.as_millis() as u64);
        let faults = Faults {
            latency_ms: ms(self.latency, common.latency_ms),
            jitter_ms: ms(self.jitter, common.jitter_ms),
            fail_rate: self.fail_rate.unwrap_or(common.fail_rate),
            stall_ms: ms(self.stall, common.stall_ms),
            gone: common.gone,
        };
        let slow = Slow::new(faults, self.seed.unwrap_or(1))
            .map_err(|bad| ServeError::Service { said: bad.to_string(), usage: true })?;
        let Some(books) = &self.books else {
            return Ok(Arc::new(slow));
        };
        let slow = slow.with_books(books).map_err(|why| {
            let said = format!("{}: {why}; name a file that can be written", books.display());
            ServeError::Service { said, usage: false }
        })?;
        Ok(Arc::new(slow))
    }
}
