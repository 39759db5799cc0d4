//! The slow service, the client that calls it, and the orders service, over real sockets and as
//! real processes.

#[path = "orders/world.rs"]
mod world;

#[path = "orders/client.rs"]
mod client;

#[path = "orders/slow.rs"]
mod slow;

#[path = "orders/flow.rs"]
mod flow;

#[path = "orders/in_line.rs"]
mod in_line;

#[path = "orders/wrong.rs"]
mod wrong;

#[path = "orders/outages.rs"]
mod outages;

#[path = "orders/kills.rs"]
mod kills;

#[path = "orders/disks.rs"]
mod disks;

#[path = "orders/damage.rs"]
mod damage;

#[path = "orders/pressure.rs"]
mod pressure;

#[path = "orders/events.rs"]
mod events;

#[path = "orders/twice.rs"]
mod twice;

#[path = "orders/soak/mod.rs"]
mod soak;
