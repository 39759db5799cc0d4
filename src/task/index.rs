//! A task's place in the registry, by number.

/// The number of a place in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Index(u32);

impl Index {
    /// For tasks whose number is bounded elsewhere.
    pub(crate) const NONE: Self = Self(u32::MAX);

    pub(super) fn new(place: u32) -> Self {
        Self(place)
    }

    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}
