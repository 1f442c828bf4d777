//! What came, compared with what is true: which links were found, which are missing, and which are wrong.

use std::collections::{BTreeMap, HashSet};

use support::received::{Linked, Received, hex};
use weft_proto::SpanId;

use crate::{
    drive::WAIT_MS,
    network::MINUTE,
    truth::{Declared, HAS_SERVER, Place, Rule, Source, Truth},
};

/// How far apart the two ends of a pair arrived: how much later the earlier one than the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Apart {
    /// No matter: the page said it itself.
    Declared,
    /// The earlier one was there before the other had waited.
    InWindow,
    /// About a minute.
    Minute,
    /// About ten.
    TenMinutes,
    /// Longer: what a dead page left, and another found.
    Longer,
    /// When it was decided, a page was known to lack what may have stood between them.
    Gap,
    /// One of them was lost for good.
    Lost,
}

/// Links of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Pairs that are true.
    pub expected: u64,
    /// Of these, how many were found.
    pub found: u64,
    /// Links that lead past what was not there when they were made: true of what was there.
    pub past: u64,
    /// Links that are not true.
    pub wrong: u64,
}

/// A row: kind, whether it was inferred, and how far apart.
pub type Row = (&'static str, Apart);

/// Everything that was compared.
#[derive(Debug, Default)]
pub struct Verdict {
    /// By kind.
    pub rows: BTreeMap<Row, Count>,
    /// What a person looks at first.
    pub examples: Vec<String>,
}

/// Examples that are kept.
const MOST_EXAMPLES: usize = 12;

/// Compares everything that came.
#[must_use]
pub fn judge(truth: &Truth, spans: &[Received]) -> Verdict {
    let mut judge = Judge {
        truth,
        verdict: Verdict::default(),
        declared: HashSet::new(),
        pairs: HashSet::new(),
        cached: HashSet::new(),
    };
    judge.expect();
    for span in spans {
        let Ok(from) = <SpanId>::try_from(span.span.span_id.as_slice()) else { continue };
        for link in span.links() {
            judge.look(from, &link);
        }
    }
    judge.miss();
    judge.verdict
}

struct Judge<'a> {
    truth: &'a Truth,
    verdict: Verdict,
    declared: HashSet<Declared>,
    /// Pairs that were found: kind, the earlier and the later.
    pairs: HashSet<Declared>,
    /// Cached rendering traces that a page was linked to.
    cached: HashSet<SpanId>,
}

