//! Sessions seen lately, for the admin port: a view from memory, bounded, empty after a restart.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::pipeline::{
    link::{Told, hex},
    spool::{Intervals, Record},
};

/// Sessions, shared by the spool's writer, which adds, and the admin port, which shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    sessions: HashMap<(String, [u8; 16]), Session>,
    notes: u64,
}

/// What is known of one session.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Session {
    /// `session.id`.
    pub(crate) id: String,
    /// `session.previous_id`.
    pub(crate) previous_id: Option<String>,
    /// Application it belongs to.
    pub(crate) application: String,
    /// `weft.page.id` of its pages, up to a bound.
    pub(crate) pages: BTreeSet<String>,
    /// Accepted events.
    pub(crate) events: u64,
    /// Start of the earliest event, by the device's clock.
    pub(crate) first_event_ms: u64,
    /// Start of the latest event, by the device's clock.
    pub(crate) last_event_ms: u64,
    #[serde(skip)]
    noted: u64,
}

/// A session as the admin port shows it.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    session: Session,
    first_event: String,
    last_event: String,
}

/// Sessions kept: a page of an operator's screen many times over, at about 300 bytes each.
const MAX_SESSIONS: usize = 1_000;

/// Pages named per session: who opens more is no person.
const MAX_PAGES: usize = 100;

impl Sessions {
    /// The events in `taken` of what a batch told were accepted.
    pub(crate) fn note(&self, record: &Record, told: &Told, taken: &Intervals) {
        let mut seen = self.seen();
        let page = hex(&record.page);
        for event in told.events.iter().filter(|event| taken.contains(event.number)) {
            let Some(of) = event.session.and_then(|at| told.sessions.get(at as usize)) else { continue };
            let start_ms = event.start_ns / 1_000_000;
            seen.notes += 1;
            let notes = seen.notes;
            let key = (record.application.clone(), of.id);
            let session = seen.sessions.entry(key).or_insert_with(|| Session {
                id: hex(&of.id),
                previous_id: of.previous_id.map(|id| hex(&id)),
                application: record.application.clone(),
                pages: BTreeSet::new(),
                events: 0,
                first_event_ms: start_ms,
                last_event_ms: start_ms,
                noted: 0,
            });
            session.events += 1;
            session.first_event_ms = session.first_event_ms.min(start_ms);
            session.last_event_ms = session.last_event_ms.max(start_ms);
            session.noted = notes;
            if session.pages.len() < MAX_PAGES && !session.pages.contains(&page) {
                session.pages.insert(page.clone());
            }
        }
        seen.forget_oldest();
    }

    /// It is not shown any more.
    pub(crate) fn forget(&self, application: &str, session: &[u8; 16]) {
        self.seen().sessions.remove(&(application.to_owned(), *session));
    }

    /// Latest activity first, as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut sessions: Vec<_> = self.seen().sessions.values().cloned().collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.last_event_ms));
        let shown = sessions.into_iter().map(|session| Shown {
            first_event: iso(session.first_event_ms),
            last_event: iso(session.last_event_ms),
            session,
        });
        serde_json::to_value(shown.collect::<Vec<_>>()).unwrap_or_default()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn forget_oldest(&mut self) {
        while self.sessions.len() > MAX_SESSIONS {
            let oldest =
                self.sessions.iter().min_by_key(|(_, session)| session.noted).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.sessions.remove(&oldest);
        }
    }
}

/// ISO 8601 with milliseconds, in UTC.
pub(crate) fn iso(ms: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000);
    time.ok().and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_default()
}
