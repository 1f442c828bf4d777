//! What pages do to events before they record them: `[policy]`, and `[keys.NAME.policy]` instead of it for one key. Compiled to
//! what travels (`weft_sdk::verbs`); the verbs are in docs/policy.md.

use std::sync::Arc;

use weft_sdk::verbs::{
    WHOLE,
    document::{MAX_BYTES, MAX_MORE, MAX_PATTERN_BYTES, MAX_VERBS, Policy as Document, Sort, Verb, When},
};

use super::section::Section;

/// A policy as it is given to pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What it says.
    pub document: Document,
    /// The same as it travels; empty: there is none.
    pub bytes: Arc<[u8]>,
    /// What it is called in the heads of requests.
    pub id: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self::of(Document::default())
    }
}

impl Policy {
    fn of(document: Document) -> Self {
        let is_nothing = document == Document::default();
        let bytes = if is_nothing { Vec::new() } else { document.encode() };
        Self { document, id: weft_proto::digest(&bytes), bytes: bytes.into() }
    }

    /// What a page is to be told that has a policy called `known`, or none. `None`: it has this one, or can have none.
    #[must_use]
    pub fn for_page(&self, known: Option<u32>) -> Option<&[u8]> {
        let known = known.unwrap_or_else(|| Self::default().id);
        (known != self.id && known != weft_proto::head::NO_POLICY_EVER).then_some(&self.bytes)
    }
}

/// Verbs in the order in which a page asks them: whatever becomes of what goes wrong, what happened around it is recorded; what
/// is kept is asked for nothing else, and what costs least to leave out goes first.
const ORDER: [(&str, Sort); 9] = [
    ("flight", Sort::Flight),
    ("keep", Sort::Keep),
    ("upgrade", Sort::Upgrade),
    ("drop", Sort::Drop),
    ("dedupe", Sort::Dedupe),
    ("aggregate", Sort::Aggregate),
    ("sample", Sort::Sample),
    ("budget", Sort::Budget),
    ("scrub", Sort::Scrub),
];

const KIB: u64 = 1024;

pub(super) fn read(mut section: Section<'_>) -> Policy {
    let off = section.flag("off", false);
    let sessions = section.part("sessions");
    let mut verbs = Vec::new();
    for (name, sort) in ORDER {
        verbs.extend(section.tables(name).into_iter().map(|table| verb(sort, table)));
    }
    if verbs.len() > MAX_VERBS {
        section.wrong("drop", format!("all verbs together are {}: {MAX_VERBS} at most", verbs.len()));
    }
    // Of no session would be as if there were none.
    let (stage, verbs, off) = match sessions {
        Some(0) => (0, Vec::new(), false),
        Some(WHOLE) | None => (0, verbs, off),
        Some(part) => (part, verbs, off),
    };
    let is_nothing = verbs.is_empty() && !off;
    let policy = Policy::of(Document { verbs, stage: if is_nothing { 0 } else { stage }, off });
    if policy.bytes.len() > MAX_BYTES {
        let message =
            format!("takes {} bytes and may take {MAX_BYTES}: write fewer verbs", policy.bytes.len());
        section.wrong("drop", message);
    }
    section.end();
    policy
}

fn verb(sort: Sort, mut section: Section<'_>) -> Verb {
    let mut verb = Verb { when: when(&mut section), ..Verb::new(sort) };
    match sort {
        Sort::Keep | Sort::Drop | Sort::Upgrade => {}
        Sort::Flight => verb.number = section.count("seconds", 30, 1..=300) * 1000,
        Sort::Dedupe => verb.number = section.count("seconds", 10, 1..=86_400) * 1000,
        Sort::Aggregate => {
            verb.number = section.count("seconds", 60, 1..=86_400) * 1000;
            verb.patterns = patterns(&mut section, "templates");
        }
        Sort::Sample => match section.part("rate") {
            Some(rate) => verb.number = rate,
            None => section.wrong("rate", "write which part of all sessions keeps these, as in 0.1"),
        },
        Sort::Budget => {
            verb.number = section.count("page_kib", 0, 1..=1 << 20) * KIB;
            verb.more = section.count("day_kib", 0, 1..=1 << 20) * KIB;
            if verb.number + verb.more == 0 {
                section.wrong("page_kib", "give page_kib, day_kib or both: without them nothing is bounded");
            }
        }
        Sort::Scrub => scrub(&mut verb, &mut section),
    }
    let says_nothing = verb.when == When::default();
    if says_nothing && matches!(sort, Sort::Drop | Sort::Keep | Sort::Upgrade | Sort::Flight) {
        section
            .wrong("name", "say which events: without name, route, attribute or duration it is all of them");
    }
    section.end();
    verb
}

fn when(section: &mut Section<'_>) -> When {
    let [name, route, attribute, value] = ["name", "route", "attribute", "value"].map(|of| {
        let text = section.text(of).unwrap_or_default();
        if text.len() > MAX_PATTERN_BYTES {
            section.wrong(of, format!("is longer than {MAX_PATTERN_BYTES} bytes: put * for what may differ"));
        }
        text.into_bytes()
    });
    if attribute.is_empty() && !value.is_empty() {
        section.wrong("value", "of which attribute? Add `attribute`");
    }
    let least_ms = section.count("at_least_ms", 0, 1..=86_400_000);
    let below_ms = section.count("below_ms", 0, 1..=86_400_000);
    if below_ms > 0 && below_ms <= least_ms {
        section.wrong("below_ms", "is not more than at_least_ms: nothing takes so long");
    }
    When { name, route, attribute, value, least_ms, below_ms }
}

fn patterns(section: &mut Section<'_>, name: &'static str) -> Vec<Vec<u8>> {
    let patterns = section.texts(name).unwrap_or_default();
    if patterns.len() > MAX_MORE {
        section.wrong(name, format!("has {} patterns: {MAX_MORE} at most", patterns.len()));
    }
    if patterns.iter().any(|pattern| pattern.is_empty() || pattern.len() > MAX_PATTERN_BYTES) {
        section.wrong(name, format!("a pattern has from one to {MAX_PATTERN_BYTES} bytes"));
    }
    patterns.into_iter().map(String::into_bytes).collect()
}

fn scrub(verb: &mut Verb, section: &mut Section<'_>) {
    let ways = ["deny", "allow", "templates", "texts"];
    let given: Vec<_> = ways.into_iter().enumerate().filter(|(_, way)| section.has(way)).collect();
    let [(number, way)] = given[..] else {
        for way in ways {
            section.texts(way);
        }
        return section.wrong("deny", "give exactly one of deny, allow, templates and texts");
    };
    verb.number = number as u64;
    verb.patterns = patterns(section, way);
    if verb.patterns.is_empty() {
        section.wrong(way, "names nothing: write at least one pattern");
    }
    if way == "templates" && verb.patterns.iter().any(|pattern| pattern.first() != Some(&b'/')) {
        section.wrong(way, "a template is a path, as in \"/team/:team/members\"");
    }
    let is_of_values = matches!(way, "templates" | "texts");
    if !is_of_values && !verb.when.attribute.is_empty() {
        section.wrong("attribute", format!("is of templates and texts: {way} names attributes itself"));
    }
}

#[cfg(test)]
mod tests;