impl Judge<'_> {
    /// Everything that is true.
    fn expect(&mut self) {
        for (kind, from, _) in &self.truth.declared {
            if self.truth.arrival(from).is_some() {
                self.row(kind, Apart::Declared).expected += 1;
            }
        }
        for (kind, earlier, later) in self.neighbours() {
            self.row(kind, self.apart(&earlier, &later)).expected += 1;
        }
    }

    /// True pairs that were not found.
    fn miss(&mut self) {
        let declared: Vec<_> = self.truth.declared.iter().copied().collect();
        for (kind, from, to) in declared {
            if self.truth.arrival(&from).is_some() && !self.declared.contains(&(kind, from, to)) {
                self.example(format!("missing: {kind} {} → {}", hex(&from), hex(&to)));
            }
        }
        for pair in self.neighbours() {
            let (kind, earlier, later) = pair;
            let apart = self.apart(&earlier, &later);
            if !self.pairs.contains(&pair) && apart == Apart::InWindow {
                self.example(format!("missing: {kind} {} → {}", hex(&later), hex(&earlier)));
            }
        }
    }

    /// All pairs that a rule should find: kind, the earlier and the later.
    fn neighbours(&self) -> Vec<Declared> {
        let mut pairs = Vec::new();
        for chain in &self.truth.chains {
            for (at, both) in chain.events.windows(2).enumerate() {
                let [(earlier, _), (later, _)] = both else { continue };
                pairs.extend(chain.kind(at, at + 1).map(|kind| (kind, *earlier, *later)));
            }
        }
        if HAS_SERVER {
            // The request began before the backend answered it, whichever arrives first.
            pairs.extend(self.truth.served.iter().map(|(server, request)| ("server", *request, *server)));
        }
        pairs
    }

    /// One link that came.
    fn look(&mut self, from: SpanId, link: &Linked) {
        let Some(to) = self.target(link) else {
            return self.wrong("unknown", Apart::Declared, from, link);
        };
        let is_stock = self.truth.facts.get(&from).is_none_or(|fact| fact.source != Source::Ours);
        let mut inferred = false;
        for kind in &link.kinds {
            match kind.as_str() {
                "cart" => inferred |= self.inferred(Rule::Cart, "cart", from, to, link),
                "previous" if is_stock => {
                    inferred |= self.inferred(Rule::Sessions, "previous", from, to, link)
                }
                "session" if is_stock => inferred |= self.inferred(Rule::Sessions, "session", from, to, link),
                // Whether the first page keeps its link depends on when the next came.
                "server" if self.truth.cached.contains(&to) && self.cached.insert(to) => {}
                "server" if !self.truth.declared.contains(&("server", from, to)) => {
                    inferred |= self.served(from, to, link);
                }
                kind => self.declared(kind, from, to, link),
            }
        }
        let names_rule = link.rule.as_ref().is_some_and(|rule| link.kinds.contains(rule));
        if inferred != link.inferred || inferred != names_rule || (link.late && !inferred) {
            self.wrong("marked wrongly", Apart::Declared, from, link);
        }
    }

    /// Whom it leads to, if that ever happened.
    fn target(&self, link: &Linked) -> Option<SpanId> {
        let bytes = |text: &str| u64::from_str_radix(text, 16).ok().map(u64::to_be_bytes);
        let to = bytes(&link.span_id)?;
        let fact = self.truth.facts.get(&to)?;
        (hex(&fact.id.0) == link.trace_id).then_some(to)
    }

    fn declared(&mut self, kind: &str, from: SpanId, to: SpanId, link: &Linked) {
        let known = self.truth.declared.iter().find(|pair| pair.0 == kind).map(|pair| pair.0);
        let Some(pair) = known.map(|kind| (kind, from, to)).filter(|pair| self.truth.declared.contains(pair))
        else {
            return self.wrong(known.unwrap_or("unknown"), Apart::Declared, from, link);
        };
        if self.declared.insert(pair) {
            self.row(pair.0, Apart::Declared).found += 1;
        } else {
            self.wrong(pair.0, Apart::Declared, from, link);
        }
    }

    fn inferred(&mut self, rule: Rule, kind: &'static str, from: SpanId, to: SpanId, link: &Linked) -> bool {
        let (earlier, later) = if link.late { (from, to) } else { (to, from) };
        let place = |event| self.truth.places.get(&(rule, event)).copied();
        let (Some(before), Some(after)) = (place(earlier), place(later)) else {
            self.wrong(kind, Apart::InWindow, from, link);
            return true;
        };
        let chain = self.truth.chains.get(before.chain);
        let is_of_kind = chain.and_then(|chain| chain.kind(before.at, after.at)) == Some(kind);
        if before.chain != after.chain || before.at >= after.at || !is_of_kind {
            self.wrong(kind, Apart::InWindow, from, link);
        } else if before.at + 1 == after.at {
            self.found((kind, earlier, later), from, link);
        } else {
            self.leads_past(kind, before, after, from, link);
        }
        true
    }

    /// It is true of what was there when it was made, if everything between was not.
    fn leads_past(&mut self, kind: &'static str, before: Place, after: Place, from: SpanId, link: &Linked) {
        let decided = self.truth.arrival(&from).unwrap_or(0) + WAIT_MS;
        let chain = self.truth.chains.get(before.chain);
        let between = chain.and_then(|chain| chain.events.get(before.at + 1..after.at)).unwrap_or_default();
        let arrivals = between.iter().filter_map(|(event, _)| self.truth.arrival(event));
        match arrivals.min() {
            Some(first) if first < decided => self.wrong(kind, Apart::InWindow, from, link),
            Some(first) => self.row(kind, late_by(first - (decided - WAIT_MS))).past += 1,
            None => self.row(kind, Apart::Lost).past += 1,
        }
    }

    fn served(&mut self, from: SpanId, to: SpanId, link: &Linked) -> bool {
        let (server, request) = if link.late { (to, from) } else { (from, to) };
        if HAS_SERVER && self.truth.served.contains(&(server, request)) {
            self.found(("server", request, server), from, link);
        } else {
            self.wrong("server", Apart::InWindow, from, link);
        }
        true
    }

    fn found(&mut self, pair: Declared, from: SpanId, link: &Linked) {
        let (kind, earlier, later) = pair;
        let apart = self.apart(&earlier, &later);
        if self.pairs.insert(pair) {
            self.row(kind, apart).found += 1;
        } else {
            self.wrong(kind, apart, from, link);
        }
    }

    fn wrong(&mut self, kind: &'static str, apart: Apart, from: SpanId, link: &Linked) {
        self.row(kind, apart).wrong += 1;
        let Linked { span_id, kinds, late, .. } = link;
        self.example(format!("wrong: {kind} {} → {span_id}, of kinds {kinds:?}, late: {late}", hex(&from)));
    }

    fn apart(&self, earlier: &SpanId, later: &SpanId) -> Apart {
        match (self.truth.arrival(earlier), self.truth.arrival(later)) {
            (Some(first), Some(second))
                if self.truth.lacks_between(earlier, later, first.max(second) + WAIT_MS) =>
            {
                Apart::Gap
            }
            (Some(earlier), Some(later)) => late_by(earlier.saturating_sub(later)),
            _ => Apart::Lost,
        }
    }

    fn row(&mut self, kind: &'static str, apart: Apart) -> &mut Count {
        self.verdict.rows.entry((kind, apart)).or_default()
    }

    fn example(&mut self, example: String) {
        if self.verdict.examples.len() < MOST_EXAMPLES {
            self.verdict.examples.push(example);
        }
    }
}

fn late_by(ms: u64) -> Apart {
    match ms {
        ..WAIT_MS => Apart::InWindow,
        _ if ms < 2 * MINUTE => Apart::Minute,
        _ if ms < 20 * MINUTE => Apart::TenMinutes,
        _ => Apart::Longer,
    }
}
