//! loom's atomics. Each call says where it stands; its ordering, or its being one step, may be
//! changed by the mutant of the day. The end of an atomic counts as an access.

use loom::sync::atomic::Ordering;

use crate::sites;

/// A fence that the mutant of the day may weaken or leave out.
#[track_caller]
pub(crate) fn fence(order: Ordering) {
    let told = sites::tell("fence", order, None);
    if !told.dropped {
        loom::sync::atomic::fence(told.order);
    }
}

/// The part of a read-modify-write's ordering that its load keeps.
fn of_load(order: Ordering) -> Ordering {
    match order {
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::Relaxed,
    }
}

/// The part of a read-modify-write's ordering that its store keeps.
fn of_store(order: Ordering) -> Ordering {
    match order {
        Ordering::Release | Ordering::AcqRel => Ordering::Release,
        _ => Ordering::Relaxed,
    }
}

macro_rules! atomic {
    ($name:ident, $value:ty, $($rmw:ident: $apply:expr;)*) => {
        #[derive(Debug)]
        pub(crate) struct $name(loom::sync::atomic::$name);

        impl $name {
            #[track_caller]
            pub(crate) fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            #[track_caller]
            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.0.load(sites::tell("load", order, None).order)
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.0.store(value, sites::tell("store", order, None).order);
            }

            $(
                #[track_caller]
                pub(crate) fn $rmw(&self, value: $value, order: Ordering) -> $value {
                    let told = sites::tell(stringify!($rmw), order, None);
                    if !told.split {
                        return self.0.$rmw(value, told.order);
                    }
                    let before = self.0.load(of_load(told.order));
                    self.0.store($apply(before, value), of_store(told.order));
                    before
                }
            )*

            #[track_caller]
            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let told = sites::tell("compare_exchange", success, Some(failure));
                self.exchange(current, new, told)
            }

            #[track_caller]
            pub(crate) fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let told = sites::tell("compare_exchange_weak", success, Some(failure));
                self.exchange(current, new, told)
            }

            /// As the standard library's: looks, then exchanges until it succeeds or `next` is
            /// `None`.
            #[track_caller]
            pub(crate) fn fetch_update(
                &self,
                success: Ordering,
                failure: Ordering,
                mut next: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let told = sites::tell("fetch_update", success, Some(failure));
                let mut seen = self.0.load(told.failure);
                while let Some(new) = next(seen) {
                    match self.exchange(seen, new, told) {
                        Ok(_) => return Ok(seen),
                        Err(now) => seen = now,
                    }
                }
                Err(seen)
            }

            /// loom's own reads the newest value when it fails, where an older one is allowed.
            fn exchange(
                &self,
                current: $value,
                new: $value,
                told: sites::Told,
            ) -> Result<$value, $value> {
                if told.spurious && sites::first_failure() {
                    return Err(self.0.load(told.failure));
                }
                if told.split {
                    let before = self.0.load(of_load(told.order));
                    if before != current {
                        return Err(before);
                    }
                    self.0.store(new, of_store(told.order));
                    return Ok(before);
                }
                if told.stale {
                    // Only a failure may have the failure's ordering.
                    let mut before = self.0.load(Ordering::Relaxed);
                    if before != current && told.failure != Ordering::Relaxed {
                        before = self.0.load(told.failure);
                    }
                    if before != current {
                        return Err(before);
                    }
                }
                self.0.compare_exchange(current, new, told.order, told.failure)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new(0)
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                if !std::thread::panicking() {
                    self.0.with_mut(|_| ());
                }
            }
        }
    };
}

macro_rules! integer {
    ($name:ident, $value:ty) => {
        atomic! {
            $name, $value,
            swap: |_, new| new;
            fetch_add: <$value>::wrapping_add;
            fetch_sub: <$value>::wrapping_sub;
            fetch_and: |before, value| before & value;
            fetch_or: |before, value| before | value;
            fetch_xor: |before, value| before ^ value;
            fetch_max: <$value>::max;
        }
    };
}

integer!(AtomicU32, u32);
integer!(AtomicU64, u64);
integer!(AtomicUsize, usize);

/// loom's own cannot be told when it ends.
#[derive(Debug)]
pub(crate) struct AtomicBool(AtomicUsize);

impl AtomicBool {
    #[track_caller]
    pub(crate) fn new(value: bool) -> Self {
        Self(AtomicUsize::new(usize::from(value)))
    }

    #[track_caller]
    pub(crate) fn load(&self, order: Ordering) -> bool {
        self.0.load(order) != 0
    }

    #[track_caller]
    pub(crate) fn store(&self, value: bool, order: Ordering) {
        self.0.store(usize::from(value), order);
    }
}
