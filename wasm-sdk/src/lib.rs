//! The ABI of the module: everything that crosses between JavaScript and Rust, on one page.
//!
//! Numbers are arguments: event numbers and milliseconds as f64, exact to 2^53. What is no number JavaScript writes
//! into the buffer, as a frame, the length of which is the last argument; what a function returns as bytes lies at
//! `output()`. All numbers in both are little-endian. The other side of this page is `js/wasm.ts`; `frame.rs` reads the
//! frames.
//!
//! With the feature `verbs` this is another module, that applies policies: its ABI is `applied.rs`. That, this, `cell.rs`
//! and `heap.rs` are the only files with `unsafe`: a module is one thread, and JavaScript calls it without re-entering, so the
//! one recorder below is never borrowed twice.

// Tests run natively, where the panic handler and the allocator are std's.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![deny(unsafe_code)]

extern crate alloc;

pub mod policy;

pub mod verbs;

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
mod cell;

#[cfg(all(target_arch = "wasm32", feature = "verbs"))]
#[allow(unsafe_code)]
mod applied;

#[cfg(all(target_arch = "wasm32", not(feature = "verbs")))]
#[allow(unsafe_code)]
mod abi {
    use alloc::vec::Vec;
    use core::cell::UnsafeCell;

    use weft_proto::{Form, Head, OpenState, Seed, Session, Target};

    use crate::{
        cell::{OneThread, frame},
        frame::Frame,
        record::{Begin, End, Kept, Recorder},
        request::Acknowledged,
    };

    struct Module {
        recorder: Recorder,
        acknowledged: Acknowledged,
        output: Vec<u8>,
    }

    static MODULE: OneThread<Module> = OneThread(UnsafeCell::new(Module {
        recorder: Recorder::new(),
        acknowledged: Acknowledged::new(),
        output: Vec::new(),
    }));

