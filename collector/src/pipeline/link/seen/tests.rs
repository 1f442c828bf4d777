//! Links by rules against a naive reference: whatever order events come in, each pair counts once.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    config::{Rule, To},
    pipeline::{
        link::look::{Beside, Look, Shared},
        spool::Missing,
    },
};

mod gaps;

/// An event by its position in the history; when it begins, which trace it is of, and when it comes.
#[derive(Clone, Debug)]
struct Past {
    start: u64,
    trace: u8,
    ends: Ends,
}

impl Past {
    fn new(start: u64, trace: u8) -> Self {
        Self { start, trace, ends: Ends::BOTH }
    }
}

const WITHIN_NS: u64 = 40_000_000_000;

fn look(to: To, ends: Ends) -> Look {
    let within = Duration::from_nanos(WITHIN_NS);
    let rule = Rule {
        name: "cart".into(),
        by: Vec::new(),
        to,
        within,
        on_server: false,
        where_from: None,
        where_to: None,
    };
    Look { rule: Arc::new(rule), shared: Shared([0; 16]), ends, beside: Beside::Nothing }
}

fn candidate(at: usize, past: &Past, to: To) -> Candidate {
    let mut span_id = [0; 8];
    span_id[7] = at as u8 + 1;
    Candidate {
        at: at as u64,
        trace_id: [past.trace + 1; 16],
        span_id,
        start_ns: past.start * 1_000_000_000,
        seq: at as u64,
        page: None,
        looks: vec![look(to, past.ends)],
        bytes: 0,
    }
}

fn take(seen: &mut Seen, candidate: &Candidate) {
    seen.add(candidate, candidate.looks[0].ends);
}

/// Who is linked to whom: the later one first, whichever of the two carries the link.
type Pairs = BTreeSet<(u8, u8)>;

fn pair(from: &Candidate, found: &Found) -> (u8, u8) {
    let (from, to) = (from.span_id[7], found.span_id[7]);
    if found.is == How::Late { (to, from) } else { (from, to) }
}

/// For each event the one before it, the first or all, of another trace and near enough; by looking at all of them.
fn naive(all: &[Candidate], to: To) -> Pairs {
    let mut pairs = Pairs::new();
    for event in all {
        let near = all.iter().filter(|other| {
            order_of(other) < order_of(event)
                && event.looks[0].ends.from
                && other.looks[0].ends.to
                && other.trace_id != event.trace_id
                && other.start_ns + WITHIN_NS >= event.start_ns
        });
        let mut near: Vec<_> = near.collect();
        near.sort_by_key(|other| order_of(other));
        let wanted: Vec<_> = match to {
            To::Previous => near.into_iter().rev().take(1).collect(),
            To::First => near.into_iter().take(1).collect(),
            To::All => near,
            To::Request | To::Unshared => Vec::new(),
        };
        pairs.extend(wanted.iter().map(|other| (event.span_id[7], other.span_id[7])));
    }
    pairs
}

/// Events come in this order; each leaves when so many more have come.
fn linked(all: &[Candidate], order: &[usize], waits: usize) -> Vec<(u8, u8)> {
    let (mut seen, mut pairs) = (Seen::default(), Vec::new());
    let decide = |seen: &mut Seen, at: usize, now: usize, pairs: &mut Vec<(u8, u8)>| {
        let event = &all[order[at]];
        let mut found = Vec::new();
        seen.find(event, &event.looks[0], at as u64 + 1, &Missing::default(), &mut found);
        pairs.extend(found.iter().map(|found| pair(event, found)));
        seen.leaves(event, &event.looks[0], Some(now as u64 + 1));
    };
    for now in 0..order.len() {
        take(&mut seen, &all[order[now]]);
        // What comes twice changes nothing.
        take(&mut seen, &all[order[now]]);
        if let Some(at) = now.checked_sub(waits) {
            decide(&mut seen, at, now, &mut pairs);
        }
    }
    let last = order.len() - 1;
    (order.len().saturating_sub(waits)..order.len()).for_each(|at| decide(&mut seen, at, last, &mut pairs));
    pairs
}

