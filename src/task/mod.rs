//! One future's cell: a state word, a table of functions, its slab, who waits for it, and then the
//! future or its output: 40 bytes and those, in a slot of a slab.
//!
//! ```text
//! state word (usize)
//! | 14.. references | 6..13 HOME | 5: JOIN_WAKER | 4: JOIN | 3: CLOSED
//!                                               | 2: COMPLETED | 1: RUNNING | 0: SCHEDULED |
//!
//! SCHEDULED  set by a wake; cleared when a worker begins to run the task. While it is set and
//!            RUNNING is not, the task stands in exactly one queue, or is on its way there.
//! RUNNING    set by the worker that runs the task; whoever set it alone touches the future. A job
//!            is born with it: who holds the job is its runner, and no queue ever is.
//! COMPLETED  set once, by that worker. From then on the stage holds an output if JOIN was set, and
//!            nothing else. It stays set while nobody lives in the slot.
//! CLOSED     set by abort or shutdown: the next one to hold RUNNING drops the future instead of
//!            polling it.
//! JOIN       the join handle exists, and holds the cell.
//! JOIN_WAKER the join waker's place is the completion's, else the handle's; holds the cell.
//! HOME       which worker runs the task, for policies that pin.
//! references one for each waker and abort handle.
//!
//!                 wake (1)              begin (2)               complete (5)
//!      +------+ ---------> +-----------+ -------> +---------+ ------------> +-----------+
//!      | idle |            | scheduled |          | running |               | completed |
//!      +------+ <--+       +-----------+ <--+     +---------+               +-----------+
//!                  |                        |       |  |  ^ |                     |
//!                  |                        |       |  |  +-+ wake (1'): only     | the last to
//!                  |        end_poll (4)    +-------+  |      sets SCHEDULED      | go (7, 8, 9)
//!                  |        woken meanwhile, yields    |                          v
//!                  +-----------------------------------+ end_poll (3)           free
//!
//! the join waker's place
//!                  offer_waker (6)                   complete (5)
//!      handle's  ------------------>  completion's  ---------------> taken, JOIN_WAKER clear (7)
//!                <------------------
//!                withdraw_waker (6'), unless completed
//! ```
//!
//! # Rules
//!
//! 1. Who turns SCHEDULED on while RUNNING and COMPLETED are off (edge 1) must enqueue the task,
//!    once. 2. A wake while running (1') enqueues nothing: the runner finds the bit at the end of
//!    the poll (4) and enqueues. A task that yields says so to its thread (`yield_running`), and
//!    the runner does as if the bit were there.
//! 3. Queues hold plain pointers: a cell that has not completed is not freed, and a completed task
//!    is in no queue. A queue hands over what came before the push, so that who takes a task sees
//!    its word no older than it was then.
//! 4. A completed cell is freed by whoever clears the last of JOIN, JOIN_WAKER and the references
//!    (7, 8, 9), or by its runner when there were none (5). Each of these steps is one step of one
//!    word: one of them is the last.
//! 5. Who stands alone, knows it: with no JOIN, no JOIN_WAKER and no references, only the runner
//!    has a way to the cell (a new reference is made of another, of JOIN, or in the poll). Then a
//!    load that acquires and a plain store do what is a read-modify-write otherwise.
//! 6. The join waker's place is written by the handle while JOIN_WAKER is clear, and by the runner
//!    after a completion that found it set. To change the waker or to go, the handle takes the
//!    place back first (6'); if the task has completed, it leaves it to the runner (7).
//! 7. The output belongs to the handle, if JOIN is set in the step that completes; then the handle
//!    takes or drops it before it goes (8). A runner that finds JOIN clear drops the output before
//!    it completes.
//! 8. Shutdown's walk looks at the word of every slot ever carved, and sets RUNNING where neither
//!    RUNNING nor COMPLETED is: so it ends each task that is idle or queued, passes by what runs,
//!    jobs, and slots where nobody lives, and never mistakes one life in a slot for another: the
//!    step succeeds only on a task that is there. No worker runs tasks then.
//!
//! # The races
//!
//! * A handle goes while the runner completes. One changes the word first: either the runner finds
//!   JOIN clear and drops the output, or the handle finds COMPLETED and does. The runner's step
//!   fails if JOIN went in between, and it looks again.
//! * A waker goes while the runner completes without an output: the last one finds COMPLETED and
//!   nobody else; or the runner finds nobody.
//! * A handle registers while the runner completes: `offer_waker` fails on COMPLETED, so that the
//!   poll returns the output; or it comes before, and the step that completes finds JOIN_WAKER.
//!
//! # Steps that others see (read-modify-writes of the word)
//!
//! | what | alone | else |
//! |---|---|---|
//! | spawn | 0 | 0 |
//! | handle dropped before the first run | | 1 |
//! | begin | 0 | 1 |
//! | end of a poll: idle | | 1 |
//! | end of a poll: yields | 0 | 1 |
//! | end: no output is wanted | 0 | 1 |
//! | end: the output is handed over | | 1, and 1 more when somebody waits |
//! | handle waits | | 1; 2 when it had another waker there |
//! | handle goes with the output | 0 when it is the last | 1 |
//! | wake, abort | | 1 |
//! | waker cloned, dropped | | 1 |
//!
//! Slots and permits cost a worker 2 shared steps in 64 (see `Magazine`), a thread outside one
//! each to take and to give.
//!
//! # Slots
//!
//! ```text
//!   magazine of a worker          depot                        behind a lock
//!   64, 128 .. 512 bytes     -->  a ring of 1,024 slots   -->  lists of what found no room;
//!   at most 128 slots each   <--  for each size           <--  chunks of 64 KiB, carved by and by
//!                           64 at a time                 64 at a time
//! ```
//!
//! Slots wander: a slot goes to whoever frees its cell. What does not fit (a cell above 512 bytes,
//! or aligned above 64) stands in a box, and the box in a slot. Memory goes back to the system at
//! the slab's end.
//!
//! `tasks_max` bounds the cells, from spawn until they are freed: a permit (`permits`) each. The
//! slab, and with it the scheduler, is alive until its owners have gone *and* all permits are back
//! (`housing`): so wakers and join handles may outlive the executor, and no cell counts references
//! to it. A job is an owner instead, and needs no permit: its number is bounded where it waits.
//!
//! # Progress
//!
//! Waking is one `fetch_or` (wait-free) plus one push when the task was idle. All other steps are
//! lock-free loops or single steps. Taking or giving a slot may wait for a stalled peer in the
//! depot's ring, and takes a lock once in 64 times when the ring is empty or full; under it a list
//! is moved, or 64 KiB are asked of the system.

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

pub(crate) use self::{magazine::Magazine, running::is_polling, running::yield_running};
pub(crate) use colony::{Colony, Schedule};
pub(crate) use header::{Kind, Readied, Slab, TaskRef};
