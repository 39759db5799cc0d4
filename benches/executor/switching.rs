//! Going from one task to the next on the same runtime: yields, and two tasks in turn.

use std::future::Future;
use std::pin::Pin;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam::utils::CachePadded;
use windlass_benches::{Batch, Group, Harness, Role};

use crate::latch::Latch;
use crate::peers::{Executor, MAY, MONOIO, Spawner, THREADS, TOKIO, Workload, everyone};

/// Tasks that yield in turn.
const YIELDERS: usize = 64;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    bench.group("yield", |group| {
        let method = "64 tasks, each yields its share by the runtime's own yield_now, or, where it \
                      has none, by waking itself; all workers may work: wall time by yields. 64 \
                      threads call sched_yield.";
        group
            .title("yield, 64 tasks")
            .question("What does it cost a task to let the others go first?")
            .method(method)
            .not_shown("Yields from one task alone, which some runtimes treat apart.")
            .claim("yield at least 3.5x as fast as tokio", TOKIO, 3.5)
            .claim("yield at least 1.8x as fast as may", MAY, 1.8)
            .crowded();
        let yields = Yields::leaked();
        everyone(group, YieldTasks(yields));
        group.checked(THREADS, Role::Baseline, move |ops| yield_threads(yields, ops));
    });
    for (id, apart, title) in [
        ("ping_pong", true, "ping-pong between two tasks"),
        ("ping_pong_together", false, "ping-pong, started by one task"),
    ] {
        bench.group(id, |group| ping_pong(group, apart, title));
    }
}

fn ping_pong(group: &mut Group<'_>, apart: bool, title: &str) {
    let start = match apart {
        true => "A thread outside starts both: where there are workers, each may take one.",
        false => "A task starts both, so that they begin on one worker.",
    };
    group
        .title(title)
        .question("What does it cost two tasks to take turns?")
        .method(&format!(
            "Two tasks on one runtime, each wakes the other and waits; wakers are registered once, \
             no channel between. {start} One operation: there and back. Two threads: park and \
             unpark."
        ))
        .not_shown("The cost of a channel; what happens beside other tasks.")
        .crowded();
    if apart {
        group.claim("ping-pong at least 4.5x as fast as tokio", TOKIO, 4.5).claim(
            "ping-pong no slower than monoio",
            MONOIO,
            1.0,
        );
    }
    everyone(group, PingPongTasks(Latch::leaked(2), apart));
    group.checked(THREADS, Role::Baseline, ping_pong_threads);
}

/// Counts what 64 yielders did.
pub(crate) struct Yields {
    latch: &'static Latch,
    done: CachePadded<AtomicU64>,
}

impl Yields {
    pub(crate) fn leaked() -> &'static Self {
        Box::leak(Box::new(Self { latch: Latch::leaked(YIELDERS), done: CachePadded::default() }))
    }

    fn reset(&self) {
        self.done.store(0, Ordering::Relaxed);
        self.latch.reset(YIELDERS);
    }

    fn finished(&self, number: usize, yields: u64) {
        self.done.fetch_add(yields, Ordering::Relaxed);
        self.latch.arrive(number);
    }

    fn check(&self, elapsed: Duration, ops: u64) -> Result<Batch, String> {
        match self.done.load(Ordering::Relaxed) {
            done if done == ops => Ok(elapsed.into()),
            done => Err(format!("{done} yields of {ops}")),
        }
    }
}

fn share(ops: u64, number: usize) -> u64 {
    let yielders = YIELDERS as u64;
    ops / yielders + u64::from((number as u64) < ops % yielders)
}

#[derive(Clone, Copy)]
pub(crate) struct YieldTasks(pub(crate) &'static Yields);

impl Workload for YieldTasks {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        self.0.reset();
        let start = |starter: &E::Starter| {
            for number in 0..YIELDERS {
                starter.detach(async move {
                    let yields = share(ops, number);
                    for _ in 0..yields {
                        E::Spawner::yield_now().await;
                    }
                    self.0.finished(number, yields);
                });
            }
        };
        self.0.check(executor.started(start, self.0.latch)?, ops)
    }
}

