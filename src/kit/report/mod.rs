//! The page, the summary and the results file, from the records.
//!
//! Bottom-up: text and drawing, the results as data, how they come from records, the sentences,
//! then each way of showing them, and the one that writes them all.

pub mod text;
pub mod svg;
pub mod results;
pub mod assemble;
pub mod statements;
pub mod strip;
pub mod lines;
pub mod forest;
pub mod terminal;
pub mod markdown;
pub mod tables;
pub mod page;
pub mod build;

pub use build::{Outcome, ReportError, ReportOptions, build, run};
