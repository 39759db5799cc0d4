//! A hierarchical timer wheel: insert and cancel in constant time (G. Varghese and T. Lauck, 1987).
//!
//! Time is counted in ticks. Six levels of 64 slots; a slot of level `n` spans 64^n ticks. A timer
//! stands on the level of the highest six-bit digit in which its deadline differs from the wheel's
//! time, in the slot of its deadline's digit there, and moves down when the time enters its slot.
//! Deadlines beyond 64^6 ticks wait in the top level and are placed anew when it comes round.
//!
//! Entries live in one growing array and are linked by index: no allocation for each timer, and a
//! cancelled key of an entry that was reused is told by its generation.

const LEVELS: usize = 6;
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const SPAN: u64 = 1 << (DIGIT_BITS * LEVELS as u32);
const NONE: u32 = u32::MAX;

/// So many timers of one slot are looked at to find the first.
const LOOKED_AT: usize = 16;

/// Names one timer of one wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
    /// The tick at which it is due.
    pub(crate) deadline: u64,
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
    occupied: [u64; LEVELS],
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
        Some(Key { index, generation, deadline })
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
        self.first_slot().map(|(_, tick)| tick)
    }

    /// The first deadline; a tick before it when the slot it stands in holds many, or is far ahead.
    /// `None` when there is no timer.
    pub(crate) fn first_deadline(&self) -> Option<u64> {
        let (place, tick) = self.first_slot()?;
        if place / SLOTS == LEVELS - 1 {
            // Who stands there may wait for a later turn of it.
            return Some(tick);
        }
        let (mut index, mut first) = (self.heads[place], u64::MAX);
        for _ in 0..LOOKED_AT {
            if index == NONE {
                return Some(first.max(tick));
            }
            let entry = &self.entries[index as usize];
            (index, first) = (entry.next, first.min(entry.deadline));
        }
        Some(tick)
    }

    /// The first slot that is not empty, and the tick at which it begins.
    fn first_slot(&self) -> Option<(usize, u64)> {
        (0..LEVELS).find_map(|level| {
            if self.occupied[level] == 0 {
                return None;
            }
            let shift = DIGIT_BITS * level as u32;
            let digit = (self.now >> shift) as u32 % SLOTS as u32;
            // On an upper level the slot of the present digit comes last: it is a whole turn away.
            let first = u32::from(level > 0);
            let slots = self.occupied[level].rotate_right(digit + first);
            let ahead = u64::from(first + slots.trailing_zeros());
            let at = (self.now >> shift) + ahead;
            Some((level * SLOTS + at as usize % SLOTS, at << shift))
        })
    }

    /// Moves the time on to `to` and hands each timer that became due to `fire`, in order of
    /// deadlines.
    pub(crate) fn advance(&mut self, to: u64, mut fire: impl FnMut(T)) {
        while let Some(tick) = self.next_tick().filter(|&tick| tick <= to) {
            self.now = tick;
            self.cascade();
            while let Some(index) = self.pop_due() {
                if let Some(value) = self.release(index) {
                    fire(value);
                }
            }
        }
        self.now = self.now.max(to);
    }

    /// Places anew the timers of each upper slot that begins at this tick, from the top down.
    fn cascade(&mut self) {
        for level in (1..LEVELS).rev() {
            let shift = DIGIT_BITS * level as u32;
            if self.now & ((1 << shift) - 1) != 0 {
                continue;
            }
            let slot = (self.now >> shift) as usize % SLOTS;
            let mut index = std::mem::replace(&mut self.heads[level * SLOTS + slot], NONE);
            self.occupied[level] &= !(1 << slot);
            while index != NONE {
                let next = self.entries[index as usize].next;
                self.link(index);
                index = next;
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
        // Beyond the wheel's span: as far ahead as it goes, then placed anew.
        let deadline = deadline.min(self.now.saturating_add(SPAN - 1));
        let differ = (deadline ^ self.now) | 1;
        let level = ((63 - differ.leading_zeros()) / DIGIT_BITS).min(LEVELS as u32 - 1);
        let slot = (deadline >> (DIGIT_BITS * level)) as usize % SLOTS;
        let place = level as usize * SLOTS + slot;
        let head = std::mem::replace(&mut self.heads[place], index);
        self.occupied[level as usize] |= 1 << slot;
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
