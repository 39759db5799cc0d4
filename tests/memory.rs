//! What a task costs in memory: a line of 64 bytes when it is small, and nothing when a cell is
//! used again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use windlass::{CorePlan, Runtime};

/// Counts the bytes that are allocated, and how often.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller says.
        unsafe { System.dealloc(place, layout) };
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// 24 bytes; keeps its waker.
struct Idle(Option<Waker>, #[expect(dead_code, reason = "the size counts")] u64);

impl Future for Idle {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// The runtime has one worker, and the calling thread waits for it: the counts are exact.
#[test]
fn an_idle_task_takes_64_bytes_and_a_task_in_its_place_none() {
    const TASKS: usize = 100 * 1024;
    assert_eq!(size_of::<Idle>(), 24);
    let builder = Runtime::builder().workers(1).cores(CorePlan::None);
    let runtime = builder.build().expect("a runtime");
    let mut handles = Vec::with_capacity(TASKS);
    let mut round = || {
        let (bytes, calls) = (BYTES.load(Ordering::Relaxed), CALLS.load(Ordering::Relaxed));
        handles.extend((0..TASKS).map(|_| runtime.spawn(Idle(None, 0))));
        let counted = BYTES.load(Ordering::Relaxed).saturating_sub(bytes);
        let called = CALLS.load(Ordering::Relaxed) - calls;
        assert!(handles.iter().all(|handle| !handle.is_finished()));
        handles.iter().for_each(windlass::JoinHandle::abort);
        for handle in handles.drain(..) {
            let ended = runtime.block_on(handle);
            assert!(ended.is_err_and(|error| error.is_cancelled()));
        }
        (counted, called)
    };
    let (first, _) = round();
    // The list of chunks is what there is beside the slots.
    assert!(first <= TASKS * 66, "{} bytes a task", first / TASKS);
    let (_, calls) = round();
    assert!(calls < 100, "{calls} allocations for tasks in used slots");
}
