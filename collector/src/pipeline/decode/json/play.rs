//! Calls → the recorder → sealed batches, each with its head: what the page would have posted with its module.

use std::collections::HashSet;

use weft_proto::{Form, Head, Seed};
use weft_sdk::{
    record::{Kept, Recorder},
    write::FrameWriter,
};

use super::body::{Begin, Body, Call, Finish, Link, Long, Session};

/// Every batch that the calls become.
pub(super) fn all(body: &Body<'_>) -> Vec<Vec<u8>> {
    let mut page =
        Page { recorder: Recorder::new(&body.seed.0), body, begun: HashSet::new(), sealed: Vec::new() };
    page.recorder.resource(FrameWriter::default().attributes(&body.resource.0).bytes());
    for (reason, count) in &body.dropped.0 {
        page.recorder.dropped(FrameWriter::default().text(reason).float(*count as f64).bytes());
    }
    for call in &body.calls {
        page.play(call);
    }
    page.seal();
    page.sealed
}

struct Page<'a> {
    recorder: Recorder,
    body: &'a Body<'a>,
    begun: HashSet<u64>,
    sealed: Vec<Vec<u8>>,
}

impl Page<'_> {
    fn play(&mut self, call: &Call<'_>) {
        match call {
            Call::Session(session) => self.recorder.session(of_session(session).bytes()),
            // An event begins once: what a page said before, so that the rest makes sense, is no second one.
            Call::Begin(begin) if !self.begun.insert(begin.number.0) => {}
            Call::Begin(begin) => self.recorder.begin(of_begin(begin).bytes()),
            Call::Link(link) => self.recorder.link(of_link(link).bytes()),
            Call::Long(long) => {
                self.recorder.long(of_long(long).bytes());
            }
            Call::Cancel(number) => self.recorder.cancel(named(number.0).bytes()),
            Call::Finish(finish) => self.finish(finish),
        }
    }

    fn finish(&mut self, finish: &Finish<'_>) {
        let frame = of_finish(finish);
        if self.recorder.finish(frame.bytes()) == Kept::SealFirst {
            self.seal();
            // An empty batch takes any event, and what is refused is counted by the recorder.
            self.recorder.finish(frame.bytes());
        }
    }

    fn seal(&mut self) {
        let when = FrameWriter::default().float(self.body.sent.0 as f64).byte(self.body.state.0 as u8);
        let mut out = Vec::new();
        self.recorder.seal(when.bytes(), &mut out);
        self.sealed.extend(self.with_head(&out));
    }

    fn with_head(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (form, rest) = sealed.split_first()?;
        let (digest, body) = rest.split_first_chunk()?;
        let head = Head {
            form: if *form == Form::Plain as u8 { Form::Plain } else { Form::Deflate },
            seed: Seed(self.body.seed.0),
            digest: u32::from_le_bytes(*digest),
            number: self.body.number.0,
            send_time_ms: self.body.sent.0,
            epoch: self.body.epoch,
        };
        let mut bytes = Vec::with_capacity(40 + body.len());
        head.write(&mut bytes);
        bytes.extend_from_slice(body);
        Some(bytes)
    }
}

fn named(number: u64) -> FrameWriter {
    FrameWriter::default().float(number as f64)
}

fn of_session(session: &Session) -> FrameWriter {
    let previous = session.previous.as_ref().map(|id| id.0);
    let root = session.root.as_ref().map(|ids| ids.0);
    let frame = FrameWriter::default().raw(&session.id.0);
    let frame = frame.byte(previous.is_some().into()).raw(&previous.unwrap_or_default());
    frame.raw(&session.randomness.0).byte(root.is_some().into()).raw(&root.unwrap_or([0; 24]))
}

fn of_begin(begin: &Begin) -> FrameWriter {
    let frame =
        named(begin.number.0).float(begin.start).word(begin.epoch).byte(begin.role).float(begin.cause);
    frame.byte(begin.inferred.into()).float(begin.parent).float(begin.root.0 as f64)
}

fn of_link(link: &Link<'_>) -> FrameWriter {
    named(link.number.0).word(link.kinds).raw(&link.to.0).text(&link.name.0)
}

fn of_long(long: &Long<'_>) -> FrameWriter {
    named(long.number.0).byte(long.kind).text(&long.name.0).attributes(&long.attributes.0)
}

fn of_finish(finish: &Finish<'_>) -> FrameWriter {
    let frame = named(finish.number.0).float(finish.duration).byte(finish.kind).byte(finish.status);
    frame.byte(finish.demoted.into()).text(&finish.name.0).attributes(&finish.attributes.0)
}
