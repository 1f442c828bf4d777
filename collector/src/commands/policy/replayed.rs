//! A recorded visit, played to the SDK's own recorder under a policy, by the code that pages run.

use std::collections::BTreeMap;

use weft_proto::{Ack, Form, Head, OpenState, Seed, Session};
use weft_sdk::{
    record::{Begin, End, Kept, Recorder},
    request::Acknowledged,
    verbs::{Ended, Engine, Now, Summary, VERBS, Verdict, document::Policy},
};

use super::recorded::{Event, Recorded};

/// What became of it.
#[derive(Default)]
pub(super) struct Replayed {
    pub(super) kept: usize,
    pub(super) errors: usize,
    pub(super) summaries: usize,
    pub(super) scrubbed: usize,
    /// Of all requests.
    pub(super) bytes: usize,
    /// By verb and name.
    pub(super) taken: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

/// A page in which it happens again.
struct Page {
    engine: Engine,
    recorder: Recorder,
    acknowledged: Acknowledged,
    batch: usize,
    waiting: usize,
    sent: u64,
    next: u64,
    now_ms: f64,
    replayed: Replayed,
}

/// Of a mark, in the role of an event.
const MARK: u8 = 8;

/// The middle of what may be drawn for a session: it keeps what is kept at a half and more.
const DRAW: f64 = 0.5;

impl Replayed {
    /// `batch`: how many events a request has.
    pub(super) fn under(recorded: &Recorded, policy: Policy, batch: usize) -> Self {
        let mut page = Page {
            engine: Engine::new(policy, DRAW),
            recorder: Recorder::new(),
            acknowledged: Acknowledged::new(),
            batch,
            waiting: 0,
            sent: 0,
            next: recorded.events.len() as u64,
            now_ms: 0.0,
            replayed: Self::default(),
        };
        page.recorder.session(Session { id: [7; 16], previous_id: None, randomness: 1 << 55 }, None);
        for (ends, at) in moments(recorded) {
            let Some(event) = recorded.events.get(at) else { continue };
            if ends { page.ends(at, event, recorded) } else { page.begins(at, event, recorded) }
        }
        page.settle(recorded);
        page.seal();
        page.replayed
    }
}

/// Which event begins or ends, in the order of time.
fn moments(recorded: &Recorded) -> Vec<(bool, usize)> {
    let mut all = Vec::new();
    for (at, event) in recorded.events.iter().enumerate() {
        all.push((event.start_ms, false, at));
        all.push((event.start_ms + event.duration_ms, true, at));
    }
    // Of what happens at once, beginnings come first.
    all.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    all.into_iter().map(|(_, ends, at)| (ends, at)).collect()
}

impl Page {
    fn begins(&mut self, at: usize, event: &Event, recorded: &Recorded) {
        if let Some(path) = &event.path {
            self.moves(path);
        }
        self.begin(at, event, recorded);
    }

    fn begin(&mut self, at: usize, event: &Event, recorded: &Recorded) {
        let mut root = at;
        // Whoever recorded it may have made a circle.
        for _ in 0..recorded.events.len() {
            match recorded.events.get(root).and_then(|event| event.parent) {
                Some(above) => root = above,
                None => break,
            }
        }
        self.recorder.begin(&Begin {
            number: at as u64,
            start_ms: event.start_ms,
            epoch: 0,
            role: u8::from(at == 0),
            cause: None,
            inferred: false,
            parent: event.parent.map(|parent| parent as u64),
            root: root as u64,
        });
    }

    fn moves(&mut self, path: &str) {
        if self.engine.moves_to(path.as_bytes()) {
            self.tell();
        }
    }

    fn ends(&mut self, at: usize, event: &Event, recorded: &Recorded) {
        self.now_ms = event.start_ms + event.duration_ms;
        let ended = Ended { number: at as u64, duration_ms: event.duration_ms, failed: event.failed() };
        let now = Now { wall_ms: self.now_ms, page_bytes: self.replayed.bytes as f64, ..Now::default() };
        let verdict = self.engine.decide(&ended, &now, event.frame.bytes());
        self.let_go(recorded);
        match verdict {
            Verdict::Keep | Verdict::Flight => self.keeps(at, event),
            Verdict::Hold => self.recorder.cancel(at as u64),
            _ => {
                self.recorder.cancel(at as u64);
                self.takes(verdict, event);
            }
        }
        self.tell();
    }

