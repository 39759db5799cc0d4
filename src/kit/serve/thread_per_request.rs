//! Thread per request, as textbooks draw it: accept, spawn a thread, read one request, reply with
//! `connection: close`, end.

use std::net::{TcpListener, TcpStream};

use super::blocking_connection::Manner;
use super::shared::Shared;
use super::thread_per_connection::accept_and_spawn;

/// Serves until the server stops and the last thread has ended.
pub(super) fn run(listener: &TcpListener, shared: &Shared<TcpStream>) {
    let mut manner = Manner::own_thread(shared);
    manner.rules.close_each = true;
    accept_and_spawn(listener, shared, &manner);
}
