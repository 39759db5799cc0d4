//! Arbitrary bytes to a session, whole and in pieces: the same replies and the same end.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../support/session.rs"]
mod session;

fuzz_target!(|input: &[u8]| session::same_however_cut(input));
