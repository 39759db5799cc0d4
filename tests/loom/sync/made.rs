//! Tables whose elements are made one by one: a loom atomic is not zero bytes.

/// `len` elements, each made by `zero`.
///
/// # Safety
/// As that of the door it stands in for; nothing is demanded here.
pub(crate) unsafe fn boxed_zeroed<T>(len: usize, zero: impl Fn() -> T) -> Box<[T]> {
    (0..len).map(|_| zero()).collect()
}
