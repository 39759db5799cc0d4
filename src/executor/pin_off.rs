//! In place of `pin.rs` when the feature `pin` is off: nothing can be bound.

pub(super) const AVAILABLE: bool = false;

pub(super) fn cores(_far: bool) -> Option<Vec<usize>> {
    None
}

pub(super) fn pin_current_thread(_core: usize) -> bool {
    false
}
