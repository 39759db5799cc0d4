//! Runtimes in the hands of a test: so far, their time.

mod test_clock;

pub use test_clock::TestClock;
