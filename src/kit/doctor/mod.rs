//! Is this machine fit to measure, and what would have to change?
//!
//! Each fact says what was found, how far it matters, and what to change. Some are read (limits,
//! governor, load), some measured here and now (stolen time, other processes, a spin test, what a
//! flush to disk and a reading of the clock cost). What cannot be read is no fault.

mod fact;
mod processor;
mod limits;
mod busy;
mod spin;
mod quiet;
mod disk;
mod examine;

pub use examine::{Diagnosis, FORMAT, SCHEMA, examine};
pub use fact::{Fact, Grade};
