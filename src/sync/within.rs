//! A value that stands in a place of the thread's for the length of a call.

/// Runs `work` while `value` stands where `replace` puts it. What stood there before comes back,
/// also when `work` panics.
pub(crate) fn within<T, R>(replace: impl Fn(T) -> T, value: T, work: impl FnOnce() -> R) -> R {
    let _back = Back(Some(replace(value)), replace);
    work()
}

struct Back<T, F: Fn(T) -> T>(Option<T>, F);

impl<T, F: Fn(T) -> T> Drop for Back<T, F> {
    fn drop(&mut self) {
        if let Some(before) = self.0.take() {
            (self.1)(before);
        }
    }
}
