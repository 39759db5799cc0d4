//! windlass's own ways in.

use windlass::ring::Ring;
use windlass_benches::Role;

use crate::queue::Value;
use crate::sides::{ByRef, Shared};

pub(crate) const RING: &str = "windlass Ring";

impl<V: Value> Shared<V> for Ring<V> {
    const NAME: &'static str = RING;
    const ROLE: Role = Role::Subject;

    fn bounded(capacity: usize) -> Self {
        Self::new(capacity)
    }

    #[inline]
    fn push(&self, value: V) -> Result<(), V> {
        self.push(value).map_err(|full| full.into_value())
    }

    #[inline]
    fn pop(&self) -> Option<V> {
        self.pop()
    }
}

pub(crate) const WEAK: &str = "windlass Ring, weak";
pub(crate) type Subject<V> = ByRef<Ring<V>>;
pub(crate) type Weak<V> = ByRef<Ring<V>>;
pub(crate) const HANDLE: &str = RING;
pub(crate) type Spsc<V> = ByRef<Ring<V>>;
