//! The ways into and out of a ring.

use std::sync::Arc;

use windlass::ring::{Consumer, Handle, Producer, Ring, Side, mpsc, spmc, spsc};

/// One thread's way in; the queue is closed when the last one goes.
pub(crate) trait Entry: Send {
    /// Pushes the first of `values`: how many went in. What was displaced is added to `displaced`.
    fn push(&mut self, values: &[u64], displaced: &mut Vec<u64>) -> usize;
}

/// One thread's way out.
pub(crate) trait Exit: Send {
    fn pop(&mut self, into: &mut Vec<u64>);
    fn is_closed(&self) -> bool;
}

/// The ends of a new queue.
pub(crate) struct Ends {
    pub(crate) entries: Vec<Box<dyn Entry>>,
    pub(crate) exits: Vec<Box<dyn Exit>>,
}

/// A queue, by its name, as `make(capacity, start index)` makes it.
pub(crate) type Flavour = (&'static str, fn(usize, usize) -> Ends);

pub(crate) const FLAVOURS: &[Flavour] = &[
    ("by reference", |capacity, start| shared(capacity, start, &[Way::Reference; 2])),
    ("by handle", |capacity, start| shared(capacity, start, &[Way::Handle; 2])),
    ("batches", |capacity, start| shared(capacity, start, &[Way::Batch; 2])),
    ("by force", |capacity, start| shared(capacity, start, &[Way::Force; 2])),
    ("all together", |capacity, start| {
        shared(capacity, start, &[Way::Reference, Way::Handle, Way::Batch, Way::Force])
    }),
    ("spsc", |capacity, _| {
        let (producer, consumer) = spsc(capacity);
        Ends { entries: vec![Box::new(producer)], exits: vec![Box::new(consumer)] }
    }),
    ("spmc", |capacity, _| {
        let (producer, consumer) = spmc(capacity);
        let exits = [consumer.clone(), consumer.clone(), consumer];
        Ends { entries: vec![Box::new(producer)], exits: exits.map(boxed_exit).into() }
    }),
    ("mpsc", |capacity, _| {
        let (producer, consumer) = mpsc(capacity);
        let entries = [producer.clone(), producer.clone(), producer];
        Ends { entries: entries.map(boxed_entry).into(), exits: vec![Box::new(consumer)] }
    }),
];

fn boxed_entry(entry: impl Entry + 'static) -> Box<dyn Entry> {
    Box::new(entry)
}

fn boxed_exit(exit: impl Exit + 'static) -> Box<dyn Exit> {
    Box::new(exit)
}

/// How one thread uses a shared ring.
#[derive(Clone, Copy)]
enum Way {
    Reference,
    Handle,
    Batch,
    Force,
}

fn shared(capacity: usize, start: usize, ways: &[Way]) -> Ends {
    let ring = Arc::new(Ring::starting_at(capacity, start));
    let closing = Arc::new(Closing(ring.clone()));
    let end = |&way| End { handle: Handle::new(ring.clone()), way, _closing: None };
    let entry = |way| boxed_entry(End { _closing: Some(closing.clone()), ..end(way) });
    Ends {
        entries: ways.iter().map(entry).collect(),
        exits: ways.iter().map(|way| boxed_exit(end(way))).collect(),
    }
}

struct Closing(Arc<Ring<u64>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct End {
    handle: Handle<Arc<Ring<u64>>>,
    way: Way,
    _closing: Option<Arc<Closing>>,
}

impl Entry for End {
    fn push(&mut self, values: &[u64], displaced: &mut Vec<u64>) -> usize {
        match self.way {
            Way::Reference => usize::from((*self.handle).push(values[0]).is_ok()),
            Way::Handle => usize::from(self.handle.push(values[0]).is_ok()),
            Way::Batch => self.handle.push_slice(values),
            Way::Force => {
                displaced.extend(self.handle.force_push(values[0]).expect("nobody closes yet"));
                1
            }
        }
    }
}

impl Exit for End {
    fn pop(&mut self, into: &mut Vec<u64>) {
        match self.way {
            Way::Reference | Way::Force => into.extend((*self.handle).pop()),
            Way::Handle => into.extend(self.handle.pop()),
            Way::Batch => drop(self.handle.pop_many(4, into)),
        }
    }

    fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }
}

impl<P: Side + 'static, C: Side + 'static> Entry for Producer<u64, P, C> {
    fn push(&mut self, values: &[u64], _: &mut Vec<u64>) -> usize {
        match values {
            [value] => usize::from(Producer::push(self, *value).is_ok()),
            values => self.push_slice(values),
        }
    }
}

impl<C: Side + 'static, P: Side + 'static> Exit for Consumer<u64, C, P> {
    fn pop(&mut self, into: &mut Vec<u64>) {
        into.extend(Consumer::pop(self));
        if into.first().is_some_and(|value| value % 3 == 0) {
            self.pop_many(4, into);
        }
    }

    fn is_closed(&self) -> bool {
        Consumer::is_closed(self)
    }
}
