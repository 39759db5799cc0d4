//! Worker threads: the hooks at their beginning and end, the cores they are bound to.

#[path = "threads/hooks.rs"]
mod hooks;
#[cfg(all(feature = "pin", target_os = "linux"))]
#[path = "threads/pinning.rs"]
mod pinning;
#[path = "threads/refused.rs"]
#[cfg(all(feature = "pin", target_os = "linux"))]
mod refused;
#[path = "support/runtime.rs"]
mod support;
