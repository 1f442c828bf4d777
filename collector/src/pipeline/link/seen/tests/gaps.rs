//! Pages that lack events: nothing is inferred across what is missing.

use std::collections::BTreeMap;

use super::*;
use crate::{
    ledger::Owner,
    pipeline::spool::{Intervals, PageTag},
};

pub(super) fn page(at: u8) -> PageTag {
    PageTag::of(&(Owner { key: "shop-web".into(), application: "shop".into() }, [at; 16]))
}

/// Events of a few pages, numbered there in their order; each of a trace of its own.
fn of_pages(pages: &[u8]) -> Vec<Candidate> {
    let mut numbers = BTreeMap::new();
    let mut events = Vec::new();
    for (at, of) in pages.iter().enumerate() {
        let mut event = candidate(at, &Past::new(at as u64, at as u8), To::Previous);
        let number: &mut u64 = numbers.entry(*of).or_default();
        (event.page, event.seq) = (Some(page(*of)), *number);
        *number += 1;
        events.push(event);
    }
    events
}

/// What is missing of each page: numbers of those events that are not `here`, below one that is.
fn missing(all: &[Candidate], here: &[bool]) -> Missing {
    let missing = Missing::default();
    for of in 0..4 {
        let of_page = || all.iter().zip(here).filter(move |(event, _)| event.page == Some(page(of)));
        let last = of_page().filter(|(_, here)| **here).map(|(event, _)| event.seq).max();
        let lost = of_page().filter(|(event, here)| !**here && Some(event.seq) < last);
        missing.set(page(of), Intervals::from_ascending(lost.map(|(event, _)| event.seq)));
    }
    missing
}

/// Pairs that are linked when all that are here have come, in any order.
fn pairs(all: &[Candidate], order: &[usize], missing: &Missing) -> Pairs {
    let mut seen = Seen::default();
    order.iter().for_each(|at| take(&mut seen, &all[*at]));
    let mut pairs = Pairs::new();
    for event in order.iter().map(|at| &all[*at]) {
        let mut found = Vec::new();
        seen.find(event, &event.looks[0], 1, missing, &mut found);
        pairs.extend(found.iter().map(|found| pair(event, found)));
        seen.leaves(event, &event.looks[0], Some(1));
    }
    pairs
}

fn lossy() -> impl Strategy<Value = (Vec<u8>, Vec<bool>, Vec<usize>)> {
    let event = (0..3_u8, prop::bool::weighted(0.7));
    prop::collection::vec(event, 2..30).prop_flat_map(|events| {
        let (pages, here): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        let order: Vec<_> = (0..pages.len()).filter(|at| here[*at]).collect();
        (Just(pages), Just(here), Just(order).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn no_link_leads_past_what_its_pages_are_known_to_lack((pages, here, order) in lossy()) {
        let all = of_pages(&pages);
        let missing = missing(&all, &here);
        let linked = pairs(&all, &order, &missing);
        for (from, to) in &linked {
            let [from, to] = [from, to].map(|at| usize::from(*at) - 1);
            let between = (to + 1..from).filter(|at| pages[*at] == pages[from] || pages[*at] == pages[to]);
            for lost in between.filter(|at| !here[*at]) {
                // Of the page of `to` it may be the last that there was: nobody knows of it.
                let is_known = (lost..pages.len()).any(|at| pages[at] == pages[lost] && here[at]);
                prop_assert!(!is_known, "{from} → {to} leads past {lost}");
            }
        }
        // Whatever is linked is linked to who is there before it; and where nothing is lost, all of them are.
        let known: Vec<_> = all.iter().zip(&here).filter(|(_, here)| **here).map(|(event, _)| event.clone()).collect();
        let expected = naive(&known, To::Previous);
        prop_assert!(linked.is_subset(&expected));
        if here.iter().all(|here| *here) {
            prop_assert_eq!(linked, expected);
        }
    }
}

#[test]
fn a_gap_costs_the_links_across_it_and_no_others() {
    // Of page 1 the third event is lost.
    let all = of_pages(&[1, 1, 1, 1, 1, 2, 2]);
    let here = [true, true, false, true, true, true, true];
    let order: Vec<_> = (0..all.len()).filter(|at| here[*at]).collect();
    let linked = pairs(&all, &order, &missing(&all, &here));
    assert_eq!(linked, Pairs::from([(2, 1), (5, 4), (6, 5), (7, 6)]));
}
