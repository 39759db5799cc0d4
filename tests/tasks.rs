//! What tasks offer beside running: budgets, sets, values of their own, scopes, local sets.

#[path = "support/runtime.rs"]
mod support;

#[path = "tasks/budget.rs"]
mod budget;
