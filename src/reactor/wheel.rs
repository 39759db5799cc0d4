//! A hierarchical timer wheel: insert and cancel in constant time (G. Varghese and T. Lauck, 1987).
//!
//! Time is counted in ticks. A slot of level `n` spans 64^n ticks, and each of the six levels has
//! 128 slots, twice as many as one slot above it spans. A timer stands on the lowest level that
//! reaches its deadline, and moves down at the latest when the time enters its slot. Since the
//! lower level reaches that far, those of the next slot can move down before, a few at each
//! advance: so many timers of one slot keep none of them waiting. Deadlines beyond the top level
//! wait in its last slot and are placed anew from there.
//!
//! Entries live in one growing array and are linked by index: no allocation for each timer, and a
//! cancelled key of an entry that was reused is told by its generation.

const LEVELS: usize = 6;
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 2 << DIGIT_BITS;
const NONE: u32 = u32::MAX;

/// So many timers of one slot are looked at to find the first.
const LOOKED_AT: usize = 16;

/// So many timers of the next slot of a level move down at each advance.
const MOVED: usize = 64;

/// Names one timer of one wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

impl Key {
    /// No timer's.
    pub(crate) const NONE: Self = Self { index: NONE, generation: 0 };
}

struct Entry<T> {
    value: Option<T>,
    deadline: u64,
    generation: u32,
    previous: u32,
    next: u32,
    /// level * SLOTS + slot, while the entry is in use.
    place: u32,
}

pub(crate) struct Wheel<T> {
    now: u64,
    entries: Vec<Entry<T>>,
    free: u32,
    len: usize,
    heads: [u32; LEVELS * SLOTS],
    /// For each level, a bit for each slot that is not empty.
    occupied: [u128; LEVELS],
}

impl<T> Wheel<T> {
    /// An empty wheel at tick 0.
    pub(crate) fn new() -> Self {
        let (heads, occupied) = ([NONE; LEVELS * SLOTS], [0; LEVELS]);
        Self { now: 0, entries: Vec::new(), free: NONE, len: 0, heads, occupied }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a timer that is due at tick `deadline`; one in the past is due at the next tick. `None`
    /// when there are 2^32 - 1 timers.
    pub(crate) fn insert(&mut self, deadline: u64, value: T) -> Option<Key> {
        let index = self.take_entry()?;
        let entry = &mut self.entries[index as usize];
        entry.value = Some(value);
        entry.deadline = deadline;
        let generation = entry.generation;
        self.link(index);
        self.len += 1;
        Some(Key { index, generation })
    }

    /// The timer's value, while it is neither due nor cancelled.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let entry = self.entries.get_mut(key.index as usize)?;
        if entry.generation == key.generation { entry.value.as_mut() } else { None }
    }

    /// Takes a timer out; `None` when it was due or cancelled before.
    pub(crate) fn cancel(&mut self, key: Key) -> Option<T> {
        self.get_mut(key)?;
        self.unlink(key.index);
        self.release(key.index)
    }

    /// A tick not later than the first deadline, at which [`Wheel::advance`] has something to do;
    /// `None` when there is no timer.
    pub(crate) fn next_tick(&self) -> Option<u64> {
        self.first_slots().map(|(_, tick)| tick).min()
    }

    /// The first deadline; a tick before it when the slot it stands in holds many. `None` when
    /// there is no timer.
    pub(crate) fn first_deadline(&self) -> Option<u64> {
        let first_of = |(place, tick): (usize, u64)| {
            if place / SLOTS == LEVELS - 1 {
                // Who stands there may wait for a later turn of it.
                return tick;
            }
            let (mut index, mut first) = (self.heads[place], u64::MAX);
            for _ in 0..LOOKED_AT {
                if index == NONE {
                    return first.max(tick);
                }
                let entry = &self.entries[index as usize];
                (index, first) = (entry.next, first.min(entry.deadline));
            }
            tick
        };
        self.first_slots().map(first_of).min()
    }

