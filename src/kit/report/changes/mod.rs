//! What changed between two runs, or between two builds.
//!
//! What one run says of the subject *in relation to another contender of the same rounds* is
//! compared with what the other run says, since the machine's own drift is in both parts of a
//! ratio. Bottom-up: the rows, when they may be called changed, where rows come from (one group in
//! both runs, two sets of records; two builds measured in turn), and ways to show them.

mod data;
mod judge;
mod pair;
mod between;
mod builds;
mod show;
mod section;

pub use between::between;
pub use builds::of_builds;
pub use data::{Change, Changes, FORMAT, Judgement, SCHEMA, Side};
pub use judge::{CHANCE_MAX, Samples, judge};
pub use section::section;
pub use show::{markdown, terminal};
