//! The ABI of the module that applies a policy (`verbs.rs`), which pages fetch that a collector has given one. As that of
//! the recorder: numbers are arguments, the rest is a frame, and what comes back as bytes lies at `output()`. The other side
//! is `js/verbs.ts`.

use alloc::vec::Vec;
use core::cell::UnsafeCell;

use weft_proto::{Ack, digest};

use crate::{
    cell::{OneThread, frame},
    verbs::{Ended, Engine, Now, document::Policy},
};

struct Module {
    /// Made with the first policy.
    engine: Option<Engine>,
    output: Vec<u8>,
    /// How long the frame is that `decide` was given: it is still in the buffer.
    decided: usize,
}

static MODULE: OneThread<Module> =
    OneThread(UnsafeCell::new(Module { engine: None, output: Vec::new(), decided: 0 }));

fn module() -> &'static mut Module {
    // SAFETY: one thread, and no exported function calls another or JavaScript while it holds this.
    unsafe { &mut *MODULE.0.get() }
}

/// Where the bytes lie that the last function returned.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const u8 {
    module().output.as_ptr()
}

/// Frame: the collector's answer to a batch. Returns the bytes of output: the policy in it; -1: it says nothing of that.
#[unsafe(no_mangle)]
extern "C" fn told(length: usize) -> i32 {
    let Some(policy) = Ack::policy_in(frame(length).0) else { return -1 };
    module().output = policy.to_vec();
    policy.len() as i32
}

/// Frame: a policy. What it is called in the heads of requests.
#[unsafe(no_mangle)]
extern "C" fn name(length: usize) -> u32 {
    digest(frame(length).0)
}

/// Frame: a policy, which holds from here on; `draw` and `stage`: what was drawn for the session. Returns 0: it is in force;
/// 1: it says that nothing is recorded; 2: it is in force, and has a flight recorder; -1: it is not understood, and the one
/// before holds on.
#[unsafe(no_mangle)]
extern "C" fn engage(draw: f64, stage: f64, length: usize) -> i32 {
    let Some(policy) = Policy::decode(frame(length).0) else { return -1 };
    let (holds, off) = (policy.holds_for(stage), policy.off);
    let policy = if holds { policy } else { Policy::default() };
    let engine = module().engine.get_or_insert_default();
    engine.change(policy, draw);
    if holds && off { 1 } else { 2 * i32::from(engine.has_flight()) }
}

/// Frame: text path of the view that begins.
#[unsafe(no_mangle)]
extern "C" fn route(length: usize) {
    if let (Some(engine), Some(path)) = (&mut module().engine, frame(length).text()) {
        engine.route(path);
    }
}

/// An event ends. Frame: text name, attributes. Returns what becomes of it, by its place in `VERBS`; 6: it is held; 7: it is
/// kept for the flight recorder alone; and 8 more: `let_go` has something to say.
#[unsafe(no_mangle)]
extern "C" fn decide(
    number: f64,
    duration_ms: f64,
    failed: u32,
    wall_ms: f64,
    page_bytes: f64,
    day_bytes: f64,
    length: usize,
) -> i32 {
    let Module { engine: Some(engine), decided, .. } = module() else { return 0 };
    *decided = length;
    let ended = Ended { number: number as u64, duration_ms, failed: failed != 0 };
    let verdict = engine.decide(&ended, &Now { wall_ms, page_bytes, day_bytes }, frame(length).0);
    verdict as i32 | i32::from(engine.lets_go()) << 3
}

/// Returns the bytes of output: of each event that is held no longer its number (f64), and a byte 1: it is recorded, or 0.
#[unsafe(no_mangle)]
extern "C" fn let_go() -> usize {
    let Module { engine, output, .. } = module();
    output.clear();
    for let_go in engine.iter_mut().flat_map(Engine::let_go) {
        output.extend_from_slice(&(let_go.number as f64).to_le_bytes());
        output.push(let_go.recorded.into());
    }
    output.len()
}

/// Frame: text name, attributes; empty: that of `decide` just before. Returns the bytes of output: of each attribute that changes its key, and a text behind a
/// byte 1, or a byte 0: it goes.
#[unsafe(no_mangle)]
extern "C" fn scrub(length: usize) -> usize {
    let Module { engine, output, decided } = module();
    output.clear();
    let length = if length == 0 { *decided } else { length };
    if let Some(changes) = engine.as_ref().and_then(|engine| engine.scrub(frame(length).0)) {
        changes.write(output);
    }
    output.len()
}

/// Makes due what was merged: `all` of it, or what has been counted for as long as its verb says.
#[unsafe(no_mangle)]
extern "C" fn settle(wall_ms: f64, all: u32) {
    if let Some(engine) = &mut module().engine {
        engine.settle(wall_ms, all != 0);
    }
}

/// Returns the bytes of output: of what is due next the number of the event that was kept (f64), and a frame: text name,
/// attributes. 0: nothing is due.
#[unsafe(no_mangle)]
extern "C" fn summary() -> usize {
    let Module { engine, output, .. } = module();
    output.clear();
    if let Some(summary) = engine.as_mut().and_then(Engine::summary) {
        output.extend_from_slice(&(summary.first as f64).to_le_bytes());
        output.extend_from_slice(&summary.frame());
    }
    output.len()
}