fn history() -> impl Strategy<Value = (Vec<Past>, Vec<usize>)> {
    let ends = prop_oneof![3 => Just(Ends::BOTH), 1 => Just(Ends::FROM), 1 => Just(Ends::TO)];
    let past = (0..60_u64, 0..12_u8, ends).prop_map(|(start, trace, ends)| Past { start, trace, ends });
    prop::collection::vec(past, 1..30).prop_flat_map(|history| {
        let order: Vec<_> = (0..history.len()).collect();
        (Just(history), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn whatever_comes_while_all_wait_links_are_those_of_the_reference((history, order) in history()) {
        for to in [To::Previous, To::First, To::All] {
            let all: Vec<_> = history.iter().enumerate().map(|(at, past)| candidate(at, past, to)).collect();
            let pairs = linked(&all, &order, all.len());
            prop_assert_eq!(pairs.len(), pairs.iter().collect::<BTreeSet<_>>().len(), "a pair counts once");
            prop_assert_eq!(pairs.into_iter().collect::<Pairs>(), naive(&all, to));
        }
    }

    #[test]
    fn however_late_an_event_comes_every_pair_of_neighbours_is_linked_once(
        (history, order) in history(),
        waits in 0..6_usize,
    ) {
        for to in [To::Previous, To::All] {
            let all: Vec<_> = history.iter().enumerate().map(|(at, past)| candidate(at, past, to)).collect();
            let pairs = linked(&all, &order, waits);
            let unique: Pairs = pairs.iter().copied().collect();
            prop_assert_eq!(pairs.len(), unique.len(), "a pair counts once");
            // What was linked before its true neighbour came keeps that link; the true one is there as well.
            prop_assert!(naive(&all, to).is_subset(&unique));
            if to == To::All {
                prop_assert_eq!(unique, naive(&all, to));
            }
        }
    }

    #[test]
    fn in_any_order_a_request_is_linked_once_with_each_trace_that_served_it(
        (mut history, order) in history(),
        waits in 0..6_usize,
        asked in 0..30_usize,
    ) {
        // One request, in a trace of its own; everything else served it, in a few traces.
        let asked = asked % history.len();
        for (at, past) in history.iter_mut().enumerate() {
            past.ends = if at == asked { Ends::TO } else { Ends::FROM };
            past.trace = if at == asked { 200 } else { past.trace % 3 };
        }
        let all: Vec<_> = history.iter().enumerate().map(|(at, past)| candidate(at, past, To::Request)).collect();
        let request = &all[asked];
        let is_about = |served: &&Candidate| served.start_ns.abs_diff(request.start_ns) <= WITHIN_NS;
        let traces = |pairs: &[(u8, u8)]| {
            let mut traces: Vec<_> = pairs.iter().map(|(served, _)| all[usize::from(*served) - 1].trace_id).collect();
            traces.sort_unstable();
            traces
        };
        let served = all.iter().enumerate().filter(|(at, _)| *at != asked).map(|(_, served)| served);
        let mut expected: Vec<_> = served.filter(is_about).map(|served| served.trace_id).collect();
        expected.sort_unstable();
        expected.dedup();
        // Where none of a trace lies beyond what the rule reaches, all of them are linked, once.
        if all.iter().all(|served| is_about(&served)) {
            prop_assert_eq!(traces(&linked(&all, &order, waits)), expected);
        } else {
            let found = traces(&linked(&all, &order, waits));
            prop_assert!(found.windows(2).all(|two| two[0] != two[1]), "once");
            prop_assert!(found.iter().all(|trace| expected.contains(trace)));
        }
    }

    #[test]
    fn rows_come_back_as_they_were((history, order) in history()) {
        let mut seen = Seen::default();
        for at in order {
            let event = candidate(at, &history[at], To::All);
            take(&mut seen, &event);
            if at % 3 == 0 {
                seen.events.last_mut().unwrap().page = Some(gaps::page(7));
            }
            if at % 2 == 0 {
                seen.leaves(&event, &event.looks[0], Some(at as u64));
            }
        }
        let (mut row, stored) = (Vec::new(), Stored { day: 7, place: 1 << 40 });
            seen.write(stored, &mut row);
            prop_assert_eq!(Seen::read(&row), Some((seen, stored)));
            for end in 0..row.len() {
                prop_assert_eq!(Seen::read(&row[..end]), None);
            }
    }
}

#[test]
fn what_is_remembered_of_one_value_is_bounded_and_its_first_event_stays() {
    let mut seen = Seen::default();
    for at in 0..200 {
        let past = Past::new(at as u64, at as u8);
        take(&mut seen, &candidate(at, &past, To::First));
    }
    assert_eq!((seen.events.len(), seen.has_hole), (200, false), "all of them wait");
    for at in 0..200 {
        let event = candidate(at, &Past::new(at as u64, at as u8), To::First);
        seen.leaves(&event, &event.looks[0], Some(1));
    }
    take(&mut seen, &candidate(200, &Past::new(200, 200), To::First));
    assert_eq!((seen.events.len(), seen.has_hole), (MOST, true));
    assert_eq!(seen.first.as_ref().unwrap().start_ns, 0);
    assert_eq!(seen.events.last().unwrap().seq, 200);
    let find = |at: usize, start, to| {
        let (event, mut found) = (candidate(at, &Past::new(start, 250), to), Vec::new());
        seen.find(&event, &event.looks[0], 9, &Missing::default(), &mut found);
        found.iter().map(|found| found.span_id[7] - 1).collect::<Vec<_>>()
    };
    assert_eq!(find(210, 210, To::Previous), [200]);
    assert_eq!(find(210, 50, To::Previous), [] as [u8; 0], "who stood beside it is forgotten");
    assert_eq!(find(210, 20, To::First), [0]);
}
