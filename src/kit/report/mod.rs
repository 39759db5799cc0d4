//! The page, the summary and the results file, from the records.
//!
//! Bottom-up: text and drawing, the results as data, how they come from records, the sentences,
//! then each way of showing them, and the one that writes them all.

pub mod assemble;
pub mod build;
pub mod forest;
pub mod lines;
pub mod markdown;
pub mod page;
pub mod results;
pub mod statements;
pub mod strip;
pub mod svg;
pub mod tables;
pub mod terminal;
pub mod text;

pub use build::{Outcome, ReportError, ReportOptions, build, command, run};
