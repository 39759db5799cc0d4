//! Thread per connection: accept, spawn a thread, serve its requests until the client goes.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::accept::{accept_all, refuse};
use super::blocking_connection::{Manner, serve};
use super::shared::Shared;

/// Serves until the server stops and the last thread has ended.
pub(super) fn run(listener: &TcpListener, shared: &Shared<TcpStream>) {
    accept_and_spawn(listener, shared, &Manner::own_thread(shared));
}

/// Spawns a thread for each connection. The number of connections admitted bounds the number of
/// threads; when the system spawns no more, the client gets 503 and the loop goes on.
pub(super) fn accept_and_spawn(
    listener: &TcpListener,
    shared: &Shared<TcpStream>,
    manner: &Manner<'_>,
) {
    let manner = *manner;
    // The scope ends when all its threads have: nothing needs to collect their handles.
    thread::scope(|scope| {
        accept_all(listener, shared, |ticket| {
            let live = Arc::clone(&ticket.live);
            let spawned = thread::Builder::new()
                .stack_size(shared.config.stack_bytes)
                .spawn_scoped(scope, move || {
                    serve(shared, &ticket.live, &manner);
                });
            if spawned.is_err() {
                refuse(&live.stream);
            }
        });
    });
}
