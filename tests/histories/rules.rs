//! What a queue promises of each message, as rules on a history. Each finds real faults only: where
//! two calls overlap, either order will do.

use std::cmp::Reverse;

use windlass::workflow::queue::QueueOptions;

use crate::record::{Got, History, How, Said, Sent, Settle, Settled, Span};

/// The rule that is broken, and how.
pub(crate) type Broken = (&'static str, String);

/// What is known of one message.
struct Life<'a> {
    sent: &'a Sent,
    /// In the order of their numbers.
    got: Vec<&'a Got>,
    /// For each of these, how it was settled, if it was.
    settled: Vec<Option<&'a Settle>>,
}

struct Checker<'a> {
    history: &'a History,
    lives: Vec<Life<'a>>,
    lease_ms: u64,
    attempts_max: u32,
    keys_keep_ms: u64,
    messages_max: usize,
}

fn refuse<T>(rule: &'static str, said: String) -> Result<T, Broken> {
    Err((rule, said))
}

/// What is wrong with the history of a queue with these options.
pub(crate) fn check(history: &History, options: &QueueOptions) -> Result<(), Broken> {
    let checker = Checker {
        history,
        lives: lives(history)?,
        lease_ms: options.lease.as_millis() as u64,
        attempts_max: options.attempts_max,
        keys_keep_ms: options.keys_keep.as_millis() as u64,
        messages_max: options.messages_max,
    };
    for life in &checker.lives {
        checker.numbers(life)?;
        checker.settlements(life)?;
        checker.leases(life)?;
        checker.delays(life)?;
        checker.end(life)?;
    }
    checker.priorities()?;
    checker.order()?;
    checker.keys()?;
    checker.bounds()
}

/// Nothing is delivered that was not taken in.
fn lives(history: &History) -> Result<Vec<Life<'_>>, Broken> {
    let is_in = |sent: &&Sent| matches!(sent.said, Said::New(_) | Said::Perhaps(_));
    let mut lives: Vec<Life<'_>> = history
        .sent
        .iter()
        .filter(is_in)
        .map(|sent| Life { sent, got: Vec::new(), settled: Vec::new() })
        .collect();
    lives.sort_by_key(|life| life.sent.body);
    for got in &history.got {
        match lives.binary_search_by_key(&got.body, |life| life.sent.body) {
            Ok(at) => lives[at].got.push(got),
            Err(_) => return refuse("thin air", format!("{got:?} was not taken in")),
        }
    }
    for life in &mut lives {
        life.got.sort_by_key(|got| (got.delivery, got.span.called));
        let settle_of = |got: &&Got| {
            let is = |settle: &&Settle| (settle.body, settle.delivery) == (got.body, got.delivery);
            history.settled.iter().find(is)
        };
        life.settled = life.got.iter().map(settle_of).collect();
    }
    Ok(lives)
}

impl Life<'_> {
    /// Whether it may have left the queue, and by when at the earliest.
    fn gone(&self) -> Option<&Settle> {
        let is_done = |settle: &&Settle| settle.how == How::Done && settle.settled != Settled::Lost;
        self.settled.iter().flatten().copied().find(is_done)
    }

    /// Whether it has certainly left the queue before then.
    fn is_gone_before(&self, then: &Span) -> bool {
        self.gone().is_some_and(|gone| gone.settled == Settled::Yes && gone.span.before(then))
    }

    /// The deliveries one after the other, with how the first of the two was settled.
    fn pairs(&self) -> impl Iterator<Item = (&Got, Option<&Settle>, &Got)> {
        let settled = self.settled.iter().copied();
        self.got.windows(2).zip(settled).map(|(pair, settled)| (pair[0], settled, pair[1]))
    }
}

