//! The arguments of `windlass serve --service orders`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::kit::orders::{self, OrdersError, OrdersSettings};
use crate::kit::serve::{Model, ServeError, Service};
use crate::workflow::pressure::Policy;
use crate::workflow::rate::Rate;

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
    /// So many orders may be unfinished (evented) [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    backlog_max: Option<u32>,
    /// What becomes of further ones (evented) [default: reject]
    #[arg(long, value_enum, value_name = "POLICY")]
    pressure: Option<PressureArg>,
    /// So many orders are taken in a second, evenly; needs --pressure rate-limit
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rate_max: Option<u32>,
    /// So many requests wait to be let in, with --pressure block and shed-oldest [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    waiting_max: Option<u32>,
    /// So many calls of the slow service are under way at a time [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    calls_max: Option<u32>,
    /// A file that gets a line of JSON for each event; what is in it stays
    #[arg(long, value_name = "FILE")]
    audit: Option<PathBuf>,
    /// After so long without an event, who watches an order gets a comment [default: 15s]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    events_keep_alive: Option<Duration>,
    /// Nobody watches an order for longer without asking again [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = times::parse)]
    events_max: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PressureArg {
    /// They wait for room, in line, up to 5 s; when as many wait as may they get 503
    Block,
    /// They get 503
    Reject,
    /// They wait; when as many wait as may the oldest that waits gets 503
    ShedOldest,
    /// They get 503; so do those that come faster than --rate-max
    RateLimit,
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
            pressure,
            rate_max,
            waiting_max,
            calls_max,
            audit,
            events_keep_alive,
            events_max,
        } = self;
        let times = [attempt_timeout, backoff, backoff_max, events_keep_alive, events_max];
        let numbers = [attempts_max, order_workers, backlog_max, rate_max, waiting_max, calls_max];
        database.as_ref().or(audit.as_ref()).is_some()
            || pressure.is_some()
            || times.into_iter().any(Option::is_some)
            || numbers.into_iter().any(Option::is_some)
    }

    /// What becomes of too many orders.
    fn policy(&self) -> Result<Policy, ServeError> {
        match (self.pressure.unwrap_or(PressureArg::Reject), self.rate_max) {
            (PressureArg::RateLimit, Some(rate)) => Ok(Policy::RateLimit(Rate::per_second(rate))),
            (PressureArg::RateLimit, None) => {
                Err(usage("--pressure rate-limit needs --rate-max N, the orders taken in a second"))
            }
            (_, Some(_)) => Err(usage("--rate-max needs --pressure rate-limit")),
            (PressureArg::Block, None) => Ok(Policy::Block),
            (PressureArg::Reject, None) => Ok(Policy::Reject),
            (PressureArg::ShedOldest, None) => Ok(Policy::ShedOldest),
        }
    }

    /// The service that they describe, for a server of this model that calls `slow`.
    pub(super) fn service(
        &self,
        model: Model,
        slow: Option<SocketAddr>,
    ) -> Result<Arc<dyn Service>, ServeError> {
        let database = self.database.clone();
        let database = database.ok_or_else(|| usage("--service orders needs --database FILE"))?;
        let slow = slow.ok_or_else(|| {
            usage("--service orders needs --downstream HOST:PORT, where the slow service listens")
        })?;
        let common = OrdersSettings::new(database, slow);
        let many = |given: Option<u32>, common| given.map_or(common, |it| it as usize);
        let settings = OrdersSettings {
            attempt_timeout: self.attempt_timeout.unwrap_or(common.attempt_timeout),
            attempts_max: self.attempts_max.unwrap_or(common.attempts_max),
            backoff_base: self.backoff.unwrap_or(common.backoff_base),
            backoff_max: self.backoff_max.unwrap_or(common.backoff_max),
            workers: many(self.order_workers, common.workers),
            backlog_max: many(self.backlog_max, common.backlog_max),
            pressure: self.policy()?,
            waiting_max: many(self.waiting_max, common.waiting_max),
            calls_max: many(self.calls_max, common.calls_max),
            audit: self.audit.clone(),
            events_keep_alive: self.events_keep_alive.unwrap_or(common.events_keep_alive),
            events_max: self.events_max.unwrap_or(common.events_max),
            ..common
        };
        orders::open(model, settings).map_err(|error| {
            let usage = matches!(error, OrdersError::Setting(_));
            ServeError::Service { said: error.to_string(), usage }
        })
    }
}

fn usage(said: &str) -> ServeError {
    ServeError::Service { said: said.to_owned(), usage: true }
}
