//! Connecting by name: look-ups off the workers, several addresses, a bound on the time.
//!
//! [`connect()`] follows RFC 8305 ("Happy Eyeballs") in its main points. The addresses of a name
//! are tried in the resolver's order, but with the two families in turn. Each attempt has a head
//! start (250 ms by default) before the next address is tried beside it; when one fails, the next
//! begins at once. The first connection wins, the other attempts are dropped. Left out: asking for
//! both families apart, and remembering what was fast.
//!
//! ```
//! use windlass::dial::{DialOptions, connect};
//! use windlass::net::TcpListener;
//!
//! windlass::Runtime::new()?.block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0")?;
//!     let port = listener.local_addr()?.port();
//!     let stream = connect("localhost", port, DialOptions::default()).await?;
//!     assert_eq!(stream.peer_addr()?.port(), port);
//!     Ok::<_, Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod lookup;
mod race;
mod connect;

pub use connect::{DialOptions, connect, connect_any, unix};
pub use error::DialError;
pub use lookup::lookup;
