//! A socket's place in a reactor, held by the socket.

use std::{io, os::fd::RawFd};

use mio::{Interest, Token, unix::SourceFd};

use super::handle::{Handle, Shared};
use super::{readiness::Readiness, table::SOCKETS_MAX};

/// Registered for both directions, edge-triggered, from its making to its drop.
pub(crate) struct Registration {
    handle: Handle,
    index: u32,
    fd: RawFd,
}

impl Registration {
    /// Registers an open, non-blocking descriptor. The caller drops the registration before it
    /// closes the descriptor.
    ///
    /// # Errors
    /// The kernel's, and `OutOfMemory` when the reactor has no free place.
    pub(crate) fn new(handle: Handle, fd: RawFd) -> io::Result<Self> {
        let Shared { table, registry, .. } = &*handle.shared;
        let full = || {
            let message = format!("the reactor's {SOCKETS_MAX} places for sockets are taken");
            io::Error::new(io::ErrorKind::OutOfMemory, message)
        };
        let index = table.take().ok_or_else(full)?;
        let readiness = table.get(index).ok_or_else(full)?;
        readiness.open();
        let token = token(index, readiness.generation());
        let interest = Interest::READABLE | Interest::WRITABLE;
        if let Err(error) = registry.register(&mut SourceFd(&fd), token, interest) {
            readiness.close();
            table.give_back(index);
            return Err(error);
        }
        Ok(Self { handle, index, fd })
    }

    /// Whether the reactor is driven no more, so that no event will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }

    /// The place.
    pub(crate) fn readiness(&self) -> &Readiness {
        let place = self.handle.shared.table.get(self.index);
        place.unwrap_or_else(|| unreachable!("place {} was taken from the table", self.index))
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Shared { table, registry, .. } = &*self.handle.shared;
        // Fails only when the driver's epoll is gone, and the registration with it.
        let _deregistered = registry.deregister(&mut SourceFd(&self.fd));
        self.readiness().close();
        table.give_back(self.index);
    }
}

/// | 32: generation | 32: index |
fn token(index: u32, generation: u32) -> Token {
    Token((generation as usize) << 32 | index as usize)
}

/// The index and the generation of a token.
pub(super) fn token_parts(token: Token) -> (u32, u32) {
    (token.0 as u32, (token.0 >> 32) as u32)
}
