//! Lanes of a timeline: tabs, as far as anybody knows them, and services whose events say no page.
//!
//! A page that stands in for another (reloaded, gone back to, discarded by the browser) is in that one's tab, and says so by
//! a link of kind `restored`; one that another page has opened says that by `opener`. Of any other two pages nobody knows
//! whether they were in one tab, so each has a lane.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value as Json, json};

use super::{
    event::{End, Event, end, kinds},
    session::Session,
    words::short,
};
use crate::pipeline::link::hex;

type Page = [u8; 16];

/// All lanes of a timeline, from the top.
pub(super) struct Lanes<'a> {
    tabs: Vec<Tab>,
    /// Which of the tabs a page is in.
    places: HashMap<Page, usize>,
    services: Vec<&'a str>,
}

/// Pages one after the other.
struct Tab {
    first: Page,
    pages: Vec<Page>,
    opened_by: Option<Page>,
}

/// What pages say of each other.
#[derive(Default)]
struct Said {
    /// The one that it stands in for.
    before: HashMap<Page, Page>,
    /// The one that has opened its tab.
    opener: HashMap<Page, Page>,
}

impl<'a> Lanes<'a> {
    pub(super) fn of(session: &Session, events: &[&'a Event]) -> Self {
        let said = Said::by(events);
        let (mut tabs, mut places): (Vec<Tab>, HashMap<Page, usize>) = Default::default();
        // Whom somebody stands in for already: a second one is a copy of that tab.
        let mut followed = BTreeSet::new();
        for page in in_order(session, events) {
            let before = said.before.get(&page);
            let tab =
                before.and_then(|before| places.get(before).copied().filter(|_| followed.insert(*before)));
            let at = tab.unwrap_or(tabs.len());
            places.insert(page, at);
            match tabs.get_mut(at) {
                Some(tab) => tab.pages.push(page),
                None => tabs.push(Tab {
                    first: page,
                    pages: vec![page],
                    opened_by: said.opener.get(&page).copied(),
                }),
            }
        }
        let loose = events.iter().filter(|event| event.page.is_none());
        let services: BTreeSet<&str> = loose.map(|event| &*event.from.service).collect();
        Self { tabs, places, services: services.into_iter().collect() }
    }

    pub(super) fn of_page(&self, page: Page) -> usize {
        self.places.get(&page).copied().unwrap_or_default()
    }

    pub(super) fn of_event(&self, event: &Event) -> usize {
        match event.page {
            Some(page) => self.of_page(page),
            None => {
                let at = self.services.iter().position(|service| *service == event.from.service);
                self.tabs.len() + at.unwrap_or_default()
            }
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let tabs = self.tabs.iter().map(|tab| {
            let pages: Vec<_> = tab.pages.iter().map(|page| hex(page)).collect();
            let opened_by = tab.opened_by.and_then(|page| self.places.get(&page));
            json!({ "kind": "page", "id": hex(&tab.first), "pages": pages, "opened_by": opened_by })
        });
        let service =
            |name: &&str| json!({ "kind": "service", "id": short(name), "pages": [], "opened_by": null });
        tabs.chain(self.services.iter().map(service)).collect()
    }
}

/// Pages in the order in which anything began in them.
fn in_order(session: &Session, events: &[&Event]) -> Vec<Page> {
    let mut first: BTreeMap<Page, u64> = BTreeMap::new();
    let of_events = events.iter().filter_map(|event| Some((event.page?, event.start_ns)));
    let of_open = session.open.iter().map(|open| (open.page, open.start_ns));
    for (page, start_ns) in of_events.chain(of_open) {
        let first = first.entry(page).or_insert(start_ns);
        *first = start_ns.min(*first);
    }
    let mut pages: Vec<_> = first.into_iter().map(|(page, first)| (first, page)).collect();
    pages.sort_unstable();
    pages.into_iter().map(|(_, page)| page).collect()
}

impl Said {
    fn by(events: &[&Event]) -> Self {
        let pages: HashMap<End, Page> =
            events.iter().filter_map(|event| Some((event.end, event.page?))).collect();
        let mut said = Self::default();
        for event in events {
            let Some(own) = event.page else { continue };
            let elsewhere = |end: &End| pages.get(end).is_some_and(|page| *page != own);
            // Few events lead into other pages, and only these are looked at as a whole.
            if event.links.iter().any(elsewhere) {
                said.read(event, own, &pages);
            }
        }
        said
    }

    fn read(&mut self, event: &Event, own: Page, pages: &HashMap<End, Page>) {
        for link in event.span().links {
            let target = end(&link.trace_id, &link.span_id).and_then(|end| pages.get(&end));
            let Some(other) = target.copied().filter(|other| *other != own) else { continue };
            for kind in kinds(&link) {
                match kind {
                    "restored" => _ = self.before.entry(own).or_insert(other),
                    "opener" => _ = self.opener.entry(own).or_insert(other),
                    _ => {}
                }
            }
        }
    }
}
