//! What is known of a session at a glance. Every list in it is bounded: who sends wants it long.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use opentelemetry_proto::tonic::trace::v1::Span;

use super::{
    event::{End, Event, end, kinds, text},
    look::Seen,
    open::Open,
    words::{is_error, kind, label, path, short, vital},
};
use crate::ledger::Owner;

/// A session and its events.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) owner: Owner,
    pub(super) id: Arc<str>,
    pub(super) previous: Option<Arc<str>>,
    pub(super) events: Vec<Event>,
    pub(super) open: Vec<Open>,
    pub(super) pages: BTreeSet<[u8; 16]>,
    /// Of a page that stands in for another one: an event of that one.
    restored: BTreeMap<[u8; 16], End>,
    pub(super) services: BTreeSet<String>,
    pub(super) users: BTreeSet<String>,
    pub(super) routes: BTreeSet<String>,
    pub(super) errors: BTreeSet<String>,
    pub(super) error_count: u64,
    /// The last value of each.
    pub(super) vitals: BTreeMap<String, f64>,
    pub(super) first_ns: u64,
    pub(super) last_ns: u64,
    /// Its part of what its pages have sent.
    pub(super) sent_bytes: u64,
    /// Events that there was no room for.
    pub(super) not_kept: u64,
    pub(super) bytes: usize,
}

/// Events that are kept of one.
pub(super) const MOST_EVENTS: usize = 50_000;

const MOST_PAGES: usize = 100;
const MOST_NAMES: usize = 20;
const MOST_OPEN: usize = 64;

/// What one takes without events: as much as its lists may hold.
pub(super) const LEAST_BYTES: usize = 2_048;

impl Session {
    pub(super) fn new(owner: Owner, id: Arc<str>, start_ns: u64) -> Self {
        Self {
            owner,
            id,
            previous: None,
            events: Vec::new(),
            open: Vec::new(),
            pages: BTreeSet::new(),
            restored: BTreeMap::new(),
            services: BTreeSet::new(),
            users: BTreeSet::new(),
            routes: BTreeSet::new(),
            errors: BTreeSet::new(),
            error_count: 0,
            vitals: BTreeMap::new(),
            first_ns: start_ns,
            last_ns: start_ns,
            sent_bytes: 0,
            not_kept: 0,
            bytes: LEAST_BYTES,
        }
    }

    /// Whether there is room for one more.
    pub(super) fn has_room(&self) -> bool {
        self.events.len() < MOST_EVENTS
    }

    /// Adds an event. Whether it has begun a page that was not known of.
    pub(super) fn add(&mut self, seen: Seen) -> Option<[u8; 16]> {
        let Seen { event, previous, span, .. } = seen;
        self.learn(&span, &event);
        self.previous = self.previous.take().or(previous);
        self.bytes += event.bytes();
        let page = event.page.filter(|page| !self.pages.contains(page) && self.pages.len() < MOST_PAGES);
        self.pages.extend(page);
        if let Some(number) = event.number.filter(|_| !is_announcement(&span)) {
            self.open.retain(|open| open.number != number || Some(open.page) != event.page);
        }
        self.events.push(event);
        page
    }

    /// Tabs that its pages were in, at most: one that stands in for another of them was in that one's.
    pub(super) fn tabs(&self) -> usize {
        if self.restored.is_empty() {
            return self.pages.len();
        }
        let wanted: BTreeSet<&End> = self.restored.values().collect();
        let events = self.events.iter().filter(|event| wanted.contains(&event.end));
        let pages: BTreeMap<&End, [u8; 16]> =
            events.filter_map(|event| Some((&event.end, event.page?))).collect();
        // Where two stand in for one, one is a copy of its tab.
        let before =
            self.restored.iter().filter_map(|(page, end)| pages.get(end).filter(|before| *before != page));
        let followed: BTreeSet<_> = before.collect();
        self.pages.len().saturating_sub(followed.len())
    }

    /// What it says beside its events.
    fn learn(&mut self, span: &Span, event: &Event) {
        self.first_ns = self.first_ns.min(span.start_time_unix_nano);
        self.last_ns = self.last_ns.max(span.start_time_unix_nano);
        put(&mut self.services, &event.from.service);
        self.learn_of_tab(span, event);
        if let Some(user) = text(&span.attributes, "user.id") {
            put(&mut self.users, user);
        }
        match kind(span) {
            "load" | "view" | "press" => {
                if let Some(address) = text(&span.attributes, "url.full") {
                    put(&mut self.routes, path(address));
                }
            }
            "vital" => {
                if let Some((name, value)) = vital(span)
                    && (self.vitals.len() < MOST_NAMES || self.vitals.contains_key(name))
                {
                    self.vitals.insert(short(name), value);
                }
            }
            _ => {}
        }
        if is_error(span) {
            self.error_count += 1;
            put(&mut self.errors, &label(span));
        }
    }

    fn learn_of_tab(&mut self, span: &Span, event: &Event) {
        let Some(page) = event.page.filter(|_| self.restored.len() < MOST_PAGES) else { return };
        let link = span.links.iter().find(|link| kinds(link).any(|kind| kind == "restored"));
        if let Some(other) = link.and_then(|link| end(&link.trace_id, &link.span_id)) {
            self.restored.entry(page).or_insert(other);
        }
    }

    pub(super) fn hear(&mut self, open: Open) {
        let has_room = self.open.len() < MOST_OPEN;
        let is_it = |known: &&mut Open| known.number == open.number && known.page == open.page;
        match self.open.iter_mut().find(is_it) {
            Some(known) => {
                // Later words may leave out what it is called.
                let name = if open.name.is_empty() { std::mem::take(&mut known.name) } else { open.name };
                *known = Open { name, ..open };
            }
            None if has_room => self.open.push(open),
            None => {}
        }
    }

    pub(super) fn close(&mut self, page: [u8; 16], number: u64) {
        self.open.retain(|open| open.page != page || open.number != number);
    }

    pub(super) fn ends(&self) -> impl Iterator<Item = &End> {
        self.events.iter().map(|event| &event.end)
    }
}

/// A true end has the number of what was open; that it has begun, too, where that is exported.
fn is_announcement(span: &Span) -> bool {
    text(&span.attributes, "weft.state") == Some("open")
}

fn put(names: &mut BTreeSet<String>, name: &str) {
    if names.len() < MOST_NAMES && !names.contains(name) {
        names.insert(short(name));
    }
}
