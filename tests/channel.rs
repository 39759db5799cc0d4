//! The channels as users meet them: bounded, oneshot, topic; tasks and threads at their ends.

#[path = "channel/bounded.rs"]
mod bounded;
#[path = "channel/crowd.rs"]
mod crowd;
#[path = "channel/oneshot.rs"]
mod oneshot;
#[path = "channel/polling.rs"]
mod polling;
#[path = "channel/properties.rs"]
mod properties;
#[path = "support/runtime.rs"]
mod support;
#[path = "channel/topic.rs"]
mod topic;
#[path = "channel/waiting.rs"]
mod waiting;
