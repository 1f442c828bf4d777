//! The flight recorder: what sampling takes is held for a while, and recorded after all if something goes wrong meanwhile; and
//! for as long behind that, sampling takes nothing.

use alloc::{collections::VecDeque, vec::Vec};
use core::mem;

/// Events, and bytes of their names and attributes, that are held at once. The oldest make room.
const MAX_EVENTS: usize = 200;
const MAX_BYTES: usize = 64 * 1024;

/// An event that is held no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LetGo {
    /// Its number.
    pub number: u64,
    /// Whether it is recorded after all.
    pub recorded: bool,
}

#[derive(Debug)]
struct Held {
    number: u64,
    wall_ms: f64,
    bytes: usize,
}

/// Of a page.
#[derive(Debug, Default)]
pub(super) struct Flight {
    held: VecDeque<Held>,
    bytes: usize,
    /// Milliseconds since 1970, until which everything is kept.
    until_ms: f64,
    due: Vec<LetGo>,
}

impl Flight {
    /// Whether something has gone wrong lately.
    pub(super) fn is_on(&self, wall_ms: f64) -> bool {
        wall_ms < self.until_ms
    }

    /// An event that sampling takes, of so many bytes.
    pub(super) fn hold(&mut self, number: u64, bytes: usize, wall_ms: f64, window_ms: u64) {
        self.held.push_back(Held { number, wall_ms, bytes });
        self.bytes += bytes;
        while self.held.len() > MAX_EVENTS
            || self.bytes > MAX_BYTES
            || self.held.front().is_some_and(|held| held.wall_ms < wall_ms - window_ms as f64)
        {
            self.let_go(false);
        }
    }

    /// Something has gone wrong: what happened in the time before is recorded, and what happens as long behind it.
    pub(super) fn keep(&mut self, wall_ms: f64, window_ms: u64) {
        let window_ms = window_ms as f64;
        self.until_ms = self.until_ms.max(wall_ms + window_ms);
        while let Some(held) = self.held.front() {
            self.let_go(held.wall_ms >= wall_ms - window_ms);
        }
    }

    /// Nothing is held any more.
    pub(super) fn end(&mut self) {
        while !self.held.is_empty() {
            self.let_go(false);
        }
    }

    /// What is held no longer since this was asked last, the oldest first.
    pub(super) fn let_go_of(&mut self) -> Vec<LetGo> {
        mem::take(&mut self.due)
    }

    pub(super) fn is_due(&self) -> bool {
        !self.due.is_empty()
    }

    fn let_go(&mut self, recorded: bool) {
        if let Some(Held { number, bytes, .. }) = self.held.pop_front() {
            self.bytes -= bytes;
            self.due.push(LetGo { number, recorded });
        }
    }
}
