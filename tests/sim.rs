//! Deterministic simulation: the world itself, and the order workflow in it.

#[path = "support/totals.rs"]
mod totals;

#[path = "sim/faults.rs"]
mod faults;
#[path = "sim/world.rs"]
mod world;

#[path = "sim/orders.rs"]
mod orders;
#[path = "sim/shop.rs"]
mod shop;
#[path = "support/scene.rs"]
mod scene;
#[path = "sim/stage.rs"]
mod stage;
#[path = "sim/watch.rs"]
mod watch;
