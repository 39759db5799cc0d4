//! What is made otherwise: tables whose elements are made one by one, since a loom atomic is not
//! zero bytes; small sizes; values for each of loom's threads.

/// `len` elements, each made by `zero`.
///
/// # Safety
/// As that of the door it stands in for; nothing is demanded here.
pub(crate) unsafe fn boxed_zeroed<T>(len: usize, zero: impl Fn() -> T) -> Box<[T]> {
    (0..len).map(|_| zero()).collect()
}

/// The small one.
pub(crate) const fn shrunk(_size: usize, small: usize) -> usize {
    small
}

macro_rules! thread_local {
    ($(#[$meta:meta])* static $name:ident: $of:ty = const { $value:expr };) => {
        loom::thread_local! {
            $(#[$meta])*
            static $name: $of = $value;
        }
    };
}
pub(crate) use thread_local;
