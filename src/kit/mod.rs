//! The benchmark kit: servers, load generators, measurement, records, report, command line.
//!
//! The kit uses only what the crate shows the world: what it needs, embedders need too.

pub mod http;
pub mod client;
pub mod serve;
pub mod slow;
pub mod orders;
pub mod load;
pub mod measure;
pub mod stage;
pub mod claims;
pub mod report;
pub mod doctor;
pub mod cli;
