//! Channels.
mod error;
mod ends;
mod sleep;
mod line;
mod place;
mod shared;
mod sender;
mod receiver;
mod bounded;
mod oneshot;
pub mod topic;

pub use bounded::{bounded, try_bounded};
pub use error::{RecvError, SendError, TryRecvError, TrySendError};
pub use oneshot::{Closed, OneReceiver, OneSender, oneshot};
pub use receiver::{Receiver, Recv, RecvMany};
pub use sender::{Send, SendMany, Sender};
pub use topic::{Subscriber, Topic, topic, try_topic};
