//! Many rounds of one queue, each history checked exactly; and what the rounds showed.

use std::sync::{Mutex, PoisonError};

use crate::aspects::{self, Act};
use crate::effort;
use crate::history::{Answer, Call, History};
use crate::recorder::record;
use crate::search::{Promise, Search};
use crate::stress::{self, Pop, Push};
use crate::subjects::Subject;
use crate::totals::{Total, add};

/// In how many rounds something was seen.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    rounds: usize,
    counts: [(&'static str, usize); 8],
}

impl Seen {
    fn note(&mut self, history: &History) {
        // Without the lane that empties the queue at the end.
        let together = history.lanes.iter().rev().skip(1).flatten();
        let any = |is: fn(Call, Answer) -> bool| together.clone().any(|e| is(e.call, e.answer));
        let partly = |call, answer| match (call, answer) {
            (Call::PushMany(items), Answer::Pushed(pushed)) => (1..items.len()).contains(&pushed),
            (Call::PopMany(max), Answer::Took(took)) => (1..max).contains(&took.len()),
            _ => false,
        };
        let now = [
            (
                "full",
                any(|call, a| a == Answer::Full || (call, a) == (Call::IsFull, Answer::Is(true))),
            ),
            ("empty", any(|_, answer| answer == Answer::Empty)),
            ("overlapping", history.overlaps()),
            ("closed", any(|_, answer| answer == Answer::Closed)),
            ("displaced", any(|_, answer| matches!(answer, Answer::Displaced(_)))),
            ("missed", any(|_, answer| answer == Answer::Missed)),
            ("in part", any(partly)),
            ("lagged", any(|_, answer| matches!(answer, Answer::Lagged(_)))),
        ];
        self.rounds += 1;
        for (count, (name, seen)) in self.counts.iter_mut().zip(now) {
            *count = (name, count.1 + usize::from(seen));
        }
    }

    /// Fails when less was seen: rounds that never come to the interesting places show nothing.
    pub(crate) fn expect(&self, floors: &[(&str, usize)]) {
        for (name, floor) in floors {
            let count = self.counts.iter().find(|(known, _)| known == name);
            let count = count.map_or(0, |(_, count)| *count);
            assert!(count >= *floor, "{name} in {count} rounds only, expected {floor}: {self:?}");
        }
    }
}

/// One set of threads at a time: there are few cores, and calls must overlap.
static MACHINE: Mutex<()> = Mutex::new(());

/// What the fast checks say, where they apply.
fn fast(subject: &Subject, history: &History) -> Result<(), String> {
    if !subject.is_queue {
        return Ok(());
    }
    aspects::check(&aspects::acts(history), history.capacity)
}

/// Every history must be explained, and pass the fast checks too.
pub(crate) fn sound<P: Promise>(subject: &Subject, rounds: usize) -> Seen {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut seen, mut search) = (Seen::default(), Search::<P>::default());
    let rounds = rounds * effort::times() as usize;
    record(subject, effort::seed(), rounds, |history| {
        if let Err(said) = search.check(&history) {
            panic!("{said}");
        }
        let said = fast(subject, &history);
        assert_eq!(said, Ok(()), "the fast checks refuse what is fine: {history:?}");
        seen.note(&history);
        true
    });
    add(Total::Histories, rounds);
    println!("{}: {seen:?}, {} steps of the search", subject.name, search.steps);
    seen
}

/// How many rounds of a broken queue are looked at.
const BROKEN_ROUNDS: usize = 2_000;

/// The exact check must refuse this queue, and refuse all that the fast checks refuse.
pub(crate) fn rejected<P: Promise>(name: &str, subject: &Subject) {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut search = Search::<P>::default();
    let (mut exactly, mut quickly) = (0, 0);
    let mut shortest: Option<(usize, String)> = None;
    record(subject, effort::seed(), BROKEN_ROUNDS, |history| {
        let said = search.check(&history);
        let aspects = fast(subject, &history);
        if let Err(said) = said {
            exactly += 1;
            quickly += usize::from(aspects.is_err());
            if shortest.as_ref().is_none_or(|(len, _)| said.len() < *len) {
                shortest = Some((said.len(), said));
            }
        } else {
            assert_eq!(aspects, Ok(()), "{history:?}");
        }
        true
    });
    println!(
        "{name}: {exactly} of {BROKEN_ROUNDS} rounds refused, {quickly} by the fast checks too"
    );
    let said = shortest.map(|(_, said)| said);
    assert!(exactly > 0, "{name} is never noticed");
    assert!(said.is_some_and(|said| said.contains("no order of these calls")));
    add(Total::Histories, BROKEN_ROUNDS);
    add(Total::Refused, 1);
}

/// Values of each producer in a long run.
const LONG: u32 = 60_000;

/// A long run of these ends must pass the fast checks.
pub(crate) fn long_run(name: &str, (pushes, pops): (Vec<Push>, Vec<Pop>), capacity: usize) {
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let acts = stress::run(pushes, pops, LONG * effort::times() as u32);
    let count = |act| acts.iter().filter(|timed| timed.act == act).count();
    let (full, empty) = (count(Act::Full), count(Act::Empty));
    println!("{name}, capacity {capacity}: {} acts, {full} full, {empty} empty", acts.len());
    assert_eq!(aspects::check(&acts, capacity), Ok(()), "{name}, capacity {capacity}");
}
