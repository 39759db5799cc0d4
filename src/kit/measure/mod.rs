//! What makes a number trustworthy: interleaved rounds, intervals, noise gates, records that keep
//! the raw values.
//!
//! Bottom-up: where records lie, randomness, statistics, the machine, its noise, what is compared,
//! the record, the comparison of two contenders, and the rounds that make it all.

pub mod paths;
pub mod random;
pub mod statistics;
pub mod environment;
pub mod noise;
pub mod contender;
pub mod record;
pub mod compare;
pub mod rounds;
