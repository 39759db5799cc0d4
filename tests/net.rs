//! Sockets, timers, names, signals and children over a real reactor.

#[path = "net/loopback.rs"]
mod loopback;

#[path = "net/streams.rs"]
mod streams;

#[path = "net/resets.rs"]
mod resets;

#[path = "net/listeners.rs"]
mod listeners;

#[path = "net/starved.rs"]
mod starved;

#[path = "net/aborted.rs"]
mod aborted;

#[path = "net/forked.rs"]
mod forked;

#[path = "net/datagrams.rs"]
mod datagrams;

#[path = "net/sources.rs"]
mod sources;

#[path = "net/timers.rs"]
mod timers;

#[path = "net/dialling.rs"]
mod dialling;

#[cfg(feature = "signal")]
#[path = "net/signals.rs"]
mod signals;

#[cfg(feature = "signal")]
#[path = "net/children.rs"]
mod children;
