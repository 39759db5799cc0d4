//! hyper, client and server, on windlass over real sockets.

#[path = "hyper/exchange.rs"]
mod exchange;
#[path = "hyper/parts.rs"]
mod parts;
#[path = "hyper/peers.rs"]
mod peers;
#[path = "support/runtime.rs"]
mod support;
