//! Recent sessions and where each span of them is, so that links can be followed both ways. The one that was active
//! longest ago goes first, when there is no more room.

use std::{collections::HashMap, sync::Arc};

use hashlink::LinkedHashMap;

use super::{
    event::{End, Event},
    look::{Events, Seen},
    session::Session,
};
use crate::{ledger::Owner, pipeline::spool::Intervals};

/// A session: its application and its id.
pub(super) type Whose = (Arc<str>, Arc<str>);

/// Sessions and what belongs to them.
pub(super) struct Store {
    sessions: LinkedHashMap<Whose, Session>,
    /// Spans of servers that say no session: they are of whoever began their trace.
    loose: LinkedHashMap<(Arc<str>, [u8; 16]), Vec<Event>>,
    /// `None`: among those that are loose.
    places: HashMap<(Arc<str>, End), Option<Arc<str>>>,
    /// Who links to a span.
    toward: HashMap<(Arc<str>, End), Vec<End>>,
    pages: HashMap<(Arc<str>, [u8; 16]), Page>,
    bytes: usize,
    loose_bytes: usize,
    most_bytes: usize,
    /// Sessions that were forgotten for want of room.
    pub(super) forgotten: u64,
}

/// Numbers of a page that are known of, and the sessions in which it was used.
#[derive(Debug, Default)]
struct Page {
    known: Intervals,
    sessions: Vec<Arc<str>>,
}

/// Whatever their size: what is asked about all of them is answered at once.
const MOST_SESSIONS: usize = 5_000;

/// Who links to one span: a page load may have thousands.
const MOST_TOWARD: usize = 1_000;

/// Stretches of numbers of a page, as much as an event or two take: of what has more gaps the oldest are not shown.
const MOST_PIECES: usize = 64;

/// Spans of one trace that nobody has claimed yet.
const MOST_LOOSE: usize = 1_000;

