//! The slow service, for every model.

use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::kit::http::{Ask, Body, Method, Reply, Status};
use crate::kit::serve::{Answer, Boxed, Cut, Service};
use crate::time::sleep;

use super::chance::{For, chance};
use super::effects::Effects;
use super::faults::{BadFaults, Change, Faults, Switch};

/// The slow service.
#[derive(Debug)]
pub struct Slow {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    switch: Switch,
    effects: Effects,
}

/// What a request leads to.
enum Step {
    Now(Answer),
    /// After that time, by [`Slow::finish`].
    Later(Duration, Work),
}

/// Work that is under way.
struct Work {
    key: String,
    ending: Ending,
}

#[derive(Clone, Copy)]
enum Ending {
    Done,
    FailsBefore,
    FailsAfter,
}

impl Slow {
    /// A service that behaves so until it is told otherwise.
    ///
    /// # Errors
    /// Names the setting that cannot be meant.
    pub fn new(faults: Faults, seed: u64) -> Result<Slow, BadFaults> {
        faults.check()?;
        let state = State { switch: Switch::new(faults), effects: Effects::default() };
        Ok(Slow { seed, state: Mutex::new(state) })
    }

    /// The same service with its books in `file`, so that what it did is known at the next start,
    /// also when the process was killed. What the file has already counts as done.
    ///
    /// # Errors
    /// The file cannot be opened, read or cut to its last whole line.
    pub fn with_books(mut self, file: &Path) -> io::Result<Slow> {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.effects = Effects::open(file)?;
        Ok(self)
    }

    fn begin(&self, ask: Ask) -> Step {
        let reply = match (ask.method, ask.path.as_str()) {
            (Method::Post, "/work") => return self.work(ask.key),
            (Method::Get, "/effects") => self.effects(),
            (Method::Get, "/faults") => faults_reply(self.lock().switch.at(Instant::now())),
            (Method::Post, "/faults") => self.change(&ask.body),
            (_, "/work") => wrong_method("POST"),
            (_, "/effects") => wrong_method("GET, HEAD"),
            (_, "/faults") => wrong_method("GET, HEAD, POST"),
            (method, path) => match path.strip_prefix("/effects/") {
                Some(key) if method == Method::Get => self.effect(key),
                Some(_) => wrong_method("GET, HEAD"),
                None => error(
                    Status::NotFound,
                    "no such path; there are: POST /work, GET /effects, GET /effects/{key}, \
                     GET /faults, POST /faults",
                ),
            },
        };
        Step::Now(reply.into())
    }

    fn work(&self, key: Option<String>) -> Step {
        let mut state = self.lock();
        let faults = state.switch.at(Instant::now());
        let Some(key) = key else {
            return Step::Now(error(Status::BadRequest, "work needs an idempotency-key").into());
        };
        if faults.gone {
            return Step::Now(Answer::Gone);
        }
        let Some(call) = state.effects.called(&key) else {
            return Step::Now(error(Status::Unavailable, "the books are full of keys").into());
        };
        drop(state);
        let chance = |what| chance(self.seed, &key, call, what);
        let ending = match chance(For::Failure) < faults.fail_rate {
            false => Ending::Done,
            true if chance(For::Moment) < 0.5 => Ending::FailsBefore,
            true => Ending::FailsAfter,
        };
        let wait = faults.wait(chance(For::Jitter));
        Step::Later(wait, Work { key, ending })
    }

    fn finish(&self, work: Work) -> Answer {
        let mut state = self.lock();
        if state.switch.at(Instant::now()).gone {
            return Answer::Gone;
        }
        let Work { key, ending } = work;
        let repeated = match ending {
            Ending::FailsBefore => None,
            Ending::Done | Ending::FailsAfter => match state.effects.take_effect(&key) {
                Ok(repeated) => Some(repeated),
                Err(why) => {
                    let why = format!("the books cannot be written: {why}");
                    return error(Status::ServerError, &why).into();
                }
            },
        };
        drop(state);
        let reply = match (ending, repeated) {
            (Ending::Done, Some(repeated)) => {
                json_reply(Status::Ok, &json!({ "key": key, "done": true, "repeated": repeated }))
            }
            _ => error(Status::ServerError, "the work failed, as it is told to now and then"),
        };
        reply.into()
    }

    fn effects(&self) -> Reply {
        let state = self.lock();
        let keys = state.effects.all();
        let calls: u64 = keys.values().map(|effect| effect.calls).sum();
        let effects: u64 = keys.values().map(|effect| effect.effects).sum();
        json_reply(Status::Ok, &json!({ "calls": calls, "effects": effects, "keys": keys }))
    }

    fn effect(&self, key: &str) -> Reply {
        match self.lock().effects.of(key) {
            Some(effect) => json_reply(Status::Ok, &json!(effect)),
            None => error(Status::NotFound, "this key has not asked for anything"),
        }
    }

    fn change(&self, body: &[u8]) -> Reply {
        let change: Change = match serde_json::from_slice(body) {
            Ok(change) => change,
            Err(wrong) => return error(Status::BadRequest, &wrong.to_string()),
        };
        match self.lock().switch.change(&change, Instant::now()) {
            Ok(faults) => faults_reply(faults),
            Err(bad) => error(Status::Unprocessable, &bad.to_string()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Slow {
    fn answer(&self, ask: Ask) -> Boxed<'_, Answer> {
        let step = self.begin(ask);
        Box::pin(async move {
            match step {
                Step::Now(answer) => answer,
                Step::Later(wait, work) => {
                    sleep(wait).await;
                    self.finish(work)
                }
            }
        })
    }

    fn answer_blocking(&self, ask: Ask, cut: &dyn Cut) -> Answer {
        match self.begin(ask) {
            Step::Now(answer) => answer,
            Step::Later(wait, work) => match cut.sleep(wait) {
                true => self.finish(work),
                false => Answer::Gone,
            },
        }
    }
}

fn json_reply(status: Status, value: &serde_json::Value) -> Reply {
    Reply::new(status, Body::Json(value.to_string().into_bytes()))
}

fn faults_reply(faults: Faults) -> Reply {
    json_reply(Status::Ok, &json!(faults))
}

fn error(status: Status, why: &str) -> Reply {
    json_reply(status, &json!({ "error": why }))
}

fn wrong_method(allow: &'static str) -> Reply {
    let reply = error(Status::MethodNotAllowed, "this path does not know this method");
    Reply { allow: Some(allow), ..reply }
}