    /// The first slot of each level that is not empty, and the tick at which it begins.
    fn first_slots(&self) -> impl Iterator<Item = (usize, u64)> {
        (0..LEVELS).filter(|&level| self.occupied[level] != 0).map(|level| {
            let shift = DIGIT_BITS * level as u32;
            let digit = (self.now >> shift) as usize % SLOTS;
            let ahead = self.occupied[level].rotate_right(digit as u32).trailing_zeros();
            let at = (self.now >> shift) + u64::from(ahead);
            (level * SLOTS + at as usize % SLOTS, at << shift)
        })
    }

    /// Moves the time on to `to` and hands each timer that became due to `fire`, in order of
    /// deadlines.
    pub(crate) fn advance(&mut self, to: u64, mut fire: impl FnMut(T)) {
        while let Some(tick) = self.next_tick().filter(|&tick| tick <= to) {
            self.now = tick;
            for level in (1..LEVELS).rev() {
                self.move_down(level, 0, usize::MAX);
            }
            while let Some(index) = self.pop_due() {
                if let Some(value) = self.release(index) {
                    fire(value);
                }
            }
        }
        self.now = self.now.max(to);
        (2..LEVELS).for_each(|level| self.move_down(level, 1, MOVED));
    }

    /// Places anew at most so many timers of the slot of a level that is so many slots ahead.
    fn move_down(&mut self, level: usize, ahead: u64, most: usize) {
        let at = (self.now >> (DIGIT_BITS * level as u32)).saturating_add(ahead);
        let place = level * SLOTS + at as usize % SLOTS;
        for _ in 0..most {
            let index = self.heads[place];
            if index == NONE {
                return;
            }
            self.unlink(index);
            self.link(index);
            if self.heads[place] == index {
                return;
            }
        }
    }

    fn pop_due(&mut self) -> Option<u32> {
        let index = Some(self.heads[self.now as usize % SLOTS]).filter(|&index| index != NONE)?;
        self.unlink(index);
        Some(index)
    }

    fn link(&mut self, index: u32) {
        let deadline = self.entries[index as usize].deadline.max(self.now);
        let reach = |level: &u32| {
            let shift = DIGIT_BITS * level;
            (deadline >> shift) - (self.now >> shift) < SLOTS as u64
        };
        // Beyond the wheel's reach: into the last slot of the top level, then placed anew.
        let top = LEVELS as u32 - 1;
        let level = (0..top).find(reach).unwrap_or(top);
        let shift = DIGIT_BITS * level;
        let at = (deadline >> shift).min((self.now >> shift).saturating_add(SLOTS as u64 - 1));
        let place = level as usize * SLOTS + at as usize % SLOTS;
        let head = std::mem::replace(&mut self.heads[place], index);
        self.occupied[level as usize] |= 1 << (place % SLOTS);
        if head != NONE {
            self.entries[head as usize].previous = index;
        }
        let entry = &mut self.entries[index as usize];
        entry.previous = NONE;
        entry.next = head;
        entry.place = place as u32;
    }

    fn unlink(&mut self, index: u32) {
        let entry = &self.entries[index as usize];
        let (previous, next, place) = (entry.previous, entry.next, entry.place as usize);
        if next != NONE {
            self.entries[next as usize].previous = previous;
        }
        if previous != NONE {
            self.entries[previous as usize].next = next;
            return;
        }
        self.heads[place] = next;
        if next == NONE {
            self.occupied[place / SLOTS] &= !(1 << (place % SLOTS));
        }
    }

    fn take_entry(&mut self) -> Option<u32> {
        if self.free != NONE {
            let index = self.free;
            self.free = self.entries[index as usize].next;
            return Some(index);
        }
        let index = u32::try_from(self.entries.len()).ok().filter(|&index| index != NONE)?;
        let (value, previous, next) = (None, NONE, NONE);
        self.entries.push(Entry { value, deadline: 0, generation: 0, previous, next, place: 0 });
        Some(index)
    }

    fn release(&mut self, index: u32) -> Option<T> {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.next = self.free;
        self.free = index;
        self.len -= 1;
        entry.value.take()
    }
}
