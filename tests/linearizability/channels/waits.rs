//! Waiting with patience: futures are polled a few times, and dropped when that was in vain.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// So often a future is polled before it is given up.
const POLLS: usize = 4;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Polls on this thread: again when it was woken, or after a while.
pub(super) fn by_hand<F: Future>(future: F) -> Option<F::Output> {
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(flag.clone());
    let mut future = pin!(future);
    for _ in 0..POLLS {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        for _ in 0..100 {
            if flag.0.swap(false, Ordering::Relaxed) {
                break;
            }
            std::hint::spin_loop();
        }
    }
    None
}

/// Polls in a task, each time after the others of its worker had their turn.
pub(super) async fn in_task<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = POLLS;
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        left -= 1;
        if left == 0 {
            return Poll::Ready(None);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}
