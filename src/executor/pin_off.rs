//! In place of `pin.rs` when the feature `pin` is off: nothing can be bound.

pub(super) const AVAILABLE: bool = false;

pub(super) fn allowed() -> Option<Vec<usize>> {
    None
}

pub(super) fn compact() -> Option<Vec<usize>> {
    None
}

pub(super) fn spread() -> Option<Vec<usize>> {
    None
}

pub(super) fn pin_current_thread(_core: usize) -> bool {
    false
}
