//! What is played.

mod channel;
mod idle;
mod park;
mod ring;
mod task;

use std::sync::{Arc, Mutex, PoisonError};

use crate::run::Scene;

pub(crate) fn all() -> Vec<Scene> {
    [ring::SCENES, park::SCENES, idle::SCENES, channel::SCENES, task::SCENES].concat()
}

/// A thread's part.
type Role = Box<dyn FnOnce() + Send>;

fn together(roles: Vec<Role>) {
    let threads: Vec<_> = roles.into_iter().map(shuttle::thread::spawn).collect();
    for thread in threads {
        thread.join().expect("a role panicked");
    }
}

/// A note behind shuttle's back: taking it is no step. The guard never lives beside one.
struct Note<T>(Arc<Mutex<T>>);

impl<T> Clone for Note<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Note<T> {
    fn new(value: T) -> Self {
        Self(Arc::new(Mutex::new(value)))
    }

    fn with<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Values taken by several threads: all of `producers` times `each`, once, and those of one
/// producer in order at each thread that takes them. Values are `producer * 100 + number`.
fn check(taken: Vec<Vec<usize>>, producers: usize, each: usize) {
    for came in &taken {
        for producer in 0..producers {
            let own = came.iter().filter(|value| **value / 100 == producer);
            assert!(own.is_sorted(), "out of order: {came:?}");
        }
    }
    let mut all = taken.concat();
    all.sort_unstable();
    let expected = (0..producers).flat_map(|at| (0..each).map(move |number| at * 100 + number));
    assert_eq!(all, expected.collect::<Vec<_>>(), "lost or twice");
}
