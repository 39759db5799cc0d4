//! The client for tasks.

use crate::kit::http::{Outgoing, Received};
use crate::net::TcpStream;
use crate::time::timeout;

use super::error::{CallError, Failed};
use super::kept::{ClientSettings, Kept, broke, took};

/// Calls one service from tasks.
///
/// ```no_run
/// use windlass::kit::client::{Client, ClientSettings};
/// use windlass::kit::http::Outgoing;
///
/// let runtime = windlass::Runtime::new()?;
/// let client = Client::new(ClientSettings::new(([127, 0, 0, 1], 8080).into()));
/// let hello = Outgoing { method: "GET", path: "/hello", key: None, json: None };
/// let reply = runtime.block_on(client.call(&hello))?;
/// assert_eq!((reply.status, &reply.body[..]), (200, &b"hello, world"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Client {
    kept: Kept<TcpStream>,
}

impl Client {
    /// A client by these settings; it connects when it is first called.
    pub fn new(settings: ClientSettings) -> Client {
        Client { kept: Kept::new(settings) }
    }

    /// Makes a call. Dropping the future gives it up, and ends its connection.
    ///
    /// # Errors
    /// See [`CallError`].
    ///
    /// # Panics
    /// Outside a runtime.
    pub async fn call(&self, request: &Outgoing<'_>) -> Result<Received, CallError> {
        let called = timeout(self.kept.settings.timeout, self.try_call(request)).await;
        called.unwrap_or_else(|_elapsed| Err(self.kept.late())).map_err(Failed::into_error)
    }

    async fn try_call(&self, request: &Outgoing<'_>) -> Result<Received, Failed> {
        let bytes = self.kept.encode(request);
        while let Some(stream) = self.kept.take() {
            match self.exchange(stream, &bytes).await {
                Err(Failed::Unbegun(_)) if request.is_idempotent() => {}
                done => return done,
            }
        }
        let connected = TcpStream::connect(self.kept.settings.addr).await;
        let stream = connected.map_err(|error| Failed::For(CallError::Connect(error)))?;
        // Fails only if the service has gone already: the call will find that out.
        let _ = stream.set_nodelay(true);
        self.exchange(stream, &bytes).await
    }

    async fn exchange(&self, stream: TcpStream, bytes: &[u8]) -> Result<Received, Failed> {
        let mut parser = self.kept.parser();
        stream.write_all(bytes).await.map_err(|error| broke(&parser, error))?;
        // Small: a call waits longer than it reads, and this is part of its task.
        let mut buffer = [0; 1024];
        loop {
            let read = stream.read(&mut buffer).await.map_err(|error| broke(&parser, error))?;
            if let Some(taken) = took(&mut parser, &buffer[..read]) {
                let reply = taken?;
                self.kept.put(stream, &reply);
                return Ok(reply);
            }
        }
    }
}
