//! The hello service of [`http`](crate::kit::http), or another [`Service`], served four ways.
//!
//! | model | a connection is | a wait is | its limit |
//! |---|---|---|---|
//! | evented | a task | a sleeping task | memory |
//! | thread per request | one request, one new thread | a sleeping thread | spawning threads |
//! | thread per connection | one thread | a sleeping thread | number of threads |
//! | thread pool | one of few threads, for a while | a sleeping thread of few | size of the pool |
//!
//! All four use the same parser, handlers, limits, deadlines, listener options and stop; they
//! differ in who waits. [`start`] starts any of them.
//!
//! `/wait/N` stands for a request to a slow service. With a downstream address it is one: a call to
//! another server on a connection of its own. Without one, a timer stands in for that service.
//!
//! A [`Service`] is asked in the way of the model: the evented one awaits its answer in the
//! connection's task, the others let the connection's thread stand in it.

mod service;
mod config;
mod error;
mod listen;
mod registry;
mod shared;
mod blocking_io;
mod blocking_connection;
mod accept;
mod thread_per_connection;
mod thread_per_request;
mod thread_pool;
mod evented_connection;
mod evented;
mod server;

pub use config::{Model, ServeConfig};
pub use error::ServeError;
pub use server::{Drained, Server, start};
pub use service::{Answer, Boxed, Cut, Events, Heard, Service};
