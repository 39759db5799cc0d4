//! The world: nodes, their time, and who is next.

use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{mem, pin::pin};

use super::dice::Trace;
use super::one_queue::{DrawnQueues, OneQueue, drawn_by};
use super::shared::{Main, Order, Shared, WORLD};
use super::{halt::Halt, handle::Sim, in_place::InPlace};
use crate::hosted::Hosted;
use crate::runtime::Runtime;
use crate::task::{JoinError, Panic};

/// So many tasks may be alive in a node.
const TASKS_MAX: usize = 1 << 16;

/// A poll takes so much virtual time at most: enough for timers to come between two, at times.
const POLL_MAX: Duration = Duration::from_micros(20);

/// What an experiment may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// So much virtual time. One day.
    pub time_max: Duration,
    /// So many polls. Ten million.
    pub polls_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { time_max: Duration::from_secs(24 * 3600), polls_max: 10_000_000 }
    }
}

/// A world of its own: time, chance, nodes and a network that follow from a seed, on one thread.
/// See the [module](super).
///
/// ```
/// use std::time::Duration;
/// use windlass::sim::World;
/// use windlass::time::sleep;
///
/// let history = |seed| {
///     let mut world = World::new(seed)?;
///     let sim = world.sim().clone();
///     world.run(async move {
///         let (one, other) = (sim.clone(), sim.clone());
///         let one = windlass::spawn(async move { one.note(format_args!("tick")) });
///         let other = windlass::spawn(async move { other.note(format_args!("tock")) });
///         sleep(Duration::from_secs(3600)).await; // takes no time
///         one.await.and(other.await).expect("both end");
///     })?;
///     Ok::<_, windlass::sim::Halt>(world.trace())
/// };
/// assert_eq!(history(1)?, history(1)?);
/// assert_ne!(history(1)?, history(2)?);
/// # Ok::<(), windlass::sim::Halt>(())
/// ```
pub struct World {
    shared: Arc<Shared>,
    sim: Sim,
    /// By number; `None` while a node is down.
    seats: Vec<Option<Seat>>,
    bounds: Bounds,
    polls: u64,
}

/// A node that runs.
struct Seat {
    hosted: Hosted<OneQueue, DrawnQueues>,
    blocking: Arc<InPlace>,
}

impl Seat {
    fn new(shared: &Arc<Shared>) -> Result<Self, Halt> {
        let blocking = Arc::<InPlace>::default();
        let of: Weak<Shared> = Arc::downgrade(shared);
        let builder = Runtime::builder()
            .policy::<OneQueue>()
            .queues::<DrawnQueues>()
            .clock(shared.clock.clone())
            .blocking_pool(blocking.clone())
            .tasks_max(TASKS_MAX)
            .on_panic(move |panic| panicked(&of, panic));
        let hosted = drawn_by(&shared.dice, || builder.build_hosted()).map_err(Halt::Build)?;
        Ok(Self { hosted, blocking })
    }

    fn has_work(&self) -> bool {
        self.hosted.handle().metrics().tasks_injected > 0
            || self.blocking.has_jobs()
            || self.hosted.until_timer() == Some(Duration::ZERO)
    }
}

fn panicked(of: &Weak<Shared>, panic: &Panic) {
    if let Some(shared) = of.upgrade() {
        let said = panic.message().unwrap_or("something that is no text");
        shared.note(format_args!("a task panics: {said}"));
        shared.halt(Halt::Panicked(said.to_owned()));
    }
}

impl World {
    /// The world of that seed.
    ///
    /// # Errors
    /// [`Halt::Build`].
    pub fn new(seed: u64) -> Result<Self, Halt> {
        let shared = Shared::new(seed);
        let own = Seat::new(&shared)?;
        shared.set_courier(Some(own.hosted.handle().clone()));
        let sim = Sim::new(shared.clone());
        Ok(Self { shared, sim, seats: vec![Some(own)], bounds: Bounds::default(), polls: 0 })
    }

    /// What its tasks know it by.
    pub fn sim(&self) -> &Sim {
        &self.sim
    }

