//! A person in a page that another SDK records: spans with `session.id`, exported every few seconds from one or two tabs.

use opentelemetry_proto::tonic::trace::v1::Span;
use support::random::Random;

use super::{
    Backend, History,
    backend::{EXPORT_EVERY, by_instrumentation, id_of, ids_of, inside, pair, span, text},
};
use crate::{
    network::SECOND,
    truth::{Rule, Source},
};

const INTERNAL: i32 = 1;
const CLIENT: i32 = 3;

/// Whose spans are said to be whose.
const FETCH: &str = "@opentelemetry/instrumentation-fetch";

/// What a tab has not exported, and when it will.
#[derive(Default)]
struct Waiting {
    spans: Vec<Span>,
    due: u64,
}

/// All visits of a person.
pub(super) fn live(history: &mut History, random: &mut Random, visits: &[u64]) {
    let chain = history.truth.chain(Rule::Sessions);
    let name = |random: &mut Random| format!("{:032x}", u128::from_be_bytes(random.bytes()));
    let (mut before, mut session): (Option<String>, u32) = (None, 0);
    for start in visits {
        let mut now = *start;
        loop {
            let id = name(random);
            let tabs = Vec::new();
            let mut visit = Visit { history, chain, session, id: &id, before: before.as_deref(), now, tabs };
            visit.happens(random);
            now = visit.now + SECOND + random.below(20 * SECOND);
            (before, session) = (Some(id), session + 1);
            // Now and then somebody else logs in at once: another session, right behind this one.
            if !random.once_in(4) {
                break;
            }
            history.sessions += 1;
        }
    }
}

struct Visit<'a> {
    history: &'a mut History,
    chain: usize,
    session: u32,
    id: &'a str,
    before: Option<&'a str>,
    now: u64,
    tabs: Vec<Waiting>,
}

impl Visit<'_> {
    fn happens(&mut self, random: &mut Random) {
        self.tabs.resize_with(1 + usize::from(random.once_in(3)), Waiting::default);
        // Somebody works there all day: more than is remembered of one session.
        let roots = if random.once_in(60) { 100 + random.below(100) } else { 2 + random.below(9) };
        for _ in 0..roots {
            let pause = if random.once_in(3) { 3 * SECOND } else { 45 * SECOND };
            self.now += 100 + random.below(pause);
            self.export(random, self.now);
            let tab = usize::try_from(random.below(self.tabs.len() as u64)).unwrap_or(0);
            let spans = self.root(random);
            let now = self.now;
            if let Some(waiting) = self.tabs.get_mut(tab) {
                if waiting.spans.is_empty() {
                    waiting.due = now + EXPORT_EVERY;
                }
                waiting.spans.extend(spans);
            }
        }
        // One browser in twenty dies with what it has not exported: this SDK has no journal.
        if !random.once_in(20) {
            self.export(random, u64::MAX);
        }
    }

    /// A root, and what is in its trace.
    fn root(&mut self, random: &mut Random) -> Vec<Span> {
        let is_request = random.once_in(4);
        let (name, kind) = if is_request { ("HTTP POST", CLIENT) } else { ("click", INTERNAL) };
        let mut root = span(random, name, kind, self.now, 150);
        root.attributes.push(pair("session.id", text(self.id)));
        root.attributes.extend(self.before.map(|before| pair("session.previous_id", text(before))));
        let id = id_of(&root);
        self.history.truth.happened(id, Source::Stock);
        self.history.truth.follows(self.chain, id.1, self.session);
        let mut spans = Vec::new();
        if is_request {
            let name = format!("{:032x}", u128::from_be_bytes(random.bytes()));
            root.attributes.push(pair("http.request.header.x-request-id", text(&name)));
            Backend::serve(self.history, random, id, self.now, &name, true);
        } else if random.once_in(2) {
            let inner = inside(random, &root, "render", self.now + 5);
            self.history.truth.happened(id_of(&inner), Source::Stock);
            spans.push(inner);
        }
        spans.push(root);
        spans
    }

    /// What is due by `now` is sent.
    fn export(&mut self, random: &mut Random, now: u64) {
        for waiting in self.tabs.iter_mut().filter(|waiting| !waiting.spans.is_empty() && waiting.due <= now)
        {
            let spans = std::mem::take(&mut waiting.spans);
            self.history.send(
                random,
                waiting.due,
                by_instrumentation("shop-web-stock", FETCH, &spans),
                ids_of(&spans),
            );
        }
    }
}
