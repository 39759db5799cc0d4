//! An allocator that counts the bytes in use while it is asked to, with the allocator's own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// The system's allocator. While it does not count it costs one load of a line nobody writes.
pub(crate) struct Counted;

static COUNTING: AtomicBool = AtomicBool::new(false);
static BYTES: AtomicI64 = AtomicI64::new(0);

/// How a block's size is told.
pub(crate) const METHOD: &str = "Bytes by a counting allocator: malloc_usable_size of each block (glibc) and 8 bytes for its \
     header.";

/// Counts from 0 until [`stop`].
pub(crate) fn start() {
    BYTES.store(0, Ordering::Relaxed);
    COUNTING.store(true, Ordering::Release);
}

/// How many bytes are in use that were not when counting began.
pub(crate) fn stop() -> i64 {
    COUNTING.store(false, Ordering::Release);
    BYTES.load(Ordering::Relaxed)
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc`'s contract.
        let block = unsafe { System.alloc(layout) };
        count(block, layout, 1);
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        let block = unsafe { System.alloc_zeroed(layout) };
        count(block, layout, 1);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(block, layout, -1);
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(block, layout) };
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(block, layout, -1);
        // SAFETY: the caller keeps `realloc`'s contract.
        let moved = unsafe { System.realloc(block, layout, size) };
        let kept = if moved.is_null() { block } else { moved };
        count(kept, layout, 1);
        moved
    }
}

#[inline]
fn count(block: *mut u8, layout: Layout, sign: i64) {
    if COUNTING.load(Ordering::Relaxed) && !block.is_null() {
        BYTES.fetch_add(sign * occupied(block, layout), Ordering::Relaxed);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn occupied(block: *mut u8, _: Layout) -> i64 {
    const HEADER: i64 = 8;
    unsafe extern "C" {
        fn malloc_usable_size(block: *mut u8) -> usize;
    }
    // SAFETY: the block came from the system's allocator, which is glibc's, and is in use.
    let usable = unsafe { malloc_usable_size(block) };
    usable as i64 + HEADER
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn occupied(_: *mut u8, layout: Layout) -> i64 {
    layout.size() as i64
}
