//! Where the memory of cells comes from: chunks of places of one size, cut off one by one.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::mem::needs_drop;
use std::ptr::{NonNull, addr_of_mut};

use super::header::Header;
use super::state::State;

/// Places are multiples of a cache line, up to [`CLASSES`] of them.
pub(super) const LINE: usize = 64;
pub(super) const CLASSES: usize = 8;

const CHUNK: Layout = match Layout::from_size_align(64 * 1024, LINE) {
    Ok(layout) => layout,
    Err(_) => panic!("a chunk is no layout"),
};

/// A place for a cell. Its header's state is there from the cut to the end of the chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(pub(super) NonNull<Header>);

// SAFETY: a place is memory; who holds it alone uses it.
unsafe impl Send for Place {}

/// The chunks of one class of places.
#[derive(Debug)]
pub(super) struct Chunks {
    class: usize,
    chunks: Vec<NonNull<u8>>,
    /// How many places of the last chunk have been cut off.
    cut: usize,
}

// SAFETY: the chunks are this value's alone until their places are given away, one by one.
unsafe impl Send for Chunks {}

impl Chunks {
    /// Places of `class + 1` lines.
    pub(super) fn new(class: usize) -> Self {
        Self {
            class,
            chunks: Vec::new(),
            cut: 0,
        }
    }

    fn places_per_chunk(&self) -> usize {
        CHUNK.size() / LINE / (self.class + 1)
    }

    fn place(&self, chunk: NonNull<u8>, number: usize) -> Place {
        let offset = number * LINE * (self.class + 1);
        // SAFETY: the number is below the places of a chunk.
        Place(unsafe { chunk.byte_add(offset) }.cast())
    }

    /// A place that was never used. Memory that the system does not have ends the process, as with
    /// `Vec`.
    pub(super) fn cut(&mut self) -> Place {
        let last = match self.chunks.last() {
            Some(chunk) if self.cut < self.places_per_chunk() => *chunk,
            _ => {
                // SAFETY: the layout is not of size zero.
                let chunk = NonNull::new(unsafe { alloc(CHUNK) });
                let chunk = chunk.unwrap_or_else(|| handle_alloc_error(CHUNK));
                self.chunks.push(chunk);
                self.cut = 0;
                chunk
            }
        };
        let place = self.place(last, self.cut);
        self.cut += 1;
        // SAFETY: the place is a cell's memory that nobody has yet.
        unsafe { addr_of_mut!((*place.0.as_ptr()).state).write(State::free()) };
        place
    }

    /// All places that were ever cut off.
    pub(super) fn all_cut(&self) -> Vec<Place> {
        let mut all = Vec::new();
        for (index, &chunk) in self.chunks.iter().enumerate() {
            let is_last = index + 1 == self.chunks.len();
            let cut = if is_last {
                self.cut
            } else {
                self.places_per_chunk()
            };
            all.extend((0..cut).map(|number| self.place(chunk, number)));
        }
        all
    }
}

/// When no cell is left.
impl Drop for Chunks {
    fn drop(&mut self) {
        if needs_drop::<State>() {
            for place in self.all_cut() {
                // SAFETY: the state was made at the cut, and no cell uses it any more.
                unsafe { addr_of_mut!((*place.0.as_ptr()).state).drop_in_place() };
            }
        }
        for chunk in self.chunks.drain(..) {
            // SAFETY: it came from `alloc` with this layout, and no place of it is used.
            unsafe { dealloc(chunk.as_ptr(), CHUNK) };
        }
    }
}
