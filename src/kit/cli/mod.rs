//! The command line of the windlass binary.
