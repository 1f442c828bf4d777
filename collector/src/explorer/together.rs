//! What is shown together: a session, and what happened in the same pages before and after it. A page outlives sessions:
//! three weeks lie between two of them, and that is what somebody wants to see.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Explorer,
    event::Event,
    session::{MOST_EVENTS, Session},
    store::Store,
};

/// Whether a session is shown by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum With {
    Nothing,
    ItsPages,
}

/// Other sessions that are looked at: the latest ones of a page that is in more.
const MOST_OTHERS: usize = 50;

/// An event, and the session it is in; none: of a server that says none.
pub(super) type Placed<'a> = (&'a Event, Option<&'a Session>);

impl Explorer {
    /// Its own events, those of its pages in other sessions, and what servers did for them; in the order in which they
    /// began.
    pub(super) fn together<'a>(&self, store: &'a Store, session: &'a Session, with: With) -> Vec<Placed<'a>> {
        let application = &session.owner.application;
        let mut events: Vec<Placed<'a>> = session.events.iter().map(|event| (event, Some(session))).collect();
        for other in self.others(store, session, with) {
            let of_pages = other
                .events
                .iter()
                .filter(|event| event.page.is_some_and(|page| session.pages.contains(&page)));
            let room = MOST_EVENTS.saturating_sub(events.len());
            events.extend(of_pages.take(room).map(|event| (event, Some(other))));
        }
        let traces: BTreeSet<[u8; 16]> = events.iter().map(|(event, _)| event.end.0).collect();
        let loose = traces.iter().flat_map(|trace| store.loose(application, *trace));
        events.extend(loose.take(MOST_EVENTS).map(|event| (event, None)));
        events.sort_by_key(|(event, _)| (event.start_ns, event.number));
        events
    }

    /// Other sessions in which its pages were used.
    pub(super) fn others<'a>(&self, store: &'a Store, session: &'a Session, with: With) -> Vec<&'a Session> {
        if with == With::Nothing {
            return Vec::new();
        }
        let application = &session.owner.application;
        let pages = session.pages.iter();
        let ids = pages.flat_map(|page| store.sessions_of(application, *page).iter().rev().take(MOST_OTHERS));
        let ids: BTreeSet<&Arc<str>> = ids.filter(|id| **id != session.id).collect();
        let others = ids.into_iter().filter_map(|id| store.session(application, id));
        let mut others: Vec<_> = others.filter(|other| !self.is_gone(other)).collect();
        others.sort_by_key(|other| std::cmp::Reverse(other.last_ns));
        others.truncate(MOST_OTHERS);
        others
    }
}
