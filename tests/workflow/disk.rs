//! A disk in memory that can lose its power.
//!
//! Each file has what was written and what was synced. [`lose_power`] makes copies as the disk
//! might be found after the power went: what was synced is there; of what was written later, each
//! sector of 512 bytes is there or not, by chance. Creating and deleting files is taken to be
//! durable at once. It can also have no room, or fail to sync.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::dice::Dice;

pub(crate) const SECTOR: usize = 512;

#[derive(Default)]
pub(crate) struct Disk {
    pub(crate) names: HashMap<String, u64>,
    pub(crate) files: HashMap<u64, File>,
    pub(crate) last: u64,
}

#[derive(Default)]
pub(crate) struct File {
    pub(crate) now: Vec<u8>,
    pub(crate) synced: Vec<u8>,
    pub(crate) pending: Vec<Change>,
    pub(crate) syncs: u64,
    pub(crate) fails: Fails,
    /// How many have it locked shared, and whether somebody has more.
    pub(crate) shared: u32,
    pub(crate) reserved: bool,
    pub(crate) pending_lock: bool,
    pub(crate) shm: Vec<Box<[u8]>>,
    pub(crate) shm_users: u32,
    pub(crate) shm_locks: [i32; 8],
}

pub(crate) enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// How a file fails.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fails {
    /// It cannot grow.
    pub(crate) full: bool,
    /// Syncing fails.
    pub(crate) sync: bool,
}

static DISK: Mutex<Option<Disk>> = Mutex::new(None);

pub(crate) fn with<R>(act: impl FnOnce(&mut Disk) -> R) -> R {
    act(DISK.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// How often the file was synced.
pub(crate) fn syncs(name: &str) -> u64 {
    with(|disk| disk.find(name).map_or(0, |file| file.syncs))
}

/// Lets a file fail from now on.
pub(crate) fn fail(name: &str, fails: Fails) {
    with(|disk| {
        let id = disk.create(name);
        disk.files.entry(id).or_default().fails = fails;
    });
}

/// Forgets all files whose names begin so.
pub(crate) fn forget(name: &str) {
    with(|disk| disk.names.retain(|other, _| !other.starts_with(name)));
}

/// Copies all files whose names begin with `from`, as they might be found after the power was lost
/// this moment, to names that begin with `to`.
pub(crate) fn lose_power(from: &str, to: &str, dice: &mut Dice) {
    with(|disk| {
        let mut names: Vec<String> =
            disk.names.keys().filter(|name| name.starts_with(from)).cloned().collect();
        // So that the same dice leave the same.
        names.sort();
        for name in names {
            let Some(file) = disk.find(&name) else { continue };
            let mut left = file.synced.clone();
            for change in &file.pending {
                match change {
                    Change::Truncate(size) if dice.below(2) == 0 => left.truncate(*size),
                    Change::Truncate(_) => {}
                    Change::Write(at, bytes) => survive(&mut left, *at, bytes, dice),
                }
            }
            let id = disk.create(&name.replacen(from, to, 1));
            let copy = File { now: left.clone(), synced: left, ..File::default() };
            disk.files.insert(id, copy);
        }
    });
}

/// Some sectors of a write.
fn survive(left: &mut Vec<u8>, at: usize, bytes: &[u8], dice: &mut Dice) {
    let mut from = 0;
    while from < bytes.len() {
        let end = bytes.len().min((at + from) / SECTOR * SECTOR + SECTOR - at);
        if dice.below(2) == 0 {
            put(left, at + from, &bytes[from..end]);
        }
        from = end;
    }
}

pub(crate) fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Disk {
    pub(crate) fn find(&self, name: &str) -> Option<&File> {
        self.names.get(name).and_then(|id| self.files.get(id))
    }

    pub(crate) fn create(&mut self, name: &str) -> u64 {
        if let Some(id) = self.names.get(name) {
            return *id;
        }
        self.last += 1;
        self.names.insert(name.to_owned(), self.last);
        self.files.insert(self.last, File::default());
        self.last
    }
}
