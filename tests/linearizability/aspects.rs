//! The fast checks for long runs: what no queue may show, one aspect after the other (after T.
//! Henzinger, A. Sezgin, V. Vafeiadis: Aspect-oriented linearizability proofs, 2013). Each finds
//! real faults only; what they miss is left to the exact check of short rounds.

use crate::history::{Answer, Call, Event, History};

/// What a call did. Values are distinct and small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Pushed(u32),
    Popped(u32),
    Empty,
    Full,
    Close,
    /// A push was told that the queue is closed.
    Closed,
}

/// An act and when it happened, as [`Event`] has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timed {
    pub(crate) act: Act,
    pub(crate) called: u32,
    pub(crate) returned: u32,
}

/// A stretch of time. A call that reads `n` began after the clock came to `n` and before it left;
/// one that moves the clock away from `n` ended just then. So beginnings are odd and endings even.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from: u64,
    to: u64,
}

const NEVER: Stretch = Stretch { from: u64::MAX, to: u64::MAX };

impl Timed {
    fn stretch(&self) -> Stretch {
        Stretch { from: 2 * u64::from(self.called) + 1, to: 2 * u64::from(self.returned) + 2 }
    }
}

/// When a value was pushed and popped.
#[derive(Clone, Copy)]
struct Life {
    push: Stretch,
    pop: Stretch,
}

impl Life {
    fn is_pushed(&self) -> bool {
        self.push.from != NEVER.from
    }
}

/// What is wrong with the acts on a queue that was empty before.
pub(crate) fn check(acts: &[Timed], capacity: usize) -> Result<(), String> {
    let lives = lives(acts)?;
    overtaken(&lives)?;
    overfilled(&lives, capacity)?;
    false_empty(&lives, acts)?;
    false_full(&lives, acts, capacity)?;
    late(acts)
}

/// Nothing out of thin air, nothing twice, nothing before its push.
fn lives(acts: &[Timed]) -> Result<Vec<Life>, String> {
    let unknown = Life { push: NEVER, pop: NEVER };
    let mut lives = Vec::new();
    let mut pops = Vec::new();
    for act in acts {
        match act.act {
            Act::Pushed(value) => {
                let at = value as usize;
                lives.resize(lives.len().max(at + 1), unknown);
                lives[at].push = act.stretch();
            }
            Act::Popped(value) => pops.push((value as usize, act.stretch())),
            _ => {}
        }
    }
    for (value, pop) in pops {
        let known = lives.get_mut(value).filter(|life| life.is_pushed());
        let Some(life) = known else {
            return Err(format!("{value} came out and never went in"));
        };
        if life.pop.from != NEVER.from {
            return Err(format!("{value} came out twice"));
        }
        if pop.to < life.push.from {
            return Err(format!("{value} came out before it went in"));
        }
        life.pop = pop;
    }
    lives.retain(Life::is_pushed);
    Ok(lives)
}

/// Who was pushed after another's push ended does not come out before the other's pop begins.
fn overtaken(lives: &[Life]) -> Result<(), String> {
    let mut by_begin: Vec<&Life> = lives.iter().collect();
    by_begin.sort_unstable_by_key(|life| life.push.from);
    let mut by_end: Vec<&Life> = lives.iter().collect();
    by_end.sort_unstable_by_key(|life| life.push.to);
    let mut earlier = by_end.into_iter().peekable();
    let mut latest_pop = 0;
    for life in by_begin {
        while let Some(before) = earlier.next_if(|before| before.push.to < life.push.from) {
            latest_pop = latest_pop.max(before.pop.from);
        }
        if life.pop.to < latest_pop {
            return Err(format!("the push at {:?} overtook another", life.push));
        }
    }
    Ok(())
}

/// Between the end of its push and the beginning of its pop a value is certainly inside.
fn certain(lives: &[Life]) -> Vec<Stretch> {
    let certain = |life: &Life| Stretch { from: life.push.to, to: life.pop.from };
    let mut certain: Vec<Stretch> = lives.iter().map(certain).collect();
    certain.retain(|stretch| stretch.from < stretch.to);
    certain.sort_unstable_by_key(|stretch| stretch.from);
    certain
}

