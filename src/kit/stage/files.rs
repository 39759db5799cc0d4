//! The limit of open files: each connection is one.

/// Raises the limit of open files as far as `wanted`, if it may be: what it is then. The servers,
/// which are started from here, inherit it.
///
/// # Errors
/// What the system says against it.
pub fn up_to(wanted: usize) -> Result<usize, String> {
    let (soft, hard) = rlimit::Resource::NOFILE.get().map_err(|error| error.to_string())?;
    let wanted = wanted as u64;
    // Only a privileged process may go beyond the hard limit.
    if wanted > hard && rlimit::Resource::NOFILE.set(wanted, wanted).is_ok() {
        return Ok(wanted as usize);
    }
    let limit = wanted.clamp(soft, hard.max(soft));
    rlimit::Resource::NOFILE
        .set(limit, hard)
        .map_err(|error| format!("the limit of open files cannot be raised: {error}"))?;
    Ok(limit as usize)
}

/// Sees to it that this process may open so many files.
pub fn enough(wanted: usize) -> Result<(), String> {
    match up_to(wanted)? {
        allowed if allowed >= wanted => Ok(()),
        allowed => Err(format!(
            "needs {wanted} open files, and the system allows {allowed}: raise it (ulimit -n)"
        )),
    }
}