impl Checker<'_> {
    fn is_dead(&self, body: u32) -> bool {
        self.history.died.iter().any(|died| died.body == body)
    }

    /// Deliveries are numbered, each is somebody's, and each is an attempt.
    fn numbers(&self, life: &Life<'_>) -> Result<(), Broken> {
        let mut before: Option<&Got> = None;
        for got in &life.got {
            let (number, since) = before.map_or((0, 0), |got| (got.delivery, got.span.called));
            let is_next = got.delivery == number + 1;
            // A process that ends may have received what nobody heard of.
            let unheard = got.delivery > number && self.history.crashed(since, got.span.returned);
            if !is_next && !unheard {
                return refuse("numbers", format!("{got:?} after number {number}"));
            }
            if before.is_some_and(|before| got.span.before(&before.span)) {
                return refuse("numbers", format!("{got:?} came before {before:?}"));
            }
            if u64::from(got.attempt) != got.delivery {
                return refuse("attempts", format!("{got:?}"));
            }
            if got.attempt > self.attempts_max {
                return refuse("attempts", format!("{got:?} of {}", self.attempts_max));
            }
            before = Some(got);
        }
        if let Some(first) = life.got.first().filter(|first| first.span.before(&life.sent.span)) {
            return refuse("thin air", format!("{first:?} before {:?}", life.sent));
        }
        Ok(())
    }

    /// Who is told that a delivery is settled had it; who is told that the lease is over had not.
    fn settlements(&self, life: &Life<'_>) -> Result<(), Broken> {
        for (at, settle) in life.settled.iter().enumerate() {
            let Some(settle) = settle else { continue };
            let (got, later) = (life.got[at], life.got.get(at + 1));
            match settle.settled {
                Settled::Yes if later.is_some_and(|later| later.span.before(&settle.span)) => {
                    return refuse("late", format!("{settle:?}, after {later:?}"));
                }
                Settled::Lost if !self.may_be_over(got, &settle.span) => {
                    return refuse("lease", format!("{settle:?} of {got:?}, which lasts"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether the lease of a delivery may have been over by the end of the span.
    fn may_be_over(&self, got: &Got, then: &Span) -> bool {
        let own = self.history.extended.iter();
        let own = own.filter(|e| (e.body, e.delivery) == (got.body, got.delivery));
        // The latest that was certainly in force, and what may have come later.
        let known = own.clone().filter(|extended| extended.span.before(then));
        let known = known.max_by_key(|extended| extended.span.returned);
        let since = known.map_or(0, |known| known.span.called);
        let later = own.filter(|extended| extended.span.called > since);
        let until = known.map_or(got.until_ms, |known| known.until_ms);
        let until = later.map(|later| later.until_ms).fold(until, u64::min);
        then.wall.1 >= until
    }

    /// A message is delivered again only when the delivery before has ended: it was given back, or
    /// its lease is over, or its process is; and never after it was done with.
    fn leases(&self, life: &Life<'_>) -> Result<(), Broken> {
        for (got, settle, next) in life.pairs() {
            let ended = settle.filter(|settle| settle.settled != Settled::Lost);
            if let Some(settle) = ended.filter(|settle| settle.settled == Settled::Yes) {
                match settle.how {
                    How::Done => {
                        return refuse("done", format!("{next:?} after {settle:?}"));
                    }
                    How::Dead => {
                        return refuse("dead", format!("{next:?} after {settle:?}"));
                    }
                    How::Again(_) => {}
                }
            }
            let given_back = ended.is_some_and(|settle| settle.span.called < next.span.returned);
            let crashed = self.history.crashed(got.span.called, next.span.returned);
            if !given_back && !crashed && !self.may_be_over(got, &next.span) {
                return refuse("lease", format!("{next:?} while {got:?} lasts"));
            }
            let lease_ms = got.until_ms.saturating_sub(got.span.wall.1);
            if lease_ms > self.lease_ms {
                return refuse("lease", format!("{got:?} lasts longer than {}", self.lease_ms));
            }
        }
        Ok(())
    }

    /// Nothing comes before its time.
    fn delays(&self, life: &Life<'_>) -> Result<(), Broken> {
        let due = |span: &Span, delay: u64| span.wall.0 + delay;
        if let Some(first) = life.got.first() {
            let due = due(&life.sent.span, life.sent.delay_ms);
            if first.delivery == 1 && first.span.wall.1 < due {
                return refuse("delay", format!("{first:?} before {due}: {:?}", life.sent));
            }
        }
        for (_, settle, next) in life.pairs() {
            let Some(settle) = settle.filter(|settle| settle.settled == Settled::Yes) else {
                continue;
            };
            if let How::Again(delay) = settle.how
                && next.span.wall.1 < due(&settle.span, delay)
            {
                return refuse("delay", format!("{next:?} too early after {settle:?}"));
            }
        }
        Ok(())
    }

    /// In the end each message is done with or dead, and dead at the last attempt only, unless its
    /// receiver said so.
    fn end(&self, life: &Life<'_>) -> Result<(), Broken> {
        let (sent, last) = (life.sent, life.got.last());
        let is_dead = self.is_dead(sent.body);
        if matches!(sent.said, Said::New(_)) && life.gone().is_none() && !is_dead {
            return refuse("kept", format!("{sent:?} is lost; last seen: {last:?}"));
        }
        let done = life.settled.iter().flatten();
        let mut done = done.filter(|settle| settle.settled == Settled::Yes);
        if is_dead && done.any(|settle| settle.how == How::Done) {
            return refuse("done", format!("{sent:?} is done, and dead"));
        }
        let Some(died) = self.history.died.iter().find(|died| died.body == sent.body) else {
            return Ok(());
        };
        let told = life.settled.iter().flatten();
        let told = told.filter(|settle| settle.settled != Settled::Lost);
        let told = told.map(|settle| settle.how).any(|how| how == How::Dead);
        if !told && died.attempts != self.attempts_max || died.attempts > self.attempts_max {
            return refuse("limit", format!("{died:?}, of {}", self.attempts_max));
        }
        let seen = last.map_or(0, |last| last.attempt);
        let since = last.map_or(0, |last| last.span.called);
        let unheard = died.attempts > seen && self.history.crashed(since, u64::MAX);
        if died.attempts != seen && !unheard {
            return refuse("attempts", format!("{died:?}, and {seen} were seen"));
        }
        Ok(())
    }

    /// Whether a message was certainly ready all the while.
    fn is_ready(&self, life: &Life<'_>, then: &Span) -> bool {
        let begun = life.got.iter().filter(|got| got.span.called < then.returned).count();
        let due = |since: &Span, delay: u64| since.wall.1 + delay <= then.wall.0;
        let Some(last) = begun.checked_sub(1) else {
            let sent = life.sent;
            let is_in = matches!(sent.said, Said::New(_)) && sent.span.before(then);
            // What was received and never heard of was leased.
            let unheard = self.history.crashed(0, u64::MAX);
            return is_in && !unheard && due(&sent.span, sent.delay_ms);
        };
        let Some(settle) = life.settled[last] else { return false };
        let How::Again(delay) = settle.how else { return false };
        let again = settle.settled == Settled::Yes && settle.span.before(then);
        let more = life.got[last].attempt < self.attempts_max;
        again && more && due(&settle.span, delay) && self.history.crashes.is_empty()
    }

    /// While a message of a higher priority is ready, none of a lower is delivered.
    fn priorities(&self) -> Result<(), Broken> {
        for life in &self.lives {
            for got in &life.got {
                let higher = |other: &&Life<'_>| other.sent.priority > life.sent.priority;
                let mut higher = self.lives.iter().filter(higher);
                if let Some(other) = higher.find(|other| self.is_ready(other, &got.span)) {
                    return refuse("priority", format!("{got:?} before {:?}", other.sent));
                }
            }
        }
        Ok(())
    }

    /// What one sender sends without delay, at one priority, comes first in its order.
    fn order(&self) -> Result<(), Broken> {
        for (at, life) in self.lives.iter().enumerate() {
            let sent = life.sent;
            let Some(first) = life.got.first().filter(|got| got.delivery == 1) else { continue };
            for later in &self.lives[at + 1..] {
                let like = later.sent.sender == sent.sender
                    && later.sent.priority == sent.priority
                    && later.sent.delay_ms + sent.delay_ms == 0
                    && sent.span.before(&later.sent.span);
                let overtakes = |got: &&&Got| got.span.before(&first.span);
                if like && let Some(got) = later.got.first().filter(overtakes) {
                    return refuse("order", format!("{got:?} overtook {first:?}"));
                }
            }
        }
        Ok(())
    }

    /// Of two messages with one key the second is taken in only when the first has left, and its
    /// key is over; and who is told of a duplicate is told of one that counts.
    fn keys(&self) -> Result<(), Broken> {
        let keyed: Vec<_> = self.lives.iter().filter(|life| life.sent.key.is_some()).collect();
        let over = |first: &Life<'_>, second: &Sent| {
            let due = |gone: &Settle| {
                let at = gone.span.wall.0 + self.keys_keep_ms;
                gone.span.called < second.span.returned && second.span.wall.1 >= at
            };
            !self.is_dead(first.sent.body) && first.gone().is_some_and(due)
        };
        let certain = |life: &&&Life<'_>| matches!(life.sent.said, Said::New(_));
        for (at, one) in keyed.iter().enumerate().filter(|(_, one)| certain(one)) {
            for other in keyed[at + 1..].iter().filter(certain) {
                let same = one.sent.key == other.sent.key;
                let (first, second) = (one.sent.span, other.sent.span);
                let fine = (!second.before(&first) && over(one, other.sent))
                    || (!first.before(&second) && over(other, one.sent));
                if same && !fine {
                    return refuse("keys", format!("{:?} beside {:?}", other.sent, one.sent));
                }
            }
        }
        for sent in &self.history.sent {
            let Said::Duplicate(of) = sent.said else { continue };
            let counts = |life: &&&Life<'_>| {
                let (Said::New(id) | Said::Perhaps(id)) = life.sent.said else { return false };
                let ended = |gone: &Settle| gone.span.wall.1 + self.keys_keep_ms;
                let over = life.is_gone_before(&sent.span)
                    && life.gone().is_some_and(|gone| ended(gone) <= sent.span.wall.0);
                id == of && life.sent.key == sent.key && !sent.span.before(&life.sent.span) && !over
            };
            if keyed.iter().find(counts).is_none() {
                return refuse("keys", format!("{sent:?} stands for nothing"));
            }
        }
        Ok(())
    }

    /// The queue is full only when it may be, never fuller, and empty in the end.
    fn bounds(&self) -> Result<(), Broken> {
        for sent in &self.history.sent {
            let span = &sent.span;
            let others = || self.lives.iter().filter(|life| life.sent.body != sent.body);
            let may_be_in = |life: &&Life<'_>| {
                life.sent.span.called < span.returned && !life.is_gone_before(span)
            };
            let is_in = |life: &&Life<'_>| {
                let left = life.gone().is_some_and(|gone| gone.span.called < span.returned);
                let is_new = matches!(life.sent.said, Said::New(_));
                is_new && life.sent.span.before(span) && !left && !self.is_dead(life.sent.body)
            };
            let (most, least) =
                (others().filter(may_be_in).count(), others().filter(is_in).count());
            let fits = match sent.said {
                Said::Full => most >= self.messages_max,
                Said::New(_) => least < self.messages_max,
                _ => true,
            };
            if !fits {
                return refuse("bounds", format!("{sent:?} with {least} to {most} inside"));
            }
        }
        match self.history.left {
            0 => Ok(()),
            left => {
                let last = self.lives.iter().map(|life| life.sent.body).max_by_key(|b| Reverse(*b));
                refuse("kept", format!("{left} are left and do not come, of those from {last:?}"))
            }
        }
    }
}
