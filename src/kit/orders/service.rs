//! The orders service, in both ways of working.

use std::sync::Arc;
use std::time::Duration;

use crate::kit::http::{Ask, Reply, Status};
use crate::kit::serve::{Answer, Boxed, Cut, Model, Service};

use super::desk::{Desk, metrics};
use super::figures::Exposition;
use super::in_line::InLine;
use super::ledger;
use super::queued::Queued;
use super::replies::error;
use super::routes::{Route, route};
use super::settings::{OrdersError, OrdersSettings};

const OTHER_MODEL: &str = "this service was opened for another server model";

/// The service for a server of this model: the evented one acknowledges first, the others work in
/// line. Opens the database: blocks.
///
/// # Errors
/// [`OrdersError`]: nothing was started.
pub fn open(model: Model, settings: OrdersSettings) -> Result<Arc<dyn Service>, OrdersError> {
    let desk = Desk::open(settings)?;
    Ok(match model {
        Model::Evented => Arc::new(Acknowledging(Arc::new(Queued::new(desk)?))),
        _ => Arc::new(Waiting(InLine::new(desk))),
    })
}

/// Acknowledges first: for the evented model.
#[derive(Debug)]
struct Acknowledging(Arc<Queued>);

/// Answers when all is done: for the blocking models.
#[derive(Debug)]
struct Waiting(InLine);

impl Service for Acknowledging {
    fn tasks_max(&self) -> usize {
        self.0.tasks_max()
    }

    fn start(&self) -> Result<(), String> {
        self.0.start()
    }

    fn stop(&self, within: Duration) {
        self.0.stop(within);
    }

    fn answer(&self, ask: Ask) -> Boxed<'_, Answer> {
        let Acknowledging(queued) = self;
        let desk = &queued.desk;
        desk.figures.requests.one();
        Box::pin(async move {
            let reply = match route(&ask, desk.epoch) {
                Route::Page => desk.page(),
                Route::Post => queued.post(ask).await,
                Route::Order(id) => desk.found(desk.database.read(desk.find(id)).await),
                Route::Events(id) => {
                    let watch = desk.watch(id);
                    let found = desk.database.read(desk.find(id)).await;
                    return desk.watched(watch, found);
                }
                Route::Summary => desk.summed_up(),
                Route::Audit => desk.audited(),
                Route::Metrics => {
                    let mut exposed = Exposition::default();
                    queued.expose(&mut exposed).await;
                    metrics(exposed)
                }
                Route::Dead { after, max } => {
                    desk.listed(desk.database.read(desk.dead(after, max)).await)
                }
                Route::Retry(id) => queued.retry(id).await,
                Route::Wrong(reply) => reply,
            };
            reply.into()
        })
    }

    fn answer_blocking(&self, _: Ask, _: &dyn Cut) -> Answer {
        other_model().into()
    }
}

impl Service for Waiting {
    fn start(&self) -> Result<(), String> {
        self.0.start()
    }

    fn stop(&self, within: Duration) {
        self.0.stop(within);
    }

    fn answer(&self, _: Ask) -> Boxed<'_, Answer> {
        Box::pin(std::future::ready(other_model().into()))
    }

    fn answer_blocking(&self, ask: Ask, cut: &dyn Cut) -> Answer {
        let Waiting(in_line) = self;
        let desk = &in_line.desk;
        desk.figures.requests.one();
        let reply = match route(&ask, desk.epoch) {
            Route::Page => desk.page(),
            Route::Post => in_line.post(ask, cut),
            Route::Order(id) => desk.found(desk.database.read_blocking(desk.find(id))),
            Route::Events(id) => {
                let watch = desk.watch(id);
                let found = desk.database.read_blocking(desk.find(id));
                return desk.watched(watch, found);
            }
            // In line here, too: whoever asks waits until it is made.
            Route::Summary => match desk.database.read_blocking(ledger::sums) {
                Ok(sums) => {
                    desk.summarise(sums);
                    desk.summed_up()
                }
                Err(error) => desk.failed(&error),
            },
            Route::Audit => desk.audited(),
            Route::Metrics => {
                let mut exposed = Exposition::default();
                desk.expose(&mut exposed);
                metrics(exposed)
            }
            Route::Dead { after, max } => {
                desk.listed(desk.database.read_blocking(desk.dead(after, max)))
            }
            Route::Retry(id) => in_line.retry(id, cut),
            Route::Wrong(reply) => reply,
        };
        reply.into()
    }
}

fn other_model() -> Reply {
    error(Status::NotImplemented, "", OTHER_MODEL)
}
