//! The kit's orders service, SQLite and all, in worlds that follow from a seed.

#[path = "support/totals.rs"]
mod totals;
#[path = "workflow/dice.rs"]
mod dice;
#[path = "workflow/disk.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod disk;
#[path = "workflow/layer.rs"]
mod layer;

#[path = "support/scene.rs"]
mod scene;
#[path = "orders_sim/stage.rs"]
mod stage;

#[path = "orders_sim/shop.rs"]
mod shop;

#[path = "orders_sim/experiment.rs"]
mod experiment;
