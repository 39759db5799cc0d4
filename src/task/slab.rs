//! The places of all cells of one executor: where cells come from, how many there may be, and what
//! shutdown walks.

use std::ptr::{NonNull, addr_of_mut};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crossbeam_utils::CachePadded;

use super::chunk::{CLASSES, Chunks, Place};
use super::free_list::FreeList;
use super::header::{Home, Readied, TaskRef};
use crate::ring::Ring;
use crate::sync::{AtomicUsize, Ordering, PLACES_MOVED, PLACES_SHARED};

/// A thread takes so many permits at once, at most.
const HOARD_MAX: usize = 64;

/// Threads together hoard so small a part of the permits, at most.
const HOARDED_PART: usize = 8;

/// The memory of one executor's tasks. It begins with what cells know of it.
#[repr(C)]
pub(crate) struct Slab {
    home: Home,
    /// This slab, as who made it knows it: with all that stands behind it.
    root: NonNull<Slab>,
    end: unsafe fn(NonNull<Slab>),
    tasks_max: usize,
    hoard: usize,
    owners: AtomicUsize,
    permits: CachePadded<AtomicUsize>,
    classes: [OnceLock<Class>; CLASSES],
}

// SAFETY: places go to one thread at a time; `root` is where the slab itself is.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

/// Places of one size that nobody uses.
struct Class {
    shared: Ring<Place>,
    reserve: Mutex<Reserve>,
}

struct Reserve {
    chunks: Chunks,
    /// Places for which the ring had no room.
    places: FreeList,
}

impl Class {
    fn new(class: usize) -> Self {
        Self {
            shared: Ring::new(PLACES_SHARED),
            reserve: Mutex::new(Reserve {
                chunks: Chunks::new(class),
                places: FreeList::new(),
            }),
        }
    }

    fn reserve(&self) -> MutexGuard<'_, Reserve> {
        self.reserve.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Places that nobody has used for long, or ever.
    fn take_reserve(&self) -> [Place; PLACES_MOVED] {
        let mut reserve = self.reserve();
        let Reserve { chunks, places } = &mut *reserve;
        std::array::from_fn(|_| places.pop().unwrap_or_else(|| chunks.cut()))
    }
}

impl Slab {
    /// For at most `tasks_max` cells at once, and about `threads` that have magazines. `home` and
    /// `end` know the value this one is the front of; it has one owner.
    pub(super) fn new(
        tasks_max: usize,
        threads: usize,
        home: Home,
        end: unsafe fn(NonNull<Slab>),
    ) -> Self {
        Self {
            home,
            root: NonNull::dangling(),
            end,
            tasks_max,
            hoard: HOARD_MAX.min(tasks_max / (2 * HOARDED_PART * threads)),
            owners: AtomicUsize::new(1),
            permits: CachePadded::new(AtomicUsize::new(tasks_max)),
            classes: [const { OnceLock::new() }; CLASSES],
        }
    }

    /// # Safety
    /// The slab has come to where it stays, and nobody else knows it yet.
    pub(super) unsafe fn set_root(slab: *mut Self) {
        // SAFETY: the caller states it.
        unsafe { (*slab).root = NonNull::new_unchecked(slab) };
    }

    pub(super) fn root(&self) -> NonNull<Self> {
        self.root
    }

    /// How many cells are in use; while workers run, up to 128 more for each of them.
    pub(crate) fn tasks_alive(&self) -> usize {
        self.tasks_max
            .saturating_sub(self.permits.load(Ordering::Relaxed))
    }

    fn class(&self, class: usize) -> &Class {
        self.classes[class].get_or_init(|| Class::new(class))
    }

    /// How many permits a magazine takes at once.
    pub(super) fn hoard(&self) -> usize {
        self.hoard
    }

    /// Takes as many permits as there are, `most` at most.
    #[inline]
    pub(super) fn take_permits(&self, most: usize) -> usize {
        let mut permits = self.permits.load(Ordering::Relaxed);
        loop {
            let taken = permits.min(most);
            if taken == 0 {
                return 0;
            }
            match self.permits.compare_exchange_weak(
                permits,
                permits - taken,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return taken,
                Err(now) => permits = now,
            }
        }
    }

