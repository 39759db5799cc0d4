//! One future's cell: a state word, a header with a table of functions, and the future or its
//! output, in one allocation.
//!
//! ```text
//! state word (usize)
//! | references .. | 4: JOIN | 3: CLOSED | 2: COMPLETED | 1: RUNNING | 0: SCHEDULED |
//!
//! SCHEDULED  set by a wake; cleared when a worker begins to run the task. While it is set and
//!            RUNNING is not, the task stands in exactly one queue, or is on its way there.
//! RUNNING    set by the worker that runs the task; whoever set it alone touches the future.
//! COMPLETED  set once, by that worker, when the output is in its place; from then on the stage
//!            belongs to the join handle if JOIN is set, else to the one who found it clear.
//! CLOSED     set by abort or shutdown: the next one to hold RUNNING drops the future instead of
//!            polling it.
//! JOIN       the join handle exists.
//! references one for the executor from spawn to completion, one for the join handle, one for each
//!            waker.
//!
//!                 wake (1)              begin (2)               complete (5)
//!      +------+ ---------> +-----------+ -------> +---------+ ------------> +-----------+
//!      | idle |            | scheduled |          | running |               | completed |
//!      +------+ <--+       +-----------+ <--+     +---------+               +-----------+
//!                  |                        |       |  |  ^ |
//!                  |                        |       |  |  +-+ wake (1'): only sets SCHEDULED
//!                  |        end_poll (4)    +-------+  |
//!                  |        was woken meanwhile        |
//!                  +-----------------------------------+ end_poll (3)
//! ```
//!
//! **Rules.** 1. Who turns SCHEDULED on while RUNNING and COMPLETED are off (edge 1) must enqueue
//! the task, once. 2. A wake while running (1') enqueues nothing: the runner finds the bit at the
//! end of the poll (4) and enqueues. 3. Queues hold plain pointers: the executor's reference keeps
//! the cell alive from spawn to completion, and a completed task is in no queue. 4. Between spawn
//! and completion the task stands in the registry; shutdown walks it when no worker runs any more.
//!
//! **Progress.** Waking is one `fetch_or` (wait-free) plus one push when the task was idle. Going
//! idle is one compare-exchange. A yield needs no waker and no reference count.

mod snapshot;
mod state;
mod slot;
mod depot;
mod permits;
mod housing;
mod magazine;
mod error;
mod header;
mod colony;
mod waker;
mod running;
mod body;
mod join;
mod cell;
mod local_key;

pub use crate::budget::{consume_budget, unconstrained};
pub use error::{JoinError, Panic};
pub use join::{AbortHandle, JoinHandle};
#[doc(hidden)]
pub use local_key::LocalPlace;
pub use local_key::{LocalKey, NotSet, Scoped};

pub(crate) use colony::{Colony, Schedule};
pub(crate) use header::{Kind, Readied, Slab, TaskRef};
pub(crate) use magazine::Magazine;
pub(crate) use running::yield_running;
