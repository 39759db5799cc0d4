//! The four servers over real sockets, and the process around them.
//!
//! What holds for every model is written once and run over all of them: [`wire::each_model`].

#[path = "servers/wire.rs"]
mod wire;

#[path = "servers/parser.rs"]
mod parser;

#[path = "support/session.rs"]
mod session;

#[path = "servers/splits.rs"]
mod splits;

#[path = "servers/requests.rs"]
mod requests;

#[path = "servers/connections.rs"]
mod connections;

#[path = "servers/deadlines.rs"]
mod deadlines;

#[path = "servers/stopping.rs"]
mod stopping;

#[path = "servers/downstream.rs"]
mod downstream;

#[path = "servers/load.rs"]
mod load;

#[path = "servers/process.rs"]
mod process;

#[path = "servers/peers.rs"]
mod peers;

#[path = "servers/faults.rs"]
mod faults;
