//! hyper 1.x, client and server, on windlass: the parts of `hyper::rt` over sockets, tasks and
//! timers of this crate. Nothing of hyper is changed or wrapped.
//!
//! | hyper asks for | here |
//! |---|---|
//! | `rt::Read`, `rt::Write` | [`Io`] around a stream |
//! | `rt::Executor` | [`Executor`] |
//! | `rt::Timer` | [`Timer`] |
//!
//! A server that answers one connection, and its client (`hyper` with the features `http1`,
//! `server` and `client`):
//!
//! ```
//! use bytes::Bytes;
//! use http_body_util::{BodyExt, Empty, Full};
//! use hyper::{Request, Response, body::Incoming, client, server, service::service_fn};
//! use windlass::hyper::{Io, Timer};
//! use windlass::net::{TcpListener, TcpStream};
//!
//! async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
//!     Ok(Response::new(Full::from("hello, world")))
//! }
//!
//! let runtime = windlass::Runtime::new()?;
//! let answer = runtime.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let address = listener.local_addr()?;
//!     let served = windlass::spawn(async move {
//!         let (stream, _peer) = listener.accept().await?;
//!         let connection = server::conn::http1::Builder::new()
//!             .timer(Timer)
//!             .serve_connection(Io::new(stream), service_fn(hello));
//!         connection.await.map_err(std::io::Error::other)
//!     });
//!
//!     let stream = TcpStream::connect(address).await?;
//!     let (mut sender, connection) = client::conn::http1::handshake(Io::new(stream)).await?;
//!     let connected = windlass::spawn(connection);
//!     let request = Request::get("/").header("host", "localhost").body(Empty::<Bytes>::new())?;
//!     let answer = sender.send_request(request).await?.into_body().collect().await?.to_bytes();
//!     drop(sender);
//!     connected.await??;
//!     served.await??;
//!     Ok::<_, Box<dyn std::error::Error>>(answer)
//! })?;
//! assert_eq!(answer, "hello, world");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod executor;
mod io;
mod timer;

pub use executor::Executor;
pub use io::Io;
pub use timer::Timer;
