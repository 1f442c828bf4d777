//! The list of sessions, and which of them somebody looks for.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Explorer, session::Session, store::Store};
use crate::{pipeline::decode::session_id, sessions::iso};

/// Sessions in one answer.
const MOST: usize = 200;

impl Explorer {
    /// Sessions in which `wanted` is found, or all; the latest active first.
    pub(super) fn sessions_json(&self, wanted: &str) -> Json {
        let kept = self.kept();
        let wanted = wanted.trim().to_lowercase();
        let all = kept.store.sessions().filter(|session| !self.is_gone(session));
        let mut found = 0;
        let mut shown = Vec::new();
        for session in all.filter(|session| is_found(session, &wanted)) {
            found += 1;
            if shown.len() < MOST {
                shown.push(summary(&kept.store, session));
            }
        }
        drop(kept);
        json!({ "sessions": shown, "found": found, "kept": self.kept_json() })
    }

    /// Whether it was erased, and only not forgotten yet.
    pub(super) fn is_gone(&self, session: &Session) -> bool {
        !self.erased.is_empty()
            && session_id(&session.id).is_some_and(|id| self.erased.contains(&session.owner, &id))
    }
}

/// A session at a glance.
pub(super) fn summary(store: &Store, session: &Session) -> Json {
    json!({
        "application": &*session.owner.application,
        "id": &*session.id,
        "previous_id": session.previous.as_deref(),
        "first_event": iso(session.first_ns / 1_000_000),
        "last_event": iso(session.last_ns / 1_000_000),
        "duration_ms": session.last_ns.saturating_sub(session.first_ns) / 1_000_000,
        "pages": session.pages.len(),
        "tabs": session.tabs(),
        "services": session.services,
        "users": session.users,
        "routes": session.routes,
        "errors": session.errors,
        "error_count": session.error_count,
        "vitals": session.vitals,
        "events": session.events.len(),
        "open": session.open.len(),
        "sent_bytes": session.sent_bytes,
        "not_seen": not_seen(store, session).values().sum::<u64>(),
        "not_kept": session.not_kept,
    })
}

/// How many numbers of each of its pages are missing.
pub(super) fn not_seen(store: &Store, session: &Session) -> BTreeMap<[u8; 16], u64> {
    let of = |page: &[u8; 16]| {
        let known = store.known(&session.owner.application, *page)?;
        let missing = known.gaps(0).count();
        (missing > 0).then_some((*page, missing))
    };
    session.pages.iter().filter_map(of).collect()
}

fn is_found(session: &Session, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let lists = [&session.users, &session.routes, &session.errors, &session.services];
    wanted.is_empty()
        || has(&session.id)
        || has(&session.owner.application)
        || lists.iter().any(|list| list.iter().any(|text| has(text)))
        || session_id(wanted).is_some_and(|trace| session.ends().any(|end| end.0 == trace))
}
