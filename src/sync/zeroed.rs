//! Memory that is zero until it is touched.

/// `len` elements whose memory the allocator hands out zeroed: large tables cost address space, not
/// resident memory, until they are used. Under the models each element is made by `zero`.
///
/// # Safety
/// The all-zero bit pattern is a valid `T`, equal to what `zero` returns.
pub(crate) unsafe fn boxed_zeroed<T>(len: usize, _zero: impl Fn() -> T) -> Box<[T]> {
    let slots = Box::<[T]>::new_zeroed_slice(len);
    // SAFETY: the caller states that all-zero bytes are a valid `T`.
    unsafe { slots.assume_init() }
}
