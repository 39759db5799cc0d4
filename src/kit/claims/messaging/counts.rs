//! What is counted of letters, however they travel.

/// Letters that were sent (or said to be taken) and never received.
pub(super) const LOST: &str = "lost";

/// Letters that were received more than once.
pub(super) const DUPLICATES: &str = "duplicates";

/// Letters that were received behind a later one.
pub(super) const MISORDERED: &str = "misordered";

/// How long the sender waits for a letter to be taken.
pub(super) const HELD: &str = "held_ms_p50";
