//! Both real halves: what a page's module sends behind earlier batches is what was sealed, or is asked for alone.

use proptest::prelude::*;
use weft_proto::{Ack, Batch, Event, Sealed, Seed, Session, encode, seal_body};
use weft_sdk::request::Acknowledged;

use super::{
    super::{Echo, Posted, batch, of_page},
    *,
};
use crate::metrics::Meters;

const LIMIT: usize = 1024 * 1024;
const SEED: Seed = Seed([7; 16]);

/// What becomes of a try to send a batch.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    Lost,
    /// It is durable, and its answer is lost.
    AnswerLost,
    /// It arrives twice, the second time after the batches behind it.
    Twice,
    /// It could not be made durable.
    Refused,
    /// The collector has been started anew before.
    Forgotten,
    /// The session was erased before.
    Erased,
    /// A byte of it is another one.
    Damaged(usize),
    /// Something in between answers.
    Portal,
}

fn fate() -> impl Strategy<Value = Fate> {
    let odd = prop_oneof![
        Just(Fate::Lost),
        Just(Fate::AnswerLost),
        Just(Fate::Twice),
        Just(Fate::Refused),
        Just(Fate::Forgotten),
        Just(Fate::Erased),
        any::<usize>().prop_map(Fate::Damaged),
        Just(Fate::Portal),
    ];
    prop_oneof![3 => Just(Fate::Arrives), 2 => odd]
}

struct Collector {
    key: Arc<str>,
    dictionaries: PageDictionaries,
    late: Vec<Vec<u8>>,
    behind: usize,
}

impl Collector {
    fn new(most: usize) -> Self {
        let dictionaries = PageDictionaries::new(most, &Arc::new(Meters::new()));
        Self { key: Arc::from("shop"), dictionaries, late: Vec::new(), behind: 0 }
    }

    fn decode(&self, request: &[u8]) -> Result<Posted, Reject> {
        of_page(request.to_vec().into(), LIMIT, &self.key, &self.dictionaries)
    }

    /// Takes a request, if it can: what it is must be what was sealed, and stand alone from then on.
    fn take(&mut self, request: &[u8], bodies: &[Vec<u8>], durable: bool) -> Result<Ack, Reject> {
        let Posted { echo, mut batches, earlier } = self.decode(request)?;
        let taken = batches.pop().unwrap();
        let body = &bodies[taken.head.number as usize];
        assert_eq!(taken.batch, weft_proto::decode(body).unwrap(), "what was sealed");
        assert_eq!(batch(&taken.bytes, LIMIT).unwrap(), (taken.head, taken.batch), "as the spool keeps it");
        let (sent, _) = Head::read(request).unwrap();
        assert_eq!(echo, Echo::Batch { digest: sent.digest, number: sent.number, policy: None });
        self.behind += usize::from(sent.form == Form::Behind);
        if durable {
            self.dictionaries.keep(&self.key, earlier);
        }
        Ok(Ack { digest: sent.digest, number: sent.number, wait_ms: 0 })
    }

    fn restart(&mut self) {
        let behind = self.behind;
        *self = Self { late: std::mem::take(&mut self.late), behind, ..Self::new(1 << 20) };
    }
}

/// A sealed batch as the module sees it.
struct Sending {
    number: u64,
    sealed: Sealed,
    behind: Vec<u8>,
}

impl Sending {
    fn new(page: &mut Acknowledged, number: u64, body: &[u8]) -> Self {
        let sealed = seal_body(body);
        let head = [&[sealed.form as u8][..], &sealed.digest.to_le_bytes(), &sealed.bytes].concat();
        page.sealed(&head, body.to_vec());
        let mut behind = Vec::new();
        page.behind(sealed.digest, number, &mut behind);
        Self { number, sealed, behind }
    }

    fn alone(&self) -> Vec<u8> {
        self.request(self.sealed.form, &self.sealed.bytes)
    }

    /// As it is tried for the first time.
    fn first(&self) -> Vec<u8> {
        if self.behind.is_empty() { self.alone() } else { self.request(Form::Behind, &self.behind) }
    }

    fn request(&self, form: Form, bytes: &[u8]) -> Vec<u8> {
        let Self { number, sealed: Sealed { digest, .. }, .. } = *self;
        let mut request = Vec::new();
        Head { form, seed: SEED, digest, number, send_time_ms: 1, epoch: 0 }.write(&mut request);
        request.extend_from_slice(bytes);
        request
    }

    /// Sends it until it is acknowledged.
    fn deliver(
        &self,
        to: &mut Collector,
        page: &mut Acknowledged,
        bodies: &[Vec<u8>],
        fates: &mut impl Iterator<Item = Fate>,
    ) {
        let mut request = self.first();
        loop {
            let fate = fates.next().unwrap_or(Fate::Arrives);
            let answer = meet(fate, to, &request, bodies);
            request = self.alone();
            if matches!(fate, Fate::Lost | Fate::AnswerLost) {
                continue;
            }
            if page.answer(self.sealed.digest, self.number, &answer).is_some() {
                return;
            }
        }
    }
}

