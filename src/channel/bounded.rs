//! Makes a bounded channel.

use super::{receiver::Receiver, sender::Sender, shared::Shared};
use crate::{ring::Ring, sync::Arc};

/// A channel that holds exactly `capacity` values at most.
///
/// ```
/// use windlass::{channel, spawn};
///
/// # fn main() -> Result<(), windlass::BuildError> {
/// # let runtime = windlass::Runtime::new()?;
/// # runtime.block_on(async {
/// let (sender, receiver) = channel::bounded(2);
/// drop(spawn(async move {
///     for number in 0..10 {
///         sender.send(number).await.expect("somebody receives");
///     }
/// }));
/// let mut sum = 0;
/// while let Ok(number) = receiver.recv().await {
///     sum += number;
/// }
/// assert_eq!(sum, 45);
/// # });
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// When `capacity` is 0 or more than the address space holds; use [`try_bounded`] where it comes
/// from outside.
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    over(Ring::new(capacity))
}

/// As [`bounded`]; `None` when `capacity` is 0 or more than the address space holds.
pub fn try_bounded<T>(capacity: usize) -> Option<(Sender<T>, Receiver<T>)> {
    Ring::try_new(capacity).map(over)
}

fn over<T>(ring: Ring<T>) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::over(ring));
    (Sender::first(shared.clone()), Receiver::first(shared))
}
