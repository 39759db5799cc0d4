//! Back pressure: a bounded queue tells its producer that the consumer does not keep up; an
//! unbounded one lets the work pile up.
//!
//! Bottom-up: what stands between producer and consumer, one window of both, the claim.

mod line;
mod flow;

use std::time::Duration;

use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::group::Group;
use crate::workflow::pressure::Policy;
use crate::workflow::rate::Rate;

use self::flow::{DEPTH, GROWTH, OFFERED, OFFERED_GROWTH, run};
use self::line::{Channel, PLACES, queue};
use super::claim::{Claim, Course};

/// Items in a bundle: three times what the consumer gets done meanwhile, and half of it.
const FAST: u64 = 30;
const SLOW: u64 = 5;

/// How many times longer items may take in the window's second half than in its first: in a queue
/// that grows as long as it lasts it is three times.
const GROWTH_MAX: f64 = 2.0;

const UNBOUNDED: &str = "unbounded channel";
const STD_WAITS: &str = "std sync_channel of 64, send";
const STD_REFUSES: &str = "std sync_channel of 64, try_send";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "back-pressure",
    title: "Back pressure",
    claimed: "Where work comes faster than it is done, a bounded queue keeps what waits in it, its \
              memory and the time through it bounded, whichever policy says what becomes of the \
              rest; in an unbounded one they grow for as long as it lasts. Where the rest is \
              refused, what is done is done soon after it was due, too.",
    measured: "A producer three times faster than the consumer, through windlass's pressure queue \
               of 64 places under each policy (Block, Reject, ShedOldest, RateLimit) and through \
               an unbounded channel: time from due to done and from offered to done (p99), depth \
               and memory over time, refusals. std's sync_channel of 64 stands beside.",
    refuted_by: "A policy under which items take as long from offered to done (p99) as through the \
                 unbounded channel, or twice as long in the second half of the time as in the \
                 first; or a 65th item in the queue, ever. Under the three that refuse: the same \
                 of the time from due to done.",
    rule: "Holds when all of these hold for each policy. Under Block the time from due to done is \
           shown and decides nothing: the producer waits, and is late by as much as an unbounded \
           queue would have grown. The wait has gone to where it can be noticed, and is not gone.",
    not_shown: "That it takes windlass, or async: std's sync_channel bounds the same, as its rows \
                show. What wins is the bound; windlass adds policies, figures, and tasks that \
                wait without a thread. What the refused are to do: that is the producer's to \
                decide (and why it is told).",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    // Below what the consumer gets done, and a bundle at once.
    let slower = Rate { permits: 7_500, per: Duration::from_secs(1), burst: FAST as u32 };
    for (id, name, policy) in [
        ("block", "windlass, Block", Policy::Block),
        ("reject", "windlass, Reject", Policy::Reject),
        ("shed_oldest", "windlass, ShedOldest", Policy::ShedOldest),
        ("rate_limit", "windlass, RateLimit", Policy::RateLimit(slower)),
    ] {
        course.group(id, |group| {
            describe(group, "producer 3 times faster");
            group
                .title(&format!("3x too much work, {id}, p99"))
                .beats_of("sooner through it than through an unbounded one", OFFERED, UNBOUNDED)
                .limit_of(
                    "at most twice as long through it in the second half",
                    OFFERED_GROWTH,
                    GROWTH_MAX,
                )
                .never_of("at most 64 items ever wait in the queue", DEPTH, PLACES as f64);
            if policy != Policy::Block {
                group.beats("done sooner after it was due", UNBOUNDED).limit_of(
                    "at most twice as late in the second half",
                    GROWTH,
                    GROWTH_MAX,
                );
            }
            contenders(group, name, policy, FAST);
        });
    }
    course.group("consumer_faster", |group| {
        describe(group, "consumer twice as fast");
        group
            .title("half as much work as can be done")
            .boundary()
            .beats("done sooner after it was due", UNBOUNDED);
        contenders(group, "windlass, Reject", Policy::Reject, SLOW);
    });
}

fn describe(group: &mut Group<'_>, what: &str) {
    group
        .question("What becomes of work that comes faster than it is done?")
        .method(&format!(
            "{what}: a bundle of items is due each millisecond; one thread produces, one consumes \
             and computes 100 us for each item of 4 KiB. When the window is over the producer \
             stops; what waits is thrown away. The value counts from when an item was due, of the \
             items that were done and (at the window's end) of the oldest that still waits, under \
             each policy: a producer that is made to wait is late, and held_back counts what it \
             did not come to. from_offer counts from when the producer asked for a place. refused \
             counts what was turned away or shed. held_mib is the most that items in the queue \
             held: their number times their size. How many these are windlass's queue counts \
             itself; of the channels it is counted beside them, at most one too many."
        ))
        .not_shown("More producers, or tasks in place of threads: a queue bounds all alike.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(Duration::from_millis(150));
}

fn contenders(group: &mut Group<'_>, name: &str, policy: Policy, bundle: u64) {
    let waits = policy == Policy::Block;
    group
        .window(name, Role::Subject, move |window| run(&queue(policy)?, bundle, window))
        .window(UNBOUNDED, Role::Baseline, move |window| run(&Channel::unbounded(), bundle, window))
        .window(if waits { STD_WAITS } else { STD_REFUSES }, Role::Baseline, move |window| {
            run(&Channel::bounded(PLACES, waits), bundle, window)
        });
}