    fn module() -> &'static mut Module {
        // SAFETY: one thread, and no exported function calls another or JavaScript while it holds this.
        unsafe { &mut *MODULE.0.get() }
    }

    /// `-1`: there is none.
    fn some(number: f64) -> Option<u64> {
        (number >= 0.0).then_some(number as u64)
    }

    /// A span of this page by its number, or any other by its ids.
    fn target(own: f64, frame: &mut Frame<'_>) -> Option<Target> {
        let foreign = Target::Foreign(*frame.take()?, *frame.take()?);
        Some(some(own).map_or(foreign, Target::Own))
    }

    fn state(number: u32) -> OpenState {
        OpenState::from_wire(number).unwrap_or(OpenState::Visible)
    }

    /// Where the bytes lie that the last function returned.
    #[unsafe(no_mangle)]
    extern "C" fn output() -> *const u8 {
        module().output.as_ptr()
    }

    /// Frame: attributes of what sends.
    #[unsafe(no_mangle)]
    extern "C" fn resource(length: usize) {
        module().recorder.resource(frame(length).0);
    }

    /// The session that later events belong to; `own`: the last root of the one before, if it is of this page, or -1. Frame:
    /// 16 bytes id, 7 bytes randomness (big-endian); 16 bytes of the session before, if there was one; trace and span id of
    /// its last root, if there was one.
    #[unsafe(no_mangle)]
    extern "C" fn session(own: f64, length: usize) {
        let mut frame = frame(length);
        let (Some(id), Some(randomness)) = (frame.take(), frame.take::<7>()) else { return };
        let session = Session {
            id: *id,
            randomness: randomness.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
            previous_id: frame.take().copied(),
        };
        module().recorder.session(session, target(own, &mut frame));
    }

    /// An event that starts; `cause` and `parent`: -1, if there is none.
    #[unsafe(no_mangle)]
    extern "C" fn begin(
        number: f64,
        start_ms: f64,
        epoch: u32,
        role: u32,
        cause: f64,
        inferred: u32,
        parent: f64,
        root: f64,
    ) {
        module().recorder.begin(&Begin {
            number: number as u64,
            start_ms,
            epoch,
            role: role as u8,
            cause: some(cause),
            inferred: inferred != 0,
            parent: some(parent),
            root: root as u64,
        });
    }

    /// A link from an open event. Frame: trace and span id, text name of a kind of the app's own. `own`: what it points to, if
    /// that is of this page, or -1.
    #[unsafe(no_mangle)]
    extern "C" fn link(number: f64, kinds: u32, own: f64, length: usize) {
        let mut frame = frame(length);
        if let (Some(target), Some(name)) = (target(own, &mut frame), frame.text()) {
            module().recorder.link(number as u64, kinds, target, name);
        }
    }

    /// An open event that stays open for long. Frame: text name, attributes. Returns about how many bytes wait to be sealed.
    #[unsafe(no_mangle)]
    extern "C" fn long(number: f64, kind: u32, length: usize) -> usize {
        module().recorder.long(number as u64, kind, frame(length).0)
    }

    /// An open event will not be recorded.
    #[unsafe(no_mangle)]
    extern "C" fn cancel(number: f64) {
        module().recorder.cancel(number as u64);
    }

    /// An event ends. Frame: text name, attributes. Returns about how many bytes wait to be sealed; -1: this one was refused;
    /// -2: seal first, then call again.
    #[unsafe(no_mangle)]
    extern "C" fn finish(
        number: f64,
        duration_ms: f64,
        kind: u32,
        status: u32,
        demoted: u32,
        length: usize,
    ) -> i32 {
        let end = End { number: number as u64, duration_ms, kind, status, demoted: demoted != 0 };
        match module().recorder.finish(&end, frame(length).0) {
            Kept::Waiting(bytes) => bytes as i32,
            Kept::Refused => -1,
            Kept::SealFirst => -2,
        }
    }

    /// JavaScript had to give up so many. Frame: text reason.
    #[unsafe(no_mangle)]
    extern "C" fn dropped(count: f64, length: usize) {
        if let Some(reason) = frame(length).text() {
            module().recorder.dropped(reason, count as u64);
        }
    }

    /// Seals what waits; `page`: how it is. Returns the bytes of output: form, digest, body; 0: nothing waits.
    #[unsafe(no_mangle)]
    extern "C" fn seal(wall_ms: f64, page: u32) -> usize {
        let Module { recorder, acknowledged, output } = module();
        let body = recorder.seal(wall_ms, state(page), output);
        acknowledged.sealed(output, body);
        output.len()
    }

    /// The same, and what waits goes on waiting.
    #[unsafe(no_mangle)]
    extern "C" fn tail(wall_ms: f64, page: u32) -> usize {
        let Module { recorder, output, .. } = module();
        recorder.tail(wall_ms, state(page), output);
        output.len()
    }

    /// Frame: 16 bytes of seed. Returns the bytes of output: the head for one try to send.
    #[unsafe(no_mangle)]
    extern "C" fn head(
        form: u32,
        digest: u32,
        number: f64,
        send_time_ms: f64,
        epoch: u32,
        length: usize,
    ) -> usize {
        let output = &mut module().output;
        output.clear();
        let form = match form {
            0 => Form::Plain,
            1 => Form::Deflate,
            _ => Form::Behind,
        };
        if let Some(seed) = frame(length).take() {
            let (seed, number, send_time_ms) = (Seed(*seed), number as u64, send_time_ms as u64);
            Head { form, seed, digest, number, send_time_ms, epoch }.write(output);
        }
        output.len()
    }

    /// Of a sealed batch. Returns the bytes of output: what follows the head of form 2; 0: it has to be sent alone.
    #[unsafe(no_mangle)]
    extern "C" fn behind(digest: u32, number: f64) -> usize {
        let Module { acknowledged, output, .. } = module();
        acknowledged.behind(digest, number as u64, output);
        output.len()
    }

    /// Frame: the collector's answer to a batch. Returns the milliseconds to wait before sending again, or -1: that was no
    /// answer to this batch.
    #[unsafe(no_mangle)]
    extern "C" fn ack(digest: u32, number: f64, length: usize) -> f64 {
        let Module { acknowledged, .. } = module();
        acknowledged.answer(digest, number as u64, frame(length).0).map_or(-1.0, f64::from)
    }
}
