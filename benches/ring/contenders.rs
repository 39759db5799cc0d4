//! Who takes part: the subject first, then windlass's other ways in, then the others.

use concurrent_queue::ConcurrentQueue;
use crossbeam::queue::ArrayQueue;
use thingbuf::ThingBuf;
use windlass::ring::Ring;
use windlass_benches::Group;

use crate::channels_polled::{
    AsyncChannel, CrossbeamChannel, Crossfire, CrossfireMpsc, CrossfireSpsc, Flume, Kanal,
    SyncChannel,
};
use crate::lock_free::Heapless;
use crate::locked::{Locked, LockedBatch};
use crate::one_to_one::{Ringbuf, Rtrb};
use crate::queue::{Queue, Shape, Value, Workload, contender};
use crate::sides::{ByRef, Halves};
use crate::subject::{Handles, Mpsc, Spmc, Spsc, WeakHandles, WeakSpsc};

/// Which of the contenders that can do a workload take part.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    /// Every one.
    All,
    /// Those named.
    Only(&'static [&'static str]),
}

impl Field {
    /// Every one with `--all`, else those named.
    pub(crate) fn of(all: bool, named: &'static [&'static str]) -> Self {
        if all { Self::All } else { Self::Only(named) }
    }
}

/// Adds the contenders in `field` that can have ends of this shape; `Subject`, whose ratios are
/// asked for, first.
pub(crate) fn contenders<V: Value, Subject: Queue<V>>(
    group: &mut Group<'_>,
    field: Field,
    shape: Shape,
    workload: impl Workload<V>,
) {
    contender::<V, Subject>(group, shape, workload);
    let mut others = Others { group, field, shape, workload, subject: Subject::NAME };
    others.add::<V, Handles<V>>();
    others.add::<V, WeakHandles<V>>();
    others.add::<V, ByRef<Ring<V>>>();
    others.add::<V, Halves<V, Spsc>>();
    others.add::<V, Halves<V, WeakSpsc>>();
    others.add::<V, Halves<V, Spmc>>();
    others.add::<V, Halves<V, Mpsc>>();
    others.add::<V, ByRef<ArrayQueue<V>>>();
    others.add::<V, ByRef<ConcurrentQueue<V>>>();
    others.add::<V, Halves<V, Kanal>>();
    others.add::<V, Halves<V, CrossbeamChannel>>();
    others.add::<V, Halves<V, Flume>>();
    others.add::<V, Halves<V, Crossfire>>();
    others.add::<V, Halves<V, CrossfireMpsc>>();
    others.add::<V, Halves<V, CrossfireSpsc>>();
    others.add::<V, ByRef<ThingBuf<V>>>();
    others.add::<V, Halves<V, AsyncChannel>>();
    match shape.capacity {
        64 => others.add::<V, ByRef<Heapless<V, 64>>>(),
        1024 => others.add::<V, ByRef<Heapless<V, 1024>>>(),
        65_536 => others.add::<V, ByRef<Heapless<V, 65_536>>>(),
        other => panic!("no heapless queue of capacity {other} is compiled in"),
    }
    others.add::<V, Halves<V, Rtrb>>();
    others.add::<V, Halves<V, Ringbuf>>();
    others.add::<V, Halves<V, SyncChannel>>();
    others.add::<V, ByRef<Locked<V>>>();
    others.add::<V, ByRef<LockedBatch<V>>>();
}

/// Everyone but the subject.
struct Others<'a, 'g, W> {
    group: &'a mut Group<'g>,
    field: Field,
    shape: Shape,
    workload: W,
    subject: &'static str,
}

impl<W: Copy> Others<'_, '_, W> {
    fn add<V: Value, Q: Queue<V>>(&mut self)
    where
        W: Workload<V>,
    {
        let wanted = match self.field {
            Field::All => true,
            Field::Only(named) => named.contains(&Q::NAME),
        };
        if wanted && Q::NAME != self.subject {
            contender::<V, Q>(self.group, self.shape, self.workload);
        }
    }
}
