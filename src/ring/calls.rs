//! The calls of those who remember where their index is: a handle, and the ends with a type.

/// Pushing to `ring` at `$at`, as a producer of kind `$own`, facing consumers of kind `$other`.
macro_rules! pushes {
    ($at:ident, $own:ty, $other:ty) => {
        /// As [`Ring::push`]. To an end with a type, closed means that no end of the other side is
        /// left; a value pushed while the last one goes may be lost with it.
        ///
        /// # Errors
        /// As [`Ring::push`].
        #[inline]
        pub fn push(&mut self, value: T) -> Result<(), PushError<T>> {
            if <$own>::SOLE && self.ring.is_left() {
                return Err(PushError::Closed(value));
            }
            self.ring.push_at::<$own, $other, LOOK>(&mut self.$at, value).map(drop)
        }

        /// As [`Ring::try_push`].
        ///
        /// # Errors
        /// As [`Ring::try_push`].
        #[inline]
        pub fn try_push(&mut self, value: T) -> Result<(), T> {
            if <$own>::SOLE && self.ring.is_left() {
                return Err(value);
            }
            self.ring.try_push_at::<$own>(&mut self.$at, value)
        }

        /// As [`Ring::push_slice`].
        pub fn push_slice(&mut self, values: &[T]) -> usize
        where
            T: Copy,
        {
            self.ring.push_slice_at::<$own>(&mut self.$at, values)
        }

        /// As [`Ring::push_vec`].
        pub fn push_vec(&mut self, values: &mut Vec<T>) -> usize {
            self.ring.push_vec_at::<$own>(&mut self.$at, values).0
        }

        /// As [`Ring::push_many`].
        ///
        /// # Errors
        /// As [`Ring::push_many`].
        ///
        /// # Panics
        /// As [`Ring::push_many`].
        pub fn push_many<I>(&mut self, values: I) -> Result<usize, PushManyError<T, I::IntoIter>>
        where
            I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        {
            self.ring.push_many_at::<$own, _>(&mut self.$at, values.into_iter())
        }
    };
}

/// Popping from `ring` at `$at`, as a consumer of kind `$own`, facing producers of kind `$other`.
macro_rules! pops {
    ($at:ident, $own:ty, $other:ty) => {
        /// As [`Ring::pop`].
        #[inline]
        pub fn pop(&mut self) -> Option<T> {
            self.ring.pop_at::<$other, $own, LOOK>(&mut self.$at).map(|(value, _)| value)
        }

        /// As [`Ring::try_pop`].
        #[inline]
        pub fn try_pop(&mut self) -> Option<T> {
            self.ring.try_pop_at::<$own>(&mut self.$at)
        }

        /// As [`Ring::pop_many`].
        pub fn pop_many(&mut self, max: usize, into: &mut Vec<T>) -> usize {
            self.ring.pop_many_at::<$own>(&mut self.$at, max, into).0
        }

        /// As [`Ring::pop_each`].
        ///
        /// # Panics
        /// As [`Ring::pop_each`].
        pub fn pop_each(&mut self, max: usize, sink: impl FnMut(T)) -> usize {
            self.ring.pop_each_at::<$own>(&mut self.$at, max, sink)
        }
    };
}

pub(super) use {pops, pushes};
