//! The page, the summary and the results file, from the records.
