//! Rounds, statistics, environment, records.