    /// What it may take from now on, counted from its beginning.
    pub fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
    }

    /// Keeps the last events as text, so many at most. None unless told.
    pub fn keep_lines(&mut self, lines: usize) {
        self.shared.dice.keep(lines);
    }

    /// What has happened.
    pub fn trace(&self) -> Trace {
        self.shared.dice.trace()
    }

    /// How many polls and blocking closures it has run.
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Runs a future in the experimenter's own node, and all the other nodes with it, until it is
    /// ready. It may be called again: the world goes on from there.
    ///
    /// # Errors
    /// [`Halt`], when the future cannot or must not come to its end. A task of any node that panics
    /// is among that.
    pub fn run<F>(&mut self, main: F) -> Result<F::Output, Halt>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let Some(own) = &self.seats[WORLD] else { return Err(Halt::Nested) };
        let main = own.hosted.handle().spawn(main);
        loop {
            self.follow_orders()?;
            if let Some(halt) = self.shared.halted() {
                main.abort();
                return Err(halt);
            }
            if main.is_finished() {
                break;
            }
            self.step()?;
        }
        match pin!(main).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(output)) => Ok(output),
            Poll::Ready(Err(JoinError::Panicked(panic))) => {
                Err(Halt::Panicked(panic.message().unwrap_or_default().to_owned()))
            }
            // It has finished, and nobody has aborted it.
            Poll::Ready(Err(_)) | Poll::Pending => Err(Halt::Stalled { at: self.sim.now() }),
        }
    }

    fn follow_orders(&mut self) -> Result<(), Halt> {
        while let Some(order) = self.shared.next_order() {
            match order {
                Order::Crash(node) => self.crash(node),
                Order::Start(node, main) => self.start(node, main)?,
            }
        }
        Ok(())
    }

    fn start(&mut self, node: usize, main: Main) -> Result<(), Halt> {
        self.crash(node);
        let seat = Seat::new(&self.shared)?;
        self.within(node, |shared| {
            shared.set_up(node, true);
            shared.note(format_args!("starts"));
            seat.hosted.handle().spawn(main).detach();
        });
        if self.seats.len() <= node {
            self.seats.resize_with(node + 1, || None);
        }
        self.seats[node] = Some(seat);
        Ok(())
    }

    fn crash(&mut self, node: usize) {
        let Some(seat) = self.seats.get_mut(node).and_then(Option::take) else { return };
        self.within(node, |shared| {
            shared.note(format_args!("crashes"));
            shared.set_up(node, false);
            shared.kept(node).iter().for_each(|kept| kept.crash());
            // What tasks do as they are dropped, they do by the world's clock.
            let handle = seat.hosted.handle().clone();
            let _entered = handle.enter();
            drop(seat);
        });
    }

    /// Does something as the code of `node`.
    fn within<R>(&self, node: usize, act: impl FnOnce(&Shared) -> R) -> R {
        let before = self.shared.go(node);
        let done = act(&self.shared);
        self.shared.go(before);
        done
    }

    /// Lets one node run a task; where none has anything to do, lets the time jump.
    fn step(&mut self) -> Result<(), Halt> {
        let seats = self.seats.iter().enumerate();
        let up = seats.filter_map(|(node, seat)| Some((node, seat.as_ref()?)));
        let ready: Vec<_> = up.clone().filter(|(_, seat)| seat.has_work()).collect();
        if ready.is_empty() {
            let wait = up.filter_map(|(_, seat)| seat.hosted.until_timer()).min();
            return self.jump(wait);
        }
        let (node, _) = ready[self.shared.dice.pick(ready.len())];
        self.turn(node)
    }

    fn jump(&mut self, wait: Option<Duration>) -> Result<(), Halt> {
        let at = self.shared.clock.passed();
        let Some(wait) = wait else { return Err(Halt::Stalled { at }) };
        self.shared.clock.advance(wait);
        let most = self.bounds.time_max;
        if self.shared.clock.passed() > most { Err(Halt::Time(most)) } else { Ok(()) }
    }

    /// Lets a node run one task, and the time that it takes pass.
    fn turn(&mut self, node: usize) -> Result<(), Halt> {
        let dice = self.shared.dice.clone();
        let before = self.shared.go(node);
        let Some(seat) = &mut self.seats[node] else { return Ok(()) };
        let ran = if seat.blocking.has_jobs() && dice.chance(0.5) {
            seat.blocking.run_one();
            Ok(1)
        } else {
            seat.hosted.try_visit(1, Some(Duration::ZERO))
        };
        self.shared.go(before);
        ran.map_err(|_| Halt::Nested)?;
        self.polls += 1;
        self.shared.clock.advance(dice.between(Duration::ZERO, POLL_MAX));
        let most = self.bounds.polls_max;
        if self.polls > most { Err(Halt::Polls(most)) } else { Ok(()) }
    }
}

/// Ends the other nodes, then the experimenter's own.
impl Drop for World {
    fn drop(&mut self) {
        self.shared.set_courier(None);
        for node in (0..self.seats.len()).rev() {
            let seat = mem::take(&mut self.seats[node]);
            self.within(node, |shared| {
                shared.set_up(node, false);
                let handle = seat.as_ref().map(|seat| seat.hosted.handle().clone());
                let _entered = handle.as_ref().map(|handle| handle.enter());
                drop(seat);
            });
        }
    }
}

shows!([] World: |own| World { seed: own.shared.seed, now: own.sim.now(), polls: own.polls });