fn yield_threads(yields: &'static Yields, ops: u64) -> Result<Batch, String> {
    yields.reset();
    let waiting = AtomicUsize::new(YIELDERS);
    let waiting = &waiting;
    thread::scope(|scope| {
        for number in 0..YIELDERS {
            scope.spawn(move || {
                if waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
                    yields.latch.begin();
                }
                while waiting.load(Ordering::Acquire) > 0 {
                    thread::yield_now();
                }
                let count = share(ops, number);
                (0..count).for_each(|_| thread::yield_now());
                yields.finished(number, count);
            });
        }
    });
    yields.check(yields.latch.wait()?, ops)
}

/// A ball between two players: whose turn it is, told by its lowest bit.
struct Game {
    ball: CachePadded<AtomicU64>,
    end: u64,
    ready: AtomicUsize,
    wakers: [OnceLock<Waker>; 2],
    hits: [AtomicU64; 2],
    latch: &'static Latch,
}

/// One of two tasks.
struct Player {
    game: Arc<Game>,
    number: usize,
    registered: bool,
    hits: u64,
}

impl Player {
    fn end(&self) -> Poll<()> {
        self.game.hits[self.number].store(self.hits, Ordering::Relaxed);
        self.game.latch.arrive(self.number);
        Poll::Ready(())
    }
}

impl Future for Player {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let player = &mut *self;
        let game = &*player.game;
        if !player.registered {
            player.registered = true;
            let _ = game.wakers[player.number].set(cx.waker().clone());
            if game.ready.fetch_add(1, Ordering::AcqRel) == 1 {
                game.latch.begin();
                wake(&game.wakers[0]);
            }
        }
        if game.ready.load(Ordering::Acquire) < 2 {
            return Poll::Pending;
        }
        let ball = game.ball.load(Ordering::Acquire);
        if ball >= game.end {
            return player.end();
        }
        if ball % 2 == player.number as u64 {
            player.hits += 1;
            game.ball.store(ball + 1, Ordering::Release);
            wake(&game.wakers[1 - player.number]);
            if ball + 1 == game.end {
                return player.end();
            }
        }
        Poll::Pending
    }
}

fn wake(waker: &OnceLock<Waker>) {
    if let Some(waker) = waker.get() {
        waker.wake_by_ref();
    }
}

/// Whether they are started apart from each other.
#[derive(Clone, Copy)]
struct PingPongTasks(&'static Latch, bool);

impl Workload for PingPongTasks {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let Self(latch, apart) = self;
        let game = Arc::new(Game {
            ball: CachePadded::default(),
            end: 2 * ops,
            ready: AtomicUsize::new(0),
            wakers: [const { OnceLock::new() }; 2],
            hits: Default::default(),
            latch,
        });
        latch.reset(2);
        let elapsed = if apart {
            executor.started(|starter| start_players(starter, &game), latch)?
        } else {
            let (players, spawner) = (game.clone(), executor.spawner());
            executor.inside(async move { start_players(&spawner, &players) }, latch)?
        };
        let [first, second] = [0, 1].map(|number| game.hits[number].load(Ordering::Relaxed));
        if (first, second) == (ops, ops) {
            Ok(elapsed.into())
        } else {
            Err(format!("{first} and {second} hits, right is {ops} each"))
        }
    }
}

fn start_players<S: Spawner>(spawner: &S, game: &Arc<Game>) {
    for number in 0..2 {
        spawner.detach(Player { game: game.clone(), number, registered: false, hits: 0 });
    }
}

fn ping_pong_threads(ops: u64) -> Result<Batch, String> {
    let ball = CachePadded::new(AtomicU64::new(0));
    let (ball, end) = (&ball, 2 * ops);
    let play = move |number: u64, other: &thread::Thread| {
        let mut hits = 0;
        loop {
            let now = ball.load(Ordering::Acquire);
            if now >= end {
                return hits;
            }
            if now % 2 == number {
                hits += 1;
                ball.store(now + 1, Ordering::Release);
                other.unpark();
            } else {
                thread::park();
            }
        }
    };
    let first = thread::current();
    let (elapsed, hits) = thread::scope(|scope| {
        let second = scope.spawn(move || play(1, &first));
        let began = Instant::now();
        let hits = play(0, second.thread());
        (began.elapsed(), (Some(hits), second.join().ok()))
    });
    if hits == (Some(ops), Some(ops)) {
        Ok(elapsed.into())
    } else {
        Err(format!("{hits:?} hits, right is {ops} each"))
    }
}
