//! What tasks offer beside running: budgets, sets, values of their own, scopes, local sets.

#[path = "support/runtime.rs"]
mod support;

#[path = "tasks/budget.rs"]
mod budget;
#[path = "tasks/cells.rs"]
mod cells;
#[path = "tasks/join_set.rs"]
mod join_set;
#[path = "tasks/local_key.rs"]
mod local_key;
#[path = "tasks/local_set.rs"]
mod local_set;
#[path = "tasks/scope.rs"]
mod scope;
#[path = "tasks/try_spawn.rs"]
mod try_spawn;
