//! Several runtimes in one process: tasks of one use, join and outlive the others, and runtimes are
//! dropped in every order and place. Each test is bounded: a deadlock fails.

#[path = "several/ends.rs"]
mod ends;
#[path = "support/runtime.rs"]
mod support;
#[path = "several/together.rs"]
mod together;
