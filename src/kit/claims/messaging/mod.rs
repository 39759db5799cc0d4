//! Asynchronous messaging: sender and receiver need not be there at the same time.
//!
//! Bottom-up: what is counted, the receiver that is away, the one that is killed, the claim.

mod counts;
mod away;
mod killed;

use std::time::Duration;

use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::group::Group;
use crate::kit::stage::letters;

use self::away::{Away, Way};
use self::counts::{DUPLICATES, HELD, LOST, MISORDERED};
use super::claim::{Claim, Course};

const SUBJECT: &str = "windlass, mailbox";
const CALL_ONCE: &str = "call, given up when nobody is there";
const CALL_AGAIN: &str = "call, tried until somebody is there";
const MEMORY: &str = "queue in memory";
const IN_LINE: &str = "received before it is taken";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "asynchronous-messaging",
    title: "Asynchronous messaging",
    claimed: "A letter in a durable mailbox arrives though its receiver is away, or is killed with \
              letters waiting in it: once, in order, and without holding up its sender.",
    measured: "A receiver that is away for 0.3 s (full profile: 3 s), and one that is killed \
               (kill -9) and started again: letters lost, received twice or out of order; how long \
               the sender is held; how long it takes to catch up.",
    refuted_by: "A letter lost, received twice or out of order; a sender that is held as long as \
                 one that tries again until somebody is there; no more arriving over a kill than \
                 with a queue in memory; a sender held as long as one whose letters are received \
                 at once.",
    rule: "Holds when all of these hold. The receiver that is always there is shown, and decides \
           nothing.",
    not_shown: "The loss of power (tests/workflow/power.rs); a sender that is killed itself.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    // Twice as long in the full profile, as every sample: there it is 3 s.
    let away = Duration::from_millis(if course.is_full() { 1500 } else { 300 });
    course.group("away", |group| {
        describe_away(group, away);
        group
            .title("receiver away, sender held, p99")
            .beats("the sender is held less than when it tries again", CALL_AGAIN);
        nothing_lost(group);
        for (name, role, way) in [
            (SUBJECT, Role::Subject, Way::Mailbox),
            (CALL_ONCE, Role::Baseline, Way::CallOnce),
            (CALL_AGAIN, Role::Baseline, Way::CallAgain),
        ] {
            group.window(name, role, move |window| away::run(way, Away::Window, window));
        }
    });
    course.group("killed", |group| {
        describe_killed(group);
        group.beats("more arrives than with a queue in memory", MEMORY).beats_of(
            "the sender is held less than in line",
            HELD,
            IN_LINE,
        );
        nothing_lost(group);
        for (name, role, way) in [
            (SUBJECT, Role::Subject, letters::Way::Mailbox),
            (MEMORY, Role::Baseline, letters::Way::Memory),
            (IN_LINE, Role::Baseline, letters::Way::InLine),
        ] {
            group.window(name, role, move |window| killed::run(way, window));
        }
    });
    course.group("present", |group| {
        describe_away(group, Duration::from_millis(100));
        group
            .title("receiver there: sender held, p50")
            .boundary()
            .beats("the sender is held less than by a call", CALL_ONCE);
        for (name, role, way) in
            [(SUBJECT, Role::Subject, Way::Mailbox), (CALL_ONCE, Role::Baseline, Way::CallOnce)]
        {
            group.window(name, role, move |window| away::run(way, Away::Never, window));
        }
    });
}

fn nothing_lost(group: &mut Group<'_>) {
    group
        .never_of("no letter is lost", LOST, 0.0)
        .never_of("no letter is received twice", DUPLICATES, 0.0)
        .never_of("no letter overtakes another", MISORDERED, 0.0);
}

fn describe_away(group: &mut Group<'_>, time: Duration) {
    group
        .question("What becomes of letters, and of their sender, while the receiver is away?")
        .method(
            "A thread sends a letter each 5 ms, open loop; how long it is held counts from when \
             the letter was due (p99; where the receiver is there, the median). Where it is \
             away, it is so for the first two thirds of the window. windlass: a mailbox in \
             SQLite, each letter synced to the disk before it counts as posted. Calls: to a \
             thread behind a Unix socket that is not there meanwhile, answered from memory; one \
             that fails is given up, or tried again after 10 ms. catch_up_ms: from the return \
             until the last letter that was due before it is received.",
        )
        .not_shown("A receiver on another machine; letters that are larger.")
        .unit("ms", Better::Lower)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(time);
}

fn describe_killed(group: &mut Group<'_>) {
    group
        .title("receiver killed and restarted")
        .question("What arrives of the letters that a killed process had taken?")
        .method(
            "A process takes 40 letters, one after the other, and takes 2 ms to receive each, then \
             writes it to SQLite (synced). When 25 are taken and one more is on its way it is \
             killed, started again on the same database, and sent the rest, the one on its way \
             again. windlass: a letter is taken when a mailbox in that database has it (synced); \
             that it is received and that it is done is one transaction. In memory: taken into a \
             channel. In line: taken when it is received. Those two know a letter that is sent \
             again by its number. The value is the share received, at the end, of the letters \
             taken. catch_up_ms: from the kill until all is received.",
        )
        .not_shown("A receiver whose effects are outside of the database: it may see one twice.")
        .unit("% of the letters taken", Better::Higher)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::from_secs(1))
        .sample(Duration::from_millis(100));
}
