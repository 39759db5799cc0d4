//! Services as processes of their own, and the load they are put under: what an experiment needs
//! around it.
//!
//! Bottom-up: open files, a folder, this program as the windlass binary, a service with its client
//! and what one window of requests says, what connections take of its memory, the orders service
//! with all that belongs to it, a receiver of letters that can be killed.

pub mod files;
pub mod folder;
pub mod binary;
pub mod contest;
pub mod growth;
pub mod hello;
pub mod orders;
pub mod letters;
