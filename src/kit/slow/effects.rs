//! What was done for whom: the books that show whether work was done once.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;

/// So many keys are kept; work for further ones is refused.
pub const KEYS_MAX: usize = 1 << 20;

/// What one key brought about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// How often it was asked for.
    pub calls: u64,
    /// How often the work was done.
    pub effects: u64,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Effects {
    keys: BTreeMap<String, Effect>,
    file: Option<Lines>,
}

/// A file with a line for each key whose work was done. A line is there, whole, before the work
/// counts as done; it outlives the process, and is not synced.
#[derive(Debug)]
struct Lines {
    file: File,
    /// The end of the last whole line.
    end: u64,
}

impl Lines {
    fn add(&mut self, key: &str) -> io::Result<()> {
        let line = format!("{key}\n");
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => self.end += line.len() as u64,
            Err(error) => {
                // What was written of it must not become the beginning of another key.
                self.file.set_len(self.end)?;
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Effects {
    /// Notes a call: the how-manieth of its key it is, or `None` where there is no room.
    pub(super) fn called(&mut self, key: &str) -> Option<u64> {
        if !self.keys.contains_key(key) {
            if self.keys.len() >= KEYS_MAX {
                return None;
            }
            self.keys.insert(key.to_owned(), Effect::default());
        }
        let effect = self.keys.get_mut(key)?;
        effect.calls += 1;
        Some(effect.calls)
    }

    /// Goes on with the books in `path`, which is made if it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Effects> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        // A line without an end is work that was not done.
        file.set_len(end as u64)?;
        let done = Effect { calls: 0, effects: 1 };
        let keys = text[..end].lines().map(|key| (key.to_owned(), done)).collect();
        Ok(Effects { keys, file: Some(Lines { file, end: end as u64 }) })
    }

    /// Does the work, unless it was done for this key before: whether it was.
    ///
    /// # Errors
    /// The books' file could not be written: the work was not done.
    pub(super) fn take_effect(&mut self, key: &str) -> io::Result<bool> {
        match self.keys.get_mut(key) {
            Some(effect) if effect.effects == 0 => {
                if let Some(file) = &mut self.file {
                    file.add(key)?;
                }
                effect.effects = 1;
                Ok(false)
            }
            _ => Ok(true),
        }
    }

    pub(super) fn of(&self, key: &str) -> Option<Effect> {
        self.keys.get(key).copied()
    }

    pub(super) fn all(&self) -> &BTreeMap<String, Effect> {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_in_a_file_are_gone_on_with() {
        let path = std::env::temp_dir().join(format!("windlass-books-{}", std::process::id()));
        std::fs::write(&path, "a\nb\ncut o").expect("a file");
        let mut books = Effects::open(&path).expect("books");
        assert_eq!(books.keys.len(), 2);
        for (key, repeated) in [("a", true), ("c", false), ("c", true)] {
            books.called(key).expect("room");
            assert_eq!(books.take_effect(key).expect("written"), repeated, "{key}");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "a\nb\nc\n");
        assert_eq!(Effects::open(&path).expect("books").keys.len(), 3);
        std::fs::remove_file(&path).expect("it was there");
    }

    #[test]
    fn work_that_cannot_be_written_down_is_not_done() {
        let path = std::env::temp_dir().join(format!("windlass-shut-{}", std::process::id()));
        std::fs::write(&path, "").expect("a file");
        let file = File::open(&path).expect("to read only");
        let mut books = Effects { file: Some(Lines { file, end: 0 }), ..Effects::default() };
        books.called("a").expect("room");
        assert!(books.take_effect("a").is_err());
        assert_eq!(books.of("a"), Some(Effect { calls: 1, effects: 0 }));
        std::fs::remove_file(&path).expect("it was there");
    }
}
