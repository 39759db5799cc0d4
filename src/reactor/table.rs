//! The registration table: a place for each socket, found by the token of an event.
//!
//! Places are made in chunks that stay where they are until the reactor is gone, so the driver
//! follows a token without a lock; a lock guards only the list of free places, at connect and
//! close.

use std::sync::OnceLock;

use super::readiness::Readiness;
use crate::sync::{AtomicUsize, Mutex, Ordering, lock, shrunk};

const CHUNK_PLACES: usize = shrunk(256, 2);
const CHUNKS_MAX: usize = shrunk(4096, 1);

/// How many sockets one reactor takes: 1,048,576.
pub(super) const SOCKETS_MAX: usize = CHUNK_PLACES * CHUNKS_MAX;

pub(super) struct Table {
    chunks: Box<[OnceLock<Box<[Readiness]>>]>,
    free: Mutex<Free>,
    taken: AtomicUsize,
}

#[derive(Default)]
struct Free {
    places: Vec<u32>,
    used: u32,
}

impl Table {
    pub(super) fn new() -> Self {
        let chunks = (0..CHUNKS_MAX).map(|_| OnceLock::new()).collect();
        Self { chunks, free: Mutex::default(), taken: AtomicUsize::new(0) }
    }

    /// The place of that number, if it was ever taken.
    pub(super) fn get(&self, index: u32) -> Option<&Readiness> {
        let chunk = self.chunks.get(index as usize / CHUNK_PLACES)?.get()?;
        chunk.get(index as usize % CHUNK_PLACES)
    }

    /// Takes a free place; `None` when there is none.
    pub(super) fn take(&self) -> Option<u32> {
        let mut free = lock(&self.free);
        let index = free.places.pop().unwrap_or(free.used);
        if index == free.used {
            let chunk = self.chunks.get(index as usize / CHUNK_PLACES)?;
            chunk.get_or_init(|| (0..CHUNK_PLACES).map(|_| Readiness::new()).collect());
            free.used += 1;
        }
        self.taken.fetch_add(1, Ordering::Relaxed);
        Some(index)
    }

    /// Wakes whoever waits on any place.
    pub(super) fn wake_all(&self) {
        self.chunks.iter().map_while(OnceLock::get).flatten().for_each(Readiness::wake_all);
    }

    /// Whether no place is taken, by a value that may be a moment old.
    pub(super) fn is_empty(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0
    }

    /// Gives a place back whose readiness was closed.
    pub(super) fn give_back(&self, index: u32) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
        lock(&self.free).places.push(index);
    }
}
