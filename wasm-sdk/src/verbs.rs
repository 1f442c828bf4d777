//! What a policy makes of an event that ends: kept, or dropped, merged with others, left out. Compiled twice: into a module of
//! its own, which pages fetch when a collector gives them a policy, and natively, for `weft policy` and tests.
//!
//! The verbs and the order in which they are asked are in `docs/policy.md`. What an event is not by itself (page, view, what
//! the SDK says of itself) is never taken: links lead there.

pub mod document;

mod again;
mod budget;
mod flight;
mod glob;
mod group;
mod histogram;
mod scrubbed;
mod seen;
mod summary;

use alloc::{collections::VecDeque, vec::Vec};

use self::{
    again::Again,
    document::{Policy, Sort, Verb},
    flight::Flight,
    group::Groups,
    seen::Seen,
};
pub use self::{flight::LetGo, scrubbed::Scrubbed, seen::Ended, summary::Summary};

/// What becomes of an event, in the order of [`VERBS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// It is recorded.
    Keep = 0,
    /// It is not.
    Drop,
    /// It is the same as an earlier one: counted, and told with [`Engine::summary`].
    Dedupe,
    /// It is counted among its like, the same.
    Aggregate,
    /// Its session is not among those that keep it.
    Sample,
    /// The bytes of the page or the day are spent.
    Budget,
    /// Its session is not among those that keep it, but it may be recorded yet: see [`Engine::let_go`].
    Hold,
    /// The same, and it is recorded, because something has gone wrong just before.
    Flight,
}

/// Names of all that is done to events, by which it is counted: the closed list. The first counts nothing.
pub const VERBS: [&str; 6] = ["keep", "drop", "dedupe", "aggregate", "sample", "budget"];

/// What a policy is applied with, beside the event itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// Milliseconds since 1970.
    pub wall_ms: f64,
    /// Bytes that the page has sent.
    pub page_bytes: f64,
    /// Bytes that the browser has sent this day, those of this page among them.
    pub day_bytes: f64,
}

/// A policy at work in one page.
#[derive(Debug, Default)]
pub struct Engine {
    policy: Policy,
    /// What was drawn for the session, from 0 up to and without 1: kept at a rate are those not below 1 - rate.
    draw: f64,
    route: Vec<u8>,
    /// An error or something slow has happened: nothing is sampled any more.
    upgraded: bool,
    /// Milliseconds around what goes wrong in which nothing is sampled; 0: there is no flight recorder.
    window_ms: u64,
    flight: Flight,
    again: Again,
    groups: Groups,
    due: VecDeque<Summary>,
}

impl Engine {
    /// Nothing has happened. `draw`: what was drawn for the session.
    #[must_use]
    pub fn new(policy: Policy, draw: f64) -> Self {
        let mut engine = Self::default();
        engine.change(policy, draw);
        engine
    }

    /// Another policy holds from here on; what was merged under the one before is due.
    pub fn change(&mut self, policy: Policy, draw: f64) {
        self.settle(f64::INFINITY, true);
        let flights = policy.verbs.iter().filter(|verb| verb.sort == Sort::Flight);
        self.window_ms = flights.map(|verb| verb.number).max().unwrap_or(0);
        self.policy = policy;
        self.draw = draw;
    }

    /// The same, if it is another path than before; whether it is.
    pub fn moves_to(&mut self, path: &[u8]) -> bool {
        let moves = crate::policy::scrub(b"url.path", path) != self.route;
        if moves {
            self.route(path);
        }
        moves
    }

    /// The view that begins has this path.
    pub fn route(&mut self, path: &[u8]) {
        self.groups.settle(&mut self.due);
        self.route = crate::policy::scrub(b"url.path", path);
    }

    /// What becomes of an event. `frame`: its name and attributes, as the recorder takes them.
    pub fn decide(&mut self, ended: &Ended, now: &Now, frame: &[u8]) -> Verdict {
        let Some(seen) = Seen::read(*ended, frame) else { return Verdict::Keep };
        if seen.is_of_page() {
            return Verdict::Keep;
        }
        let mut recorded = Verdict::Keep;
        for at in 0..self.policy.verbs.len() {
            let Some(verb) = self.policy.verbs.get(at) else { break };
            if !seen.matches(&verb.when, &self.route) {
                continue;
            }
            let verdict = match verb.sort {
                Sort::Keep => return Verdict::Keep,
                Sort::Upgrade => {
                    self.upgraded = true;
                    continue;
                }
                Sort::Flight => {
                    self.flight.keep(now.wall_ms, verb.number);
                    continue;
                }
                Sort::Drop => Verdict::Drop,
                Sort::Dedupe => self.again.look(verb, &seen, now.wall_ms, &mut self.due),
                Sort::Aggregate => self.groups.add(verb, at, &seen, now.wall_ms, &mut self.due),
                Sort::Sample => sampled(verb, &seen, self.draw, self.upgraded),
                Sort::Budget => budget::look(verb, &seen, now),
                Sort::Scrub => continue,
            };
            match verdict {
                Verdict::Keep => {}
                Verdict::Sample if self.flight.is_on(now.wall_ms) => recorded = Verdict::Flight,
                Verdict::Sample if self.window_ms > 0 => {
                    self.flight.hold(ended.number, frame.len(), now.wall_ms, self.window_ms);
                    return Verdict::Hold;
                }
                _ => return verdict,
            }
        }
        recorded
    }

    /// Whether [`Self::let_go`] has something to say.
    #[must_use]
    pub fn lets_go(&self) -> bool {
        self.flight.is_due()
    }

    /// Which events are held no longer, the oldest first: of those that were to be held each is told once, at the latest
    /// when all is settled.
    pub fn let_go(&mut self) -> Vec<LetGo> {
        self.flight.let_go_of()
    }

    /// Whether it has a flight recorder.
    #[must_use]
    pub fn has_flight(&self) -> bool {
        self.window_ms > 0
    }

    /// Name and attributes of an event without what the policy takes out of them; `None`: all of it may stay.
    #[must_use]
    pub fn scrub(&self, frame: &[u8]) -> Option<Scrubbed> {
        scrubbed::scrub(&self.policy, &self.route, frame)
    }

    /// What was merged and is due: `all` of it, or what has been counted for as long as its verb says.
    pub fn settle(&mut self, wall_ms: f64, all: bool) {
        self.again.settle(wall_ms, all, &mut self.due);
        if all {
            self.flight.end();
            self.groups.settle(&mut self.due);
        } else {
            self.groups.settle_old(wall_ms, &mut self.due);
        }
    }

    /// The next of what is due.
    pub fn summary(&mut self) -> Option<Summary> {
        self.due.pop_front()
    }

    /// Bytes that may be sent: of a page and of a day; 0: as many as it likes.
    #[must_use]
    pub fn is_counting_days(&self) -> bool {
        self.policy.verbs.iter().any(|verb| verb.sort == Sort::Budget && verb.more > 0)
    }
}

/// Rates are parts of so many.
pub const WHOLE: u64 = 10_000;

/// OpenTelemetry's consistent probability sampling: whoever keeps at a rate keeps at every greater one.
fn sampled(verb: &Verb, seen: &Seen<'_>, draw: f64, upgraded: bool) -> Verdict {
    let threshold = 1.0 - verb.number as f64 / WHOLE as f64;
    if upgraded || seen.failed() || draw >= threshold { Verdict::Keep } else { Verdict::Sample }
}
