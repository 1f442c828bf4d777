//! What both modules have of being one: a heap, a buffer for frames, and that there is one thread.
//!
//! Part of the ABI, with `unsafe`: the module is one thread, and JavaScript calls it without re-entering, so what lies in a
//! cell is never borrowed twice.

use core::cell::UnsafeCell;

use crate::{frame::Frame, heap::Heap};

#[global_allocator]
static HEAP: Heap = Heap::new();

/// A panic is a defect of ours; it must never reach the page as anything but a trap that `js/wasm.ts` counts.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Bytes of the buffer that JavaScript writes frames into. What does not fit is left out by JavaScript, and counted.
const BUFFER_BYTES: usize = 48 * 1024;

pub(crate) struct OneThread<T>(pub(crate) UnsafeCell<T>);

// SAFETY: wasm32-unknown-unknown without the atomics feature has one thread.
unsafe impl<T> Sync for OneThread<T> {}

static BUFFER: OneThread<[u8; BUFFER_BYTES]> = OneThread(UnsafeCell::new([0; BUFFER_BYTES]));

/// The frame of `length` bytes at the start of the buffer.
pub(crate) fn frame(length: usize) -> Frame<'static> {
    // SAFETY: as above; JavaScript writes between calls only.
    let buffer = unsafe { &*BUFFER.0.get() };
    Frame(buffer.get(..length).unwrap_or(&[]))
}

/// Where frames go.
#[unsafe(no_mangle)]
extern "C" fn buffer() -> *mut u8 {
    BUFFER.0.get().cast()
}
