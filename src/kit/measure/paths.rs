//! Where cargo's target directory is, and where records and the report lie in it.

use std::path::{Path, PathBuf};

/// The target directory: an absolute `CARGO_TARGET_DIR`, else the one the running program lies in,
/// else the nearest `target` above the current directory, else `./target`.
///
/// A relative `CARGO_TARGET_DIR` is relative to where cargo was started, which a bench cannot know
/// (cargo runs it in its package's directory): the program's own place answers better.
#[must_use]
pub fn target_dir() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let exe = std::env::current_exe().unwrap_or_default();
    let cwd = std::env::current_dir().unwrap_or_default();
    choose(named, &exe, &cwd)
}

/// Where records lie: one `<bench>.json` a bench.
#[must_use]
pub fn records_dir() -> PathBuf {
    target_dir().join("windlass").join("records")
}

/// Where the report lies: `index.html`, `report.md`, `results.json`.
#[must_use]
pub fn report_dir() -> PathBuf {
    target_dir().join("windlass").join("report")
}

fn choose(named: Option<PathBuf>, exe: &Path, cwd: &Path) -> PathBuf {
    match named {
        Some(dir) if dir.is_absolute() => return dir,
        _ => {}
    }
    // Cargo keeps a lock in each profile's directory, which lies in the target directory.
    let profile = exe.ancestors().find(|dir| dir.join(".cargo-lock").is_file());
    if let Some(dir) = profile.and_then(Path::parent) {
        return dir.to_path_buf();
    }
    if let Some(dir) = named {
        return cwd.join(dir);
    }
    let above = cwd.ancestors().map(|dir| dir.join("target"));
    above.into_iter().find(|dir| dir.is_dir()).unwrap_or_else(|| cwd.join("target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_name_wins_and_relative_one_is_second_to_the_program() {
        let exe = std::env::current_exe().unwrap();
        let cwd = Path::new("/nonexistent");
        assert_eq!(choose(Some("/a/b".into()), &exe, cwd), Path::new("/a/b"));
        let own = choose(Some("t".into()), &exe, cwd);
        assert!(exe.starts_with(&own), "{own:?} holds {exe:?}");
        assert_eq!(choose(Some("t".into()), Path::new("/x"), cwd), Path::new("/nonexistent/t"));
        assert_eq!(choose(None, Path::new("/x"), cwd), Path::new("/nonexistent/target"));
    }
}
