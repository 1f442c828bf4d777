//! What rules should find, found the slow way: everything is compared with everything.

use std::collections::BTreeMap;

use support::{received::Linked, story::Id};

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) id: Id,
    pub(crate) application: &'static str,
    /// When, and its number in its page.
    pub(crate) place: (u64, u64),
    /// What a rule compares. `None`: no rule looks at it.
    pub(crate) values: Option<Vec<String>>,
    /// What it names as the session before its own.
    pub(crate) before: Option<Vec<String>>,
    /// Links that it was sent with.
    pub(crate) sent: Vec<Linked>,
}

/// Where a rule leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Previous,
    First,
    All,
}

impl Known {
    fn is_linked_by(&self, values: Option<&Vec<String>>, later: &Self) -> bool {
        values.is_some()
            && self.values.as_ref() == values
            && self.application == later.application
            && self.id.trace_id != later.id.trace_id
            && self.place < later.place
    }

    /// Everything in `all` that this may be linked to by these values, the earliest first.
    fn earlier<'a>(&self, values: Option<&Vec<String>>, all: &'a [Self]) -> Vec<&'a Self> {
        let mut found: Vec<_> = all.iter().filter(|other| other.is_linked_by(values, self)).collect();
        found.sort_by_key(|known| known.place);
        found
    }
}

/// All links of each, by a rule of this name that reaches so far back.
pub(crate) fn by_rule(all: &[Known], name: &str, to: To, within_ms: u64) -> BTreeMap<Id, Vec<Linked>> {
    let links = |known: &Known| {
        let mut found = known.earlier(known.values.as_ref(), all);
        found.retain(|earlier| known.place.0 - earlier.place.0 <= within_ms);
        let chosen = match to {
            To::Previous => found.last().copied().into_iter().collect(),
            To::First => found.first().copied().into_iter().collect(),
            To::All => found,
        };
        together(known, chosen.into_iter().map(|target| target.id.by(name)))
    };
    all.iter().map(|known| (known.id.clone(), links(known))).collect()
}

/// All links of each by request ids. `values`: its id; `is_request`: whose side it is on. Ids of several requests are none.
pub(crate) fn by_request_id(all: &[Known], is_request: impl Fn(&Known) -> bool) -> BTreeMap<Id, Vec<Linked>> {
    let same = |one: &Known, other: &Known| {
        one.values.is_some() && one.values == other.values && one.application == other.application
    };
    let links = |known: &Known| {
        let mut requests = all.iter().filter(|other| is_request(other) && same(known, other));
        let only = requests.next().filter(|_| requests.next().is_none());
        let is_first = !all.iter().any(|other| {
            let together = same(known, other) && other.id.trace_id == known.id.trace_id;
            together
                && !is_request(other)
                && (other.place, &other.id.span_id) < (known.place, &known.id.span_id)
        });
        let found =
            only.filter(|request| !is_request(known) && is_first && request.id.trace_id != known.id.trace_id);
        together(known, found.map(|request| request.id.by("server")))
    };
    all.iter().map(|known| (known.id.clone(), links(known))).collect()
}

/// All links of each, by the rules there are for sessions of servers.
pub(crate) fn by_session(all: &[Known]) -> BTreeMap<Id, Vec<Linked>> {
    let links = |known: &Known| {
        let previous =
            known.earlier(known.values.as_ref(), all).last().map(|target| target.id.by("previous"));
        let before =
            || known.earlier(known.before.as_ref(), all).last().map(|target| target.id.by("session"));
        together(known, previous.or_else(before))
    };
    all.iter().map(|known| (known.id.clone(), links(known))).collect()
}

/// What it was sent with and what was found: one link a target, of all kinds.
fn together(known: &Known, found: impl IntoIterator<Item = Linked>) -> Vec<Linked> {
    let mut links: BTreeMap<String, Linked> =
        known.sent.iter().map(|link| (link.span_id.clone(), link.clone())).collect();
    for link in found {
        let link = match links.get(&link.span_id) {
            Some(sent) => sent.kinds.iter().fold(link, |link, kind| link.and(kind)),
            None => link,
        };
        links.insert(link.span_id.clone(), link);
    }
    links.into_values().collect()
}
