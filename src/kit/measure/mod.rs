//! What makes a number trustworthy: interleaved rounds, intervals, noise gates, records that keep
//! the raw values.
//!
//! Bottom-up: where records lie, randomness, statistics, what may be claimed of a ratio, what
//! curves are fitted and which laws hold, the machine, its noise, its cores and what a process
//! uses of them, what is compared and what is drawn of it, the record, the comparison of two
//! contenders and of the subject with itself, the rounds that make it all, how long they take, a
//! group of contenders that is described, run and measured, and two builds in turn.

pub mod paths;
pub mod random;
pub mod statistics;
pub mod rule;
pub mod ranks;
pub mod holm;
pub mod usl;
pub mod knee;
pub mod little;
pub mod environment;
pub mod spin;
pub mod noise;
pub mod cores;
pub mod process;
pub mod figure;
pub mod contender;
pub mod record;
pub mod previous;
pub mod compare;
pub mod control;
pub mod rounds;
pub mod profile;
pub mod group;
pub mod work;
pub mod course;
pub mod builds;
