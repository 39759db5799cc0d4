//! A folder for what an experiment writes, gone when the experiment is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::kit::measure::paths;

/// An empty folder of one's own; removed, with all that is in it, when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// A new one, on the disk that the build is on: temporary folders may be in memory.
    ///
    /// # Errors
    /// What the file system says against it.
    pub fn fresh(name: &str) -> Result<Folder, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench-{name}-{}-{number}", std::process::id());
        let all = paths::target_dir().join("windlass").join("tmp");
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| sweep(&all));
        let folder = all.join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Folder(folder))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Removes the folders of processes that are gone, and could not do so themselves.
fn sweep(all: &Path) {
    // Only where the system tells which processes there are.
    let processes = Path::new("/proc");
    if !processes.join(std::process::id().to_string()).exists() {
        return;
    }
    for entry in fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(owner);
        if owner.is_some_and(|owner| !processes.join(owner.to_string()).exists()) {
            // What cannot be removed now is looked at again by the next process.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// The process that made a folder of this name: `bench-NAME-PROCESS-NUMBER`.
fn owner(name: &str) -> Option<u32> {
    let mut parts = name.strip_prefix("bench-")?.rsplit('-');
    parts.next()?.parse::<u32>().ok()?;
    parts.next()?.parse().ok()
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whoever still has its files open is not harmed.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_swept_and_nothing_else() {
        let name = format!("windlass-sweep-{}", std::process::id());
        let all = std::env::temp_dir().join(name);
        // No process has that number: it is above the kernel's largest.
        let gone = all.join("bench-orders-4194305-0");
        let own = all.join(format!("bench-orders-{}-0", std::process::id()));
        let others = ["something", "bench-orders", "bench-a-b-c"].map(|name| all.join(name));
        for folder in others.iter().chain([&gone, &own]) {
            fs::create_dir_all(folder.join("files")).expect("a folder");
        }
        sweep(&all);
        assert!(!gone.exists() && own.exists());
        assert!(others.iter().all(|folder| folder.exists()));
        fs::remove_dir_all(all).expect("it can be removed");
    }
}
