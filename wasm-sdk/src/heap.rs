//! The module's heap: blocks of powers of two, a list of free ones for each. A general allocator would be an eighth of what
//! the browser downloads. What is freed is used again, so the heap stays as large as the page's fullest moment.
//!
//! Part of the ABI: with `lib.rs` the only place with `unsafe`.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::wasm32::{memory_grow, memory_size},
    cell::UnsafeCell,
    ptr,
};

const PAGE: usize = 64 * 1024;

/// Of the smallest block: enough for the two words of a free one, and for any alignment there is.
const SMALLEST: u32 = 4;

/// First free block of each size, which holds where the next one is; and the stretch that was never used.
struct Blocks {
    free: [*mut u8; 32],
    start: usize,
    end: usize,
}

pub(crate) struct Heap(UnsafeCell<Blocks>);

// SAFETY: wasm32-unknown-unknown without the atomics feature has one thread.
unsafe impl Sync for Heap {}

impl Heap {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(Blocks { free: [ptr::null_mut(); 32], start: 0, end: 0 }))
    }
}

/// The power of two of the block that holds so much.
fn power(layout: Layout) -> u32 {
    let bytes = layout.size().max(layout.align()).max(1 << SMALLEST);
    usize::BITS - (bytes - 1).leading_zeros()
}

// SAFETY: a block is in use or in one list; blocks do not overlap, and are aligned as they are large, up to 16 bytes, which
// is what `start` is aligned to and what everything here asks for at most.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let power = power(layout);
        // SAFETY: one thread, and nothing else is called while this is held.
        let blocks = unsafe { &mut *self.0.get() };
        let Some(first) = blocks.free.get_mut(power as usize) else { return ptr::null_mut() };
        if !first.is_null() {
            let block = *first;
            // SAFETY: a free block holds the place of the next one.
            *first = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        let bytes = 1 << power;
        if blocks.end - blocks.start < bytes {
            let pages = bytes.div_ceil(PAGE);
            let grown = memory_grow(0, pages);
            if grown == usize::MAX {
                return ptr::null_mut();
            }
            if grown * PAGE != blocks.end {
                blocks.start = grown * PAGE;
            }
            blocks.end = memory_size(0) * PAGE;
        }
        let block = blocks.start;
        blocks.start += bytes;
        block as *mut u8
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; the block is as large as its layout makes it.
        unsafe {
            if let Some(first) = (*self.0.get()).free.get_mut(power(layout) as usize) {
                block.cast::<*mut u8>().write(*first);
                *first = block;
            }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe {
            let new = Layout::from_size_align_unchecked(size, layout.align());
            if power(new) == power(layout) {
                return block;
            }
            let moved = self.alloc(new);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}
