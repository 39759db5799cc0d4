//! A folder for what an experiment writes, gone when the experiment is.

use std::fs;
use std::path::{Path, PathBuf};
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
        let folder = paths::target_dir().join("windlass").join("tmp").join(name);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Folder(folder))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Whoever still has its files open is not harmed.
        let _ = fs::remove_dir_all(&self.0);
    }
}
