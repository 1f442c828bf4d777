//! The ABI of the module: everything that crosses between JavaScript and Rust, on one page.
//!
//! JavaScript writes a frame into the buffer and calls a function with its length; what a function
//! returns as bytes lies at `output()`. All numbers are little-endian; event numbers and milliseconds
//! are f64, exact to 2^53. The other side of this page is `js/wasm.ts`; `frame.rs` reads the frames.
//!
//! This and `heap.rs` are the only files with `unsafe`: the module is one thread, and JavaScript calls it without
//! re-entering, so the one recorder below is never borrowed twice.

// Tests run natively, where the panic handler and the allocator are std's.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod policy;

pub mod record;

pub mod request;

pub mod write;

mod batch;
mod frame;
mod open;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod heap;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code)]
mod abi {
    use alloc::{boxed::Box, vec, vec::Vec};
    use core::cell::UnsafeCell;

    use crate::{
        heap::Heap,
        record::{Kept, Recorder},
        request::{self, Acknowledged},
    };

    #[global_allocator]
    static HEAP: Heap = Heap::new();

    /// A panic is a defect of ours; it must never reach the page as anything but a trap that `js/wasm.ts` counts.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }

    /// Bytes of the buffer that JavaScript writes frames into. What does not fit is left out by JavaScript, and counted.
    const BUFFER_BYTES: usize = 48 * 1024;

    struct Module {
        recorder: Recorder,
        acknowledged: Acknowledged,
        buffer: Box<[u8]>,
        output: Vec<u8>,
    }

    struct OneThread(UnsafeCell<Option<Module>>);

    // SAFETY: wasm32-unknown-unknown without the atomics feature has one thread.
    unsafe impl Sync for OneThread {}

    static MODULE: OneThread = OneThread(UnsafeCell::new(None));

    fn module() -> &'static mut Module {
        // SAFETY: one thread, and no exported function calls another or JavaScript while it holds this.
        let module = unsafe { &mut *MODULE.0.get() };
        module.get_or_insert_with(|| Module {
            recorder: Recorder::default(),
            acknowledged: Acknowledged::default(),
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
            output: Vec::new(),
        })
    }

    /// The frame of `length` bytes at the start of the buffer.
    fn frame(buffer: &[u8], length: usize) -> &[u8] {
        buffer.get(..length).unwrap_or(&[])
    }

    /// Where frames go.
    #[unsafe(no_mangle)]
    extern "C" fn buffer() -> *mut u8 {
        module().buffer.as_mut_ptr()
    }

    /// How many bytes the buffer holds.
    #[unsafe(no_mangle)]
    extern "C" fn buffer_bytes() -> usize {
        BUFFER_BYTES
    }

    /// Where the bytes lie that the last function returned.
    #[unsafe(no_mangle)]
    extern "C" fn output() -> *const u8 {
        module().output.as_ptr()
    }

    /// Frame: 16 bytes of seed. Once, first.
    #[unsafe(no_mangle)]
    extern "C" fn page(length: usize) {
        let module = module();
        module.recorder = Recorder::new(frame(&module.buffer, length));
    }

    /// Frame: attributes of what sends.
    #[unsafe(no_mangle)]
    extern "C" fn resource(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.resource(frame(buffer, length));
    }

    /// Frame: the session that later events belong to.
    #[unsafe(no_mangle)]
    extern "C" fn session(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.session(frame(buffer, length));
    }

    /// Frame: an event that starts.
    #[unsafe(no_mangle)]
    extern "C" fn begin(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.begin(frame(buffer, length));
    }

    /// Frame: a link from an open event.
    #[unsafe(no_mangle)]
    extern "C" fn link(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.link(frame(buffer, length));
    }

    /// Frame: an open event that stays open for long. Returns about how many bytes wait to be sealed.
    #[unsafe(no_mangle)]
    extern "C" fn long(length: usize) -> usize {
        let Module { recorder, buffer, .. } = module();
        recorder.long(frame(buffer, length))
    }

    /// Frame: number of an open event that will not be recorded.
    #[unsafe(no_mangle)]
    extern "C" fn cancel(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.cancel(frame(buffer, length));
    }

    /// Frame: an event that ends. Returns about how many bytes wait to be sealed; -1: this one was refused;
    /// -2: seal first, then call again.
    #[unsafe(no_mangle)]
    extern "C" fn finish(length: usize) -> i32 {
        let Module { recorder, buffer, .. } = module();
        match recorder.finish(frame(buffer, length)) {
            Kept::Waiting(bytes) => bytes as i32,
            Kept::Refused => -1,
            Kept::SealFirst => -2,
        }
    }

    /// Frame: reason and count of what JavaScript had to give up.
    #[unsafe(no_mangle)]
    extern "C" fn dropped(length: usize) {
        let Module { recorder, buffer, .. } = module();
        recorder.dropped(frame(buffer, length));
    }

    /// Frame: wall time and state of the page. Seals what waits. Returns the bytes of output: form, digest, body; 0:
    /// nothing waits.
    #[unsafe(no_mangle)]
    extern "C" fn seal(length: usize) -> usize {
        let Module { recorder, acknowledged, buffer, output } = module();
        let body = recorder.seal(frame(buffer, length), output);
        acknowledged.sealed(output, body);
        output.len()
    }

    /// The same, and what waits goes on waiting.
    #[unsafe(no_mangle)]
    extern "C" fn tail(length: usize) -> usize {
        let Module { recorder, buffer, output, .. } = module();
        recorder.tail(frame(buffer, length), output);
        output.len()
    }

    /// Frame: seed, form, digest, number, send time, epoch. Returns the bytes of output: the head for one try to send.
    #[unsafe(no_mangle)]
    extern "C" fn head(length: usize) -> usize {
        let Module { buffer, output, .. } = module();
        request::head(frame(buffer, length), output);
        output.len()
    }

    /// Frame: digest and number of a sealed batch. Returns the bytes of output: what follows the head of form 2; 0: it
    /// has to be sent alone.
    #[unsafe(no_mangle)]
    extern "C" fn behind(length: usize) -> usize {
        let Module { acknowledged, buffer, output, .. } = module();
        acknowledged.behind(frame(buffer, length), output);
        output.len()
    }

    /// Frame: digest, number, then the collector's answer. Returns the milliseconds to wait before sending
    /// again, or -1: that was no answer to this batch.
    #[unsafe(no_mangle)]
    extern "C" fn ack(length: usize) -> f64 {
        let Module { acknowledged, buffer, .. } = module();
        acknowledged.answer(frame(buffer, length)).map_or(-1.0, f64::from)
    }
}