    /// Gives permits back. The last use of the slab: when they are the last ones, and the owners
    /// have gone, it ends.
    ///
    /// # Safety
    /// The permits were taken, and nothing of this thread's keeps the slab alive but them, or
    /// something does.
    #[inline]
    pub(super) unsafe fn give_permits(slab: NonNull<Self>, permits: usize) {
        // SAFETY: the permits, or what else keeps it, keep the slab alive until they are given.
        let (before, all) = unsafe {
            let slab = slab.as_ref();
            let all = slab.tasks_max + 1;
            // [slab.given] pairs with [slab.given]: all that was done with the slab is done.
            (slab.permits.fetch_add(permits, Ordering::AcqRel), all)
        };
        if before + permits == all {
            // SAFETY: the owners' permit is there, so they have gone, and no cell is left: nobody
            // else has a way to the slab.
            unsafe { (slab.as_ref().end)(slab) };
        }
    }

    pub(super) fn add_owner(&self) {
        self.owners.fetch_add(1, Ordering::Relaxed);
    }

    /// # Safety
    /// The caller is an owner, and is one no more.
    pub(super) unsafe fn drop_owner(slab: NonNull<Self>) {
        // SAFETY: the caller has kept it alive until here.
        // [slab.owner] pairs with [slab.owner]: what the others did with the slab is done.
        if unsafe { slab.as_ref() }
            .owners
            .fetch_sub(1, Ordering::AcqRel)
            == 1
        {
            // SAFETY: the owners' permit, which keeps the slab alive, is given once, by the last.
            unsafe { Self::give_permits(slab, 1) };
        }
    }

    /// Takes a place on a thread that has no magazine.
    pub(super) fn take_place(&self, class: usize) -> Option<Place> {
        if self.take_permits(1) == 0 {
            return None;
        }
        let class = self.class(class);
        if let Some(place) = class.shared.pop() {
            return Some(place);
        }
        let [first, more @ ..] = class.take_reserve();
        class.share_all(&more);
        Some(first)
    }

    /// Takes a batch of places for a magazine.
    pub(super) fn take_places(&self, class: usize, mut take: impl FnMut(Place)) {
        let class = self.class(class);
        if class.shared.pop_each(PLACES_MOVED, &mut take) == 0 {
            class.take_reserve().into_iter().for_each(take);
        }
    }

    /// Gives a batch of places back, without their permits.
    pub(super) fn give_places(&self, class: usize, places: &[Place]) {
        self.class(class).share_all(places);
    }

    /// Gives a place and its permit back, on a thread that has no magazine.
    ///
    /// # Safety
    /// The place was taken, and no cell is in it.
    pub(super) unsafe fn give_place(slab: NonNull<Self>, class: usize, place: Place) {
        // SAFETY: the permit of the place keeps the slab alive until it is given.
        unsafe {
            slab.as_ref().class(class).share(place);
            Self::give_permits(slab, 1);
        }
    }

    /// Calls `visit` for each cell that shutdown is to end: neither running nor completed.
    ///
    /// # Safety
    /// Nobody runs tasks of this executor, or ends them.
    pub(crate) unsafe fn shut_down_all(&self) {
        for class in self.classes.iter().filter_map(OnceLock::get) {
            // What tasks do when they are dropped may come back here: not under the lock.
            let places = class.reserve().chunks.all_cut();
            for place in places {
                let task = TaskRef::new(place.0);
                // SAFETY: the place is there until the slab ends; its state is. A task that is there
                // and has not completed has an executor's reference, which ends with its completion:
                // by this thread alone.
                unsafe {
                    let state = addr_of_mut!((*place.0.as_ptr()).state);
                    if !(*state).walked().is_completed() && task.header().kind.walked {
                        task.shut_down();
                    }
                }
            }
        }
    }

    /// Hands a new task to the executor.
    #[inline]
    pub(crate) fn schedule(&self, task: TaskRef, readied: Readied) {
        // SAFETY: `home` is the front of this slab.
        unsafe { (self.home.schedule)(self.root.cast(), task, readied) };
    }
}

impl Class {
    fn share_all(&self, places: &[Place]) {
        let shared = self.shared.push_slice(places);
        places[shared..].iter().for_each(|&place| self.share(place));
    }

    fn share(&self, place: Place) {
        if self.shared.push(place).is_err() {
            // SAFETY: the caller gives a free place.
            unsafe { self.reserve().places.push(place) };
        }
    }
}