fn meet(fate: Fate, to: &mut Collector, request: &[u8], bodies: &[Vec<u8>]) -> Vec<u8> {
    match fate {
        Fate::Lost => return Vec::new(),
        Fate::Portal => return b"<html>please log in</html>".to_vec(),
        Fate::Forgotten => to.restart(),
        Fate::Erased => to.dictionaries.forget(&to.key, &[9; 16]),
        Fate::Twice => to.late.push(request.to_vec()),
        Fate::Damaged(at) => return damaged(at, to, request),
        Fate::Arrives | Fate::AnswerLost | Fate::Refused => {}
    }
    let is_durable = !matches!(fate, Fate::Refused);
    match to.take(request, bodies, is_durable) {
        Ok(ack) if is_durable => ack.encode(),
        Ok(_) => Vec::new(),
        Err(reject) => {
            assert_eq!((reject, Form::Behind), (Reject::BaseUnknown, Head::read(request).unwrap().0.form));
            Vec::new()
        }
    }
}

/// Behind a head that is whole, damage is asked for again whatever it hits.
fn damaged(at: usize, to: &Collector, request: &[u8]) -> Vec<u8> {
    let (head, body) = Head::read(request).unwrap();
    let (from, mut request) = (request.len() - body.len(), request.to_vec());
    let at = from + at % body.len();
    request[at] ^= 1 << (at % 8);
    if head.form == Form::Behind {
        match to.decode(&request) {
            Err(reject) => assert_eq!(reject, Reject::BaseUnknown),
            Ok(posted) => assert_eq!(posted.batches[0].head.digest, head.digest, "nothing that mattered"),
        }
    }
    Vec::new()
}

/// The body of a batch with a few events, and much that other batches say too.
fn body(number: u64, events: u64) -> Vec<u8> {
    let mut batch = Batch::default();
    let name = batch.strings.intern(&format!("GET /products/{}", number % 7));
    let id = if number < 15 { [9; 16] } else { [10; 16] };
    batch.sessions = vec![Session { id, previous_id: None, randomness: number / 10 }];
    let event = |at| Event {
        number: number * 10 + at,
        name,
        session: Some(0),
        start_ns: 1_700_000_000_000_000_000 + (number * 10 + at) * 31_000_000,
        ..Event::default()
    };
    batch.events = (0..events).map(event).collect();
    encode(&batch)
}

proptest! {
    #[test]
    fn every_batch_is_what_was_sealed_or_is_asked_for_alone(
        fates in prop::collection::vec(fate(), 0..80),
        sizes in prop::collection::vec(1..9_u64, 1..40),
    ) {
        let (mut page, mut to) = (Acknowledged::default(), Collector::new(1 << 20));
        let bodies: Vec<_> = sizes.iter().zip(0..).map(|(events, number)| body(number, *events)).collect();
        let mut fates = fates.into_iter();
        for (number, body) in (0..).zip(&bodies) {
            let sending = Sending::new(&mut page, number, body);
            sending.deliver(&mut to, &mut page, &bodies, &mut fates);
            for late in std::mem::take(&mut to.late) {
                let taken = to.take(&late, &bodies, true);
                prop_assert!(matches!(taken, Ok(_) | Err(Reject::BaseUnknown)), "{:?}", taken);
            }
        }
    }
}

#[test]
fn on_a_good_day_all_but_the_first_stand_behind_others() {
    let (mut page, mut to) = (Acknowledged::default(), Collector::new(1 << 20));
    let bodies: Vec<_> = (0..200).map(|number| body(number, 5)).collect();
    for (number, body) in (0..).zip(&bodies) {
        let sending = Sending::new(&mut page, number, body);
        sending.deliver(&mut to, &mut page, &bodies, &mut std::iter::empty());
    }
    assert_eq!(to.behind, 199);
}

#[test]
fn where_nothing_is_kept_each_is_asked_for_alone() {
    let (mut page, mut to) = (Acknowledged::default(), Collector::new(0));
    let bodies: Vec<_> = (0..9).map(|number| body(number, 5)).collect();
    for (number, body) in (0..).zip(&bodies) {
        let sending = Sending::new(&mut page, number, body);
        sending.deliver(&mut to, &mut page, &bodies, &mut std::iter::empty());
    }
    assert_eq!(to.behind, 0);
}

#[test]
fn a_base_that_was_not_there_when_it_was_sealed_is_no_base() {
    let (mut page, mut to) = (Acknowledged::default(), Collector::new(1 << 20));
    let bodies = [body(0, 5), body(1, 5)];
    let first = Sending::new(&mut page, 0, &bodies[0]);
    first.deliver(&mut to, &mut page, &bodies, &mut std::iter::empty());
    let second = Sending::new(&mut page, 1, &bodies[1]).first();
    assert_eq!(Head::read(&second).unwrap().0.form, Form::Behind);
    // The same seed, from elsewhere.
    let other = of_page(second.clone().into(), LIMIT, &Arc::from("evil"), &to.dictionaries);
    assert_eq!(other.err(), Some(Reject::BaseUnknown));
    // What inflates beyond the limit is asked for alone, and refused then.
    let small = of_page(second.clone().into(), 10, &to.key, &to.dictionaries);
    assert_eq!(small.err(), Some(Reject::BaseUnknown));
    assert_eq!(batch(&second, LIMIT), Err(Reject::BaseUnknown), "nothing behind the door reads that form");
    for cut in 0..second.len() {
        assert!(to.decode(&second[..cut]).is_err(), "cut at {cut}");
    }
    to.take(&second, &bodies, true).unwrap();
}
