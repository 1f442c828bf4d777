//! What is deflated behind earlier batches is what was sealed, whatever the network and the collector do with it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod page;

use page::{MONDAY, NO_CAUSE, NONE, Page};
use proptest::prelude::*;
use weft_proto::{Ack, Base, Earlier, Form, OpenState, base::MAX_BASE_BYTES, digest, inflate};
use weft_sdk::request::Acknowledged;

/// What becomes of a try to send a batch.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Arrives,
    /// The collector has it, and its answer is lost.
    AnswerLost,
    Lost,
    /// It arrives twice, the second time after the batches behind it.
    Twice,
    /// The collector has been started anew before.
    Forgotten,
    /// Something in between answers.
    Portal,
}

/// A collector that keeps bodies of a page.
#[derive(Default)]
struct Collector {
    earlier: Earlier,
    late: Vec<(u64, Vec<u8>)>,
    /// Bodies it has, in the order in which they came.
    taken: Vec<(u64, Vec<u8>)>,
}

impl Collector {
    /// Takes a batch. `None`: it does not have what the batch stands behind.
    fn take(&mut self, number: u64, told: u32, form: Form, bytes: &[u8]) -> Option<Vec<u8>> {
        let (known, bytes) = match form {
            Form::Behind => {
                let (base, bytes) = Base::read(number, bytes).unwrap();
                (self.earlier.of(&base)?, bytes)
            }
            _ => (&[][..], bytes),
        };
        let body = inflate(form, known, bytes).ok()?.into_owned();
        if form == Form::Behind && digest(&body) != told {
            return None;
        }
        assert_eq!(digest(&body), told);
        self.earlier.keep(number, &body, MAX_BASE_BYTES);
        self.taken.push((number, body));
        Some(Ack { digest: told, number, wait_ms: 0 }.encode())
    }
}

/// Sends one batch until it is acknowledged. Returns how often it was sent behind others, and how many bytes that took.
fn deliver(
    collector: &mut Collector,
    acknowledged: &mut Acknowledged,
    number: u64,
    sealed: &[u8],
    fates: &mut impl Iterator<Item = Fate>,
) -> Option<usize> {
    let told = u32::from_le_bytes(*sealed[1..].first_chunk().unwrap());
    let alone = if sealed[0] == 0 { Form::Plain } else { Form::Deflate };
    let (mut behind, mut tried) = (Vec::new(), false);
    acknowledged.behind(told, number, &mut behind);
    let size = (!behind.is_empty()).then_some(behind.len());
    loop {
        let fate = fates.next().unwrap_or(Fate::Arrives);
        let (form, bytes) =
            if tried || behind.is_empty() { (alone, &sealed[5..]) } else { (Form::Behind, &behind[..]) };
        tried = true;
        if matches!(fate, Fate::Forgotten) {
            collector.earlier = Earlier::default();
        }
        let answer = match fate {
            Fate::Lost => continue,
            Fate::Portal => Some(b"<html>please log in</html>".to_vec()),
            _ => collector.take(number, told, form, bytes),
        };
        if matches!(fate, Fate::Twice) {
            collector.late.push((number, sealed.to_vec()));
        }
        if matches!(fate, Fate::AnswerLost) {
            continue;
        }
        let answer = answer.unwrap_or_default();
        if acknowledged.answer(told, number, &answer).is_some() {
            return size;
        }
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        6 => Just(Fate::Arrives),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Forgotten),
        1 => Just(Fate::Portal),
    ]
}

/// One event that is sealed: what is sent, and the body.
fn seal(page: &mut Page, number: u64) -> (Vec<u8>, Vec<u8>) {
    page.begin(number, MONDAY + number as f64 * 1_000.0, NONE, NO_CAUSE);
    let url = format!("https://shop.example/products/{}", number % 7);
    page.finish(number, "GET", &[("http.request.method", "GET"), ("url.full", &url)]).unwrap();
    let mut sealed = Vec::new();
    let body = page.0.seal(MONDAY, OpenState::Visible, &mut sealed);
    (sealed, body)
}

proptest! {
    #[test]
    fn whatever_the_network_does_every_batch_comes_as_it_was_sealed(
        fates in prop::collection::vec(fate(), 0..80),
        batches in 1..40_u64,
    ) {
        let (mut page, mut acknowledged, mut collector) = (Page::opened(), Acknowledged::default(), Collector::default());
        let mut fates = fates.into_iter();
        let mut bodies = Vec::new();
        for number in 0..batches {
            let (sealed, body) = seal(&mut page, number + 1);
            acknowledged.sealed(&sealed, body.clone());
            bodies.push(body);
            deliver(&mut collector, &mut acknowledged, number, &sealed, &mut fates);
            for (number, sealed) in std::mem::take(&mut collector.late) {
                let told = u32::from_le_bytes(*sealed[1..].first_chunk().unwrap());
                let form = if sealed[0] == 0 { Form::Plain } else { Form::Deflate };
                collector.take(number, told, form, &sealed[5..]);
            }
        }
        for (number, body) in &collector.taken {
            prop_assert_eq!(body, &bodies[*number as usize]);
        }
        let all: std::collections::BTreeSet<u64> = collector.taken.iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(all.len() as u64, batches);
    }
}

#[test]
fn a_batch_behind_others_is_a_fraction_of_itself() {
    let (mut page, mut acknowledged, mut collector) =
        (Page::opened(), Acknowledged::default(), Collector::default());
    let mut sizes = Vec::new();
    for number in 0..20 {
        let (sealed, body) = seal(&mut page, number + 1);
        acknowledged.sealed(&sealed, body);
        let behind = deliver(&mut collector, &mut acknowledged, number, &sealed, &mut std::iter::empty());
        sizes.push((sealed.len() - 5, behind));
    }
    assert_eq!(sizes[0].1, None, "the first is behind nothing");
    assert!(sizes[1..].iter().all(|(alone, behind)| behind.unwrap() < alone * 2 / 3), "{sizes:?}");
}

#[test]
fn a_collector_that_never_has_the_base_is_asked_twice_and_no_more() {
    let (mut page, mut acknowledged, mut collector) =
        (Page::opened(), Acknowledged::default(), Collector::default());
    let tries = (0..20).filter(|number| {
        let (sealed, body) = seal(&mut page, number + 1);
        acknowledged.sealed(&sealed, body);
        let mut forgetful = std::iter::repeat(Fate::Forgotten);
        deliver(&mut collector, &mut acknowledged, *number, &sealed, &mut forgetful).is_some()
    });
    assert_eq!(tries.count(), 2);
}

#[test]
fn after_a_batch_whose_body_is_gone_the_base_begins_anew() {
    let (mut page, mut acknowledged, mut collector) =
        (Page::opened(), Acknowledged::default(), Collector::default());
    let mut sealed = Vec::new();
    // The third is sealed before the second is acknowledged.
    for numbers in [vec![0], vec![1, 2], vec![3]] {
        for number in &numbers {
            let (bytes, body) = seal(&mut page, number + 1);
            acknowledged.sealed(&bytes, body);
            sealed.push(bytes);
        }
        for number in numbers {
            let mut good = std::iter::empty();
            let behind =
                deliver(&mut collector, &mut acknowledged, number, &sealed[number as usize], &mut good);
            assert_eq!(behind.is_some(), number == 2 || number == 3, "{number}");
        }
    }
    let numbers: Vec<_> = collector.taken.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [0, 1, 2, 3], "each once: nothing was asked for again");
}