    /// What was held: recorded after all, or what sampling takes.
    fn let_go(&mut self, recorded: &Recorded) {
        for let_go in self.engine.let_go() {
            let at = let_go.number as usize;
            let Some(event) = recorded.events.get(at) else { continue };
            if let_go.recorded {
                self.begin(at, event, recorded);
                self.keeps(at, event);
            } else {
                self.takes(Verdict::Sample, event);
            }
        }
    }

    fn keeps(&mut self, at: usize, event: &Event) {
        let frame = event.frame.bytes();
        let changed = self.engine.scrub(frame).and_then(|changes| changes.apply(frame));
        self.replayed.scrubbed += usize::from(changed.is_some());
        self.replayed.kept += 1;
        self.replayed.errors += usize::from(event.failed());
        let end = End {
            number: at as u64,
            duration_ms: event.duration_ms,
            kind: event.kind,
            status: event.status,
            demoted: false,
        };
        self.finish(&end, changed.as_deref().unwrap_or(frame));
    }

    fn takes(&mut self, verdict: Verdict, event: &Event) {
        let verb = VERBS.get(verdict as usize).copied().unwrap_or_default();
        self.recorder.dropped(format!("policy_{verb}").as_bytes(), 1);
        *self.replayed.taken.entry(verb).or_default().entry(event.name.clone()).or_default() += 1;
    }

    fn finish(&mut self, end: &End, frame: &[u8]) {
        if self.recorder.finish(end, frame) == Kept::SealFirst {
            self.seal();
            self.recorder.finish(end, frame);
        }
        self.waiting += 1;
        if self.waiting >= self.batch {
            self.engine.settle(self.now_ms, false);
            self.tell();
            self.seal();
        }
    }

    /// All that was merged, as when a page is hidden.
    fn settle(&mut self, recorded: &Recorded) {
        self.engine.settle(self.now_ms, true);
        self.let_go(recorded);
        self.tell();
    }

    fn tell(&mut self) {
        while let Some(summary) = self.engine.summary() {
            self.tell_of(&summary);
        }
    }

    fn tell_of(&mut self, summary: &Summary) {
        let number = self.next;
        self.next += 1;
        self.recorder.begin(&Begin {
            number,
            start_ms: self.now_ms,
            epoch: 0,
            role: MARK,
            cause: Some(summary.first),
            inferred: false,
            parent: None,
            root: number,
        });
        self.replayed.summaries += 1;
        let end = End { number, duration_ms: 0.0, kind: 1, status: 0, demoted: false };
        self.recorder.finish(&end, &summary.frame());
        self.waiting += 1;
    }

    /// As it is sent by a page whose batches are acknowledged.
    fn seal(&mut self) {
        let (mut sealed, mut behind, mut head) = (Vec::new(), Vec::new(), Vec::new());
        let body = self.recorder.seal(self.now_ms, OpenState::Visible, &mut sealed);
        self.waiting = 0;
        let Some((digest, alone)) = sealed.get(1..).and_then(<[u8]>::split_first_chunk) else { return };
        let (digest, number) = (u32::from_le_bytes(*digest), self.sent);
        let length = alone.len();
        self.acknowledged.sealed(&sealed, body);
        self.acknowledged.behind(digest, number, &mut behind);
        let (seed, send_time_ms) = (Seed([1; 16]), self.now_ms as u64);
        Head { form: Form::Behind, seed, digest, number, send_time_ms, epoch: 0 }.write(&mut head);
        self.replayed.bytes += head.len() + if behind.is_empty() { length } else { behind.len() };
        self.acknowledged.answer(digest, number, &Ack { digest, number, wait_ms: 0 }.encode());
        self.sent += 1;
    }
}
