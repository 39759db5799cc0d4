//! windlass: a small lock-free async runtime, and the benchmark kit that measures it.

#[cfg(feature = "kit")]
pub mod kit;
