//! Deterministic simulation: the world itself, and the order workflow in it.

#[path = "sim/world.rs"]
mod world;
