//! The page, the summary and the results file, from the records.
//!
//! Bottom-up: text and drawing, what changed between two runs, the results as data, how they come
//! from records, the verdicts and the sentences, the plots, then each way of showing them, the one
//! that writes them all, and the comparison of two runs or builds.

pub mod text;
pub mod svg;
pub mod changes;
pub mod judged;
pub mod results;
pub mod assemble;
pub mod statements;
pub mod claims;
pub mod samples;
pub mod strip;
pub mod plot;
pub mod parts;
pub mod percentiles;
pub mod timeline;
pub mod fits;
pub mod lines;
pub mod decision;
pub mod forest;
pub mod terminal;
pub mod markdown;
pub mod tables;
pub mod detail;
pub mod top;
pub mod group_section;
pub mod claim_section;
pub mod page;
pub mod build;
pub mod comparison;

pub use build::{Outcome, ReportError, ReportOptions, build, run};
