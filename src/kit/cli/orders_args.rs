//! The arguments of `windlass serve --service orders`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use crate::kit::orders::{self, OrdersError, OrdersSettings};
use crate::kit::serve::{Model, ServeError, Service};

use super::times;

/// How the orders service works. With `--model evented` it acknowledges first; with the others it
/// answers when all is done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Orders service")]
pub(super) struct OrdersArgs {
    /// The database's file; made if it is not there
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// How long one call of the slow service may take [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    attempt_timeout: Option<Duration>,
    /// So often it is called for an order before that is a dead letter [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    attempts_max: Option<u32>,
    /// Longest wait before the first retry; it doubles each time [default: 200ms]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    backoff: Option<Duration>,
    /// Longest wait before any retry [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    backoff_max: Option<Duration>,
    /// So many orders are worked on at a time (evented) [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    order_workers: Option<u32>,
    /// So many orders may be unfinished; further ones get 503 (evented) [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    backlog_max: Option<u32>,
}

impl OrdersArgs {
    /// Whether any of them is given.
    pub(super) fn are_given(&self) -> bool {
        let OrdersArgs {
            database,
            attempt_timeout,
            attempts_max,
            backoff,
            backoff_max,
            order_workers,
            backlog_max,
        } = self;
        database.is_some()
            || attempt_timeout.or(*backoff).or(*backoff_max).is_some()
            || attempts_max.or(*order_workers).or(*backlog_max).is_some()
    }

    /// The service that they describe, for a server of this model that calls `slow`.
    pub(super) fn service(
        &self,
        model: Model,
        slow: Option<SocketAddr>,
    ) -> Result<Arc<dyn Service>, ServeError> {
        let usage = |said: &str| ServeError::Service { said: said.to_owned(), usage: true };
        let database = self.database.clone();
        let database = database.ok_or_else(|| usage("--service orders needs --database FILE"))?;
        let slow = slow.ok_or_else(|| {
            usage("--service orders needs --downstream HOST:PORT, where the slow service listens")
        })?;
        let common = OrdersSettings::new(database, slow);
        let settings = OrdersSettings {
            attempt_timeout: self.attempt_timeout.unwrap_or(common.attempt_timeout),
            attempts_max: self.attempts_max.unwrap_or(common.attempts_max),
            backoff_base: self.backoff.unwrap_or(common.backoff_base),
            backoff_max: self.backoff_max.unwrap_or(common.backoff_max),
            workers: self.order_workers.map_or(common.workers, |it| it as usize),
            backlog_max: self.backlog_max.map_or(common.backlog_max, |it| it as usize),
            ..common
        };
        orders::open(model, settings).map_err(|error| {
            let usage = matches!(error, OrdersError::Setting(_));
            ServeError::Service { said: error.to_string(), usage }
        })
    }
}