impl Store {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self {
            sessions: LinkedHashMap::new(),
            loose: LinkedHashMap::new(),
            places: HashMap::new(),
            toward: HashMap::new(),
            pages: HashMap::new(),
            bytes: 0,
            loose_bytes: 0,
            most_bytes,
            forgotten: 0,
        }
    }

    pub(super) fn take(&mut self, events: Events) {
        let Events { owner, page, sent_bytes, all, open, closed } = events;
        let count = all.len().max(1) as u64;
        let mut sessions: HashMap<Arc<str>, u64> = HashMap::new();
        for seen in all {
            match seen.session.clone() {
                Some(session) => {
                    let is_new = self.put(&owner, &session, seen);
                    *sessions.entry(session).or_default() += u64::from(is_new);
                }
                None => self.put_loose(&owner, seen.event),
            }
        }
        for (session, events) in sessions {
            if let Some(session) = self.session_mut(&owner, &session) {
                session.sent_bytes += sent_bytes as u64 * events / count;
            }
        }
        for open in open {
            let id = Arc::clone(&open.session);
            if let Some(session) = self.session_mut(&owner, &id) {
                session.hear(open);
            }
        }
        if let Some((page, numbers)) = page {
            if let Some(number) = closed {
                self.close(&owner, page, number);
            }
            self.know(&owner.application, page, &numbers);
        }
        self.make_room();
    }

    /// These numbers of a page have come, if there is anything of it here.
    pub(super) fn know(&mut self, application: &Arc<str>, page: [u8; 16], numbers: &Intervals) {
        if let Some(known) = self.pages.get_mut(&(Arc::clone(application), page)) {
            known.known.add(numbers);
            known.known.forget_lowest(MOST_PIECES);
        }
    }

    /// It is not known any more which numbers have come.
    pub(super) fn forget_numbers(&mut self) {
        self.pages.values_mut().for_each(|page| page.known = Intervals::default());
    }

    /// Whether it is new.
    fn put(&mut self, owner: &Owner, id: &Arc<str>, seen: Seen) -> bool {
        let application = &owner.application;
        let (end, links) = (seen.event.end, seen.event.links.clone());
        if self.places.contains_key(&(Arc::clone(application), end)) {
            return false;
        }
        let whose = (Arc::clone(application), Arc::clone(id));
        let start_ns = seen.event.start_ns;
        if !self.sessions.contains_key(&whose) {
            let session = Session::new(owner.clone(), Arc::clone(id), start_ns);
            self.bytes += session.bytes;
            self.sessions.insert(whose.clone(), session);
        }
        let Some(session) = self.sessions.to_back(&whose) else { return false };
        if !session.has_room() {
            session.not_kept += 1;
            return false;
        }
        let before = session.bytes;
        let page = session.add(seen);
        self.bytes += session.bytes - before;
        if let Some(page) = page {
            self.pages.entry((Arc::clone(application), page)).or_default().sessions.push(Arc::clone(id));
        }
        self.index(application, end, &links, Some(id));
        true
    }

    fn put_loose(&mut self, owner: &Owner, event: Event) {
        let application = &owner.application;
        if self.places.contains_key(&(Arc::clone(application), event.end)) {
            return;
        }
        let trace = (Arc::clone(application), event.end.0);
        let of_trace = self.loose.entry(trace).or_insert_with(Vec::new);
        if of_trace.len() >= MOST_LOOSE {
            return;
        }
        let (end, links, bytes) = (event.end, event.links.clone(), event.bytes());
        of_trace.push(event);
        self.bytes += bytes;
        self.loose_bytes += bytes;
        self.index(application, end, &links, None);
    }

    fn index(&mut self, application: &Arc<str>, end: End, links: &[End], session: Option<&Arc<str>>) {
        self.places.insert((Arc::clone(application), end), session.cloned());
        for link in links {
            let from = self.toward.entry((Arc::clone(application), *link)).or_default();
            if from.len() < MOST_TOWARD {
                from.push(end);
            }
        }
    }

    fn close(&mut self, owner: &Owner, page: [u8; 16], number: u64) {
        let of_it =
            self.sessions.iter_mut().filter(|((application, _), _)| *application == owner.application);
        of_it.for_each(|(_, session)| session.close(page, number));
    }

    fn session_mut(&mut self, owner: &Owner, id: &Arc<str>) -> Option<&mut Session> {
        self.sessions.get_mut(&(Arc::clone(&owner.application), Arc::clone(id)))
    }

    /// What belongs to nobody's session may take a quarter: a server without pages sends nothing else.
    fn make_room(&mut self) {
        while self.loose_bytes > self.most_bytes / 4 {
            let Some(((application, _), events)) = self.loose.pop_front() else { break };
            self.drop_loose(&application, &events);
        }
        while self.bytes > self.most_bytes || self.sessions.len() > MOST_SESSIONS {
            let Some((whose, session)) = self.sessions.pop_front() else { break };
            self.forgotten += 1;
            self.drop_session(&whose.0, &session);
        }
    }

    /// Nothing of this session is shown any more, nor what servers did for it.
    pub(super) fn forget(&mut self, application: &Arc<str>, id: &str) {
        let whose = (Arc::clone(application), Arc::from(id));
        let Some(session) = self.sessions.remove(&whose) else { return };
        for (trace, _) in session.ends() {
            if let Some(events) = self.loose.remove(&(Arc::clone(application), *trace)) {
                self.drop_loose(application, &events);
            }
        }
        self.drop_session(application, &session);
    }

    fn drop_loose(&mut self, application: &Arc<str>, events: &[Event]) {
        let bytes: usize = events.iter().map(Event::bytes).sum();
        self.loose_bytes -= bytes;
        self.bytes -= bytes;
        self.unindex(application, events);
    }

    fn drop_session(&mut self, application: &Arc<str>, session: &Session) {
        self.bytes -= session.bytes;
        self.unindex(application, &session.events);
        for page in &session.pages {
            let key = (Arc::clone(application), *page);
            if let Some(known) = self.pages.get_mut(&key) {
                known.sessions.retain(|id| *id != session.id);
                if known.sessions.is_empty() {
                    self.pages.remove(&key);
                }
            }
        }
    }

    fn unindex(&mut self, application: &Arc<str>, events: &[Event]) {
        for event in events {
            self.places.remove(&(Arc::clone(application), event.end));
            for link in &event.links {
                let key = (Arc::clone(application), *link);
                let Some(from) = self.toward.get_mut(&key) else { continue };
                from.retain(|end| *end != event.end);
                if from.is_empty() {
                    self.toward.remove(&key);
                }
            }
        }
    }
}

/// What is asked.
impl Store {
    /// The latest active first.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values().rev()
    }

    pub(super) fn session(&self, application: &str, id: &str) -> Option<&Session> {
        self.sessions.get(&(Arc::from(application), Arc::from(id)))
    }

    /// Those in which a page was used, in the order in which that was seen.
    pub(super) fn sessions_of(&self, application: &Arc<str>, page: [u8; 16]) -> &[Arc<str>] {
        self.pages.get(&(Arc::clone(application), page)).map_or(&[], |page| &page.sessions)
    }

    /// What servers did in a trace.
    pub(super) fn loose(&self, application: &str, trace: [u8; 16]) -> &[Event] {
        self.loose.get(&(Arc::from(application), trace)).map_or(&[], Vec::as_slice)
    }

    /// The session that a span is in; `Some(None)`: it is known, and in none.
    pub(super) fn place(&self, application: &Arc<str>, end: End) -> Option<Option<&Arc<str>>> {
        self.places.get(&(Arc::clone(application), end)).map(Option::as_ref)
    }

    /// Who links to a span.
    pub(super) fn toward(&self, application: &Arc<str>, end: End) -> &[End] {
        self.toward.get(&(Arc::clone(application), end)).map_or(&[], Vec::as_slice)
    }

    /// Numbers of a page that are known of.
    pub(super) fn known(&self, application: &Arc<str>, page: [u8; 16]) -> Option<&Intervals> {
        self.pages.get(&(Arc::clone(application), page)).map(|page| &page.known)
    }

    /// Bytes it takes, about, and may.
    pub(super) fn bytes(&self) -> (usize, usize) {
        (self.bytes, self.most_bytes)
    }
}

#[cfg(test)]
mod tests;