fn overfilled(lives: &[Life], capacity: usize) -> Result<(), String> {
    let certain = certain(lives);
    let mut ends: Vec<u64> = certain.iter().map(|stretch| stretch.to).collect();
    ends.sort_unstable();
    let mut gone = 0;
    for (come, stretch) in certain.iter().enumerate() {
        while ends[gone] < stretch.from {
            gone += 1;
        }
        if come + 1 - gone > capacity {
            return Err(format!("more than {capacity} inside at {}", stretch.from));
        }
    }
    Ok(())
}

/// "Empty" needs a moment at which no value is certainly inside.
fn false_empty(lives: &[Life], acts: &[Timed]) -> Result<(), String> {
    let mut held: Vec<Stretch> = Vec::new();
    for stretch in certain(lives) {
        match held.last_mut().filter(|last| stretch.from < last.to) {
            Some(last) => last.to = last.to.max(stretch.to),
            None => held.push(stretch),
        }
    }
    for act in acts.iter().filter(|act| act.act == Act::Empty) {
        let asked = act.stretch();
        let begun = held.partition_point(|held| held.from < asked.from);
        if begun > 0 && held[begun - 1].to > asked.to {
            return Err(format!("empty at {asked:?}, and never was"));
        }
    }
    Ok(())
}

/// "Full" needs a moment at which as many values as fit may be inside: from the beginning of the
/// push to the end of the pop.
fn false_full(lives: &[Life], acts: &[Timed], capacity: usize) -> Result<(), String> {
    let mut changes: Vec<(u64, isize)> = lives.iter().map(|life| (life.push.from, 1)).collect();
    let popped = lives.iter().filter(|life| life.pop.to != NEVER.to);
    changes.extend(popped.map(|life| (life.pop.to + 1, -1)));
    changes.sort_unstable();
    let mut inside = vec![0; changes.len() + 1];
    for (at, (_, change)) in changes.iter().enumerate() {
        inside[at + 1] = inside[at] + change;
    }
    for act in acts.iter().filter(|act| act.act == Act::Full) {
        let asked = act.stretch();
        let before = changes.partition_point(|(at, _)| *at <= asked.from);
        let to = changes.partition_point(|(at, _)| *at <= asked.to);
        let most = inside[before..=to].iter().max().copied().unwrap_or(0);
        if most < capacity as isize {
            return Err(format!("full at {asked:?}, with at most {most} inside"));
        }
    }
    Ok(())
}

/// No push goes in after a close ended, and none is refused before one began.
fn late(acts: &[Timed]) -> Result<(), String> {
    let closes = || acts.iter().filter(|act| act.act == Act::Close);
    let closes = || closes().map(Timed::stretch);
    let ended = closes().map(|close| close.to).min().unwrap_or(u64::MAX);
    let began = closes().map(|close| close.from).min().unwrap_or(u64::MAX);
    for act in acts {
        let during = act.stretch();
        match act.act {
            Act::Pushed(value) if ended < during.from => {
                return Err(format!("{value} went in after the close"));
            }
            Act::Closed if during.to < began => {
                return Err(format!("closed at {during:?}, before any close"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A history's acts: a batch is many, and in no order.
pub(crate) fn acts(history: &History) -> Vec<Timed> {
    let mut acts = Vec::new();
    for event in history.events() {
        let mut add = |act| {
            let Event { called, returned, .. } = *event;
            acts.push(Timed { act, called, returned });
        };
        match (event.call, event.answer) {
            (Call::Push(value) | Call::TryPush(value), Answer::Done) => {
                add(Act::Pushed(value.into()));
            }
            (Call::ForcePush(value), Answer::Done) => add(Act::Pushed(value.into())),
            (Call::ForcePush(value), Answer::Displaced(oldest)) => {
                add(Act::Pushed(value.into()));
                add(Act::Popped(oldest.into()));
            }
            (Call::PushMany(values), Answer::Pushed(pushed)) => {
                let pushed = values.iter().take(pushed);
                pushed.for_each(|value| add(Act::Pushed(value.into())));
            }
            (_, Answer::Value(value)) => add(Act::Popped(value.into())),
            (_, Answer::Took(values)) => {
                values.iter().for_each(|value| add(Act::Popped(value.into())));
            }
            (Call::Pop, Answer::Empty) | (Call::IsEmpty, Answer::Is(true)) => add(Act::Empty),
            (Call::Push(_), Answer::Full) | (Call::IsFull, Answer::Is(true)) => add(Act::Full),
            (Call::Close, Answer::Is(true)) => add(Act::Close),
            (_, Answer::Closed) => add(Act::Closed),
            _ => {}
        }
    }
    acts
}
