//! Readiness events from the kernel and due timers, turned into wake-ups: one reactor for each
//! worker.
//!
//! ```text
//!   kernel ---- epoll event: token = index | generation ----> Driver::wait
//!                                                                |
//!   Driver::dispatch:  Table[index] -> readiness word (generation checked) -> WakeCell -> Waker
//!                      Timers (wheel) -> due wakers
//!                                                                ^
//!   Registration (in a socket): poll, clear ---------------------+--- TimerKey (in a Sleep)
//! ```
//!
//! Only `driver.rs` asks the kernel. Interest is edge-triggered and registered once, for both
//! directions.

mod clock;
mod wheel;
mod timers;
mod readiness;
mod table;
mod handle;
mod registration;
#[cfg_attr(target_os = "linux", path = "alarm_linux.rs")]
mod alarm;
mod driver;

pub use clock::{Clock, SystemClock, Tell};

pub(crate) use self::{driver::Driver, readiness::Direction, registration::Registration};
pub(crate) use handle::Handle;
pub(crate) use timers::TICK_NS;
pub(crate) use wheel::Key as TimerKey;
