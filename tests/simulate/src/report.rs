//! The tables that a run prints, with the goals beside what was found.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    drive::Came,
    history::History,
    judge::{Apart, Count, Row, Verdict},
    live::Taken,
    sampling::{Rate, Sampled},
    truth::HAS_SERVER,
};

/// Of a thousand pairs so many must be found, and of a thousand links so many be true, where both ends come in time.
const GOAL: f64 = 99.9;

/// Memory that a million live sessions may take.
pub const MOST_MEMORY: u64 = 1 << 30;

impl Apart {
    fn words(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::InWindow => "inferred, in the window",
            Self::Minute => "inferred, a minute late",
            Self::TenMinutes => "inferred, ten minutes late",
            Self::Longer => "inferred, later still",
            Self::Gap => "inferred, past what a page lacked",
            Self::Lost => "inferred, one lost for good",
        }
    }

    /// What is asked of recall and precision, in percent.
    fn goal(self) -> Option<f64> {
        match self {
            Self::Declared => Some(100.0),
            Self::InWindow => Some(GOAL),
            _ => None,
        }
    }
}

impl Count {
    /// Of a hundred true pairs, how many were found.
    #[must_use]
    pub fn recall(&self) -> f64 {
        percent(self.found, self.expected)
    }

    /// Of a hundred links, how many are true.
    #[must_use]
    pub fn precision(&self) -> f64 {
        percent(self.found, self.found + self.wrong)
    }
}

fn percent(some: u64, all: u64) -> f64 {
    if all == 0 { 100.0 } else { some as f64 * 100.0 / all as f64 }
}

/// Whether a row is as it should be.
#[must_use]
pub fn meets((_, apart): &Row, count: &Count) -> bool {
    let goal = apart.goal();
    goal.is_none_or(|goal| count.recall() >= goal && count.precision() >= goal)
}

/// Who samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The SDK, by session: it remembers what it decided.
    Sdk,
    /// A consistent sampler behind the collector.
    Collector,
}

/// What one rate leaves, and who samples.
#[derive(Clone, Debug)]
pub struct Rated {
    /// Who samples.
    pub by: By,
    /// How much.
    pub rate: Rate,
    /// What is left.
    pub sampled: Sampled,
    /// Rows of the verdict on this history that miss their goal.
    pub missed: usize,
}

/// Whether no link dangles that the SDK could have left out: what it samples leads to nothing that it dropped.
#[must_use]
pub fn leads_nowhere_else(Rated { by, sampled, missed, .. }: &Rated) -> bool {
    *missed == 0 && (*by == By::Collector || sampled.dangling() == 0)
}

/// What kinds come to.
#[must_use]
pub fn kinds(verdict: &Verdict, history: &History) -> String {
    let mut table = String::from(
        "| kind | which pairs | true | found | past a gap | wrong | recall % | precision % | goal % |\n\
         |---|---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (row, count) in &verdict.rows {
        let (kind, apart) = *row;
        let goal = apart.goal().map_or("–".to_owned(), |goal| {
            format!("{goal}{}", if meets(row, count) { "" } else { " MISSED" })
        });
        let Count { expected, found, past, wrong } = count;
        let (apart, recall, precision) = (apart.words(), count.recall(), count.precision());
        let _ = writeln!(
            table,
            "| `{kind}` | {apart} | {expected} | {found} | {past} | {wrong} | {recall:.2} | {precision:.2} | {goal} |"
        );
    }
    if !HAS_SERVER {
        let pairs = history.truth.served.len();
        let _ = writeln!(table, "| `server` | by request ids | {pairs} | not there yet | | | | | {GOAL} |");
    }
    table
}

/// What happened, and what the collector kept of it.
#[must_use]
pub fn about(history: &History, came: &Came) -> String {
    let facts = || history.truth.facts.values();
    let lost = facts().filter(|fact| fact.arrived_ms.is_none()).count();
    let (ours, stock) = history.people;
    format!(
        "{} sessions of {ours} people with our SDK and {stock} with a stock one, over {:.1} days: {} events, of which \
         {lost} were lost for good. {} requests brought {} events, {} of them again. The ledger balances: every distinct \
         event was delivered once. The link index takes {} KiB, its journal included.\n",
        history.sessions,
        came.days,
        facts().count(),
        came.requests,
        came.events,
        came.duplicates,
        came.links_bytes >> 10,
    )
}

/// What rates leave.
#[must_use]
pub fn sampling(rows: &[Rated]) -> String {
    let mut table = String::from(
        "| who samples | kept | pages, of | events | links of these | links left out | dangling within a page | \
         to another page |\n|---|---|--:|--:|--:|--:|--:|---|\n",
    );
    for rated in rows {
        let Rated { by, rate: Rate { before, after, .. }, sampled, .. } = rated;
        let Sampled { pages, kept, links, left_out, dangling_in_page, dangling_elsewhere } = sampled;
        let kinds: Vec<_> =
            dangling_elsewhere.iter().map(|(kind, count)| format!("`{kind}` {count}")).collect();
        let elsewhere = if kinds.is_empty() { "0".to_owned() } else { kinds.join(", ") };
        let by = if *by == By::Sdk { "the SDK" } else { "behind the collector" };
        let rate =
            if before == after { format!("{before} %") } else { format!("{before} %, then {after} %") };
        let missed = if leads_nowhere_else(rated) { "" } else { " MISSED" };
        let _ = writeln!(
            table,
            "| {by} | {rate} | {}, {} | {kept} | {links} | {left_out} | {dangling_in_page} | {elsewhere}{missed} |",
            pages.0, pages.1
        );
    }
    table
}

/// What a million sessions take.
#[must_use]
pub fn live(taken: &Taken) -> String {
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let Taken { values, roots, links, not_looked_at, .. } = taken;
    format!(
        "| sessions remembered | roots | links found | found no room to wait | memory at the end, at most (MiB) | goal (MiB) | \
         link index, and when stopped (MiB) | seconds |\n|--:|--:|--:|--:|--:|--:|--:|--:|\n\
         | {values} | {roots} | {links} | {not_looked_at} | {:.0}, {:.0} | {} | {:.0}, {:.0} | {} |\n",
        mib(taken.resident),
        mib(taken.peak),
        MOST_MEMORY >> 20,
        mib(taken.links_bytes),
        mib(taken.links_bytes_stopped),
        taken.seconds,
    )
}

/// All of it in one line for programs.
#[must_use]
pub fn json(verdict: &Verdict, history: &History, came: &Came, rows: &[Rated], met: bool) -> Value {
    let row = |(row, count): (&Row, &Count)| {
        json!({
            "kind": row.0, "pairs": row.1.words(), "true": count.expected, "found": count.found,
            "past_a_gap": count.past, "wrong": count.wrong, "recall": count.recall(),
            "precision": count.precision(), "met": meets(row, count),
        })
    };
    let rated = |rated: &Rated| {
        let Rated { by, rate, sampled, missed } = rated;
        json!({
            "by": if *by == By::Sdk { "sdk" } else { "collector" }, "before": rate.before, "after": rate.after,
            "pages": sampled.pages.0, "of_pages": sampled.pages.1, "events": sampled.kept, "links": sampled.links,
            "links_left_out": sampled.left_out, "dangling_in_page": sampled.dangling_in_page,
            "dangling_elsewhere": sampled.dangling_elsewhere, "rows_missed": missed,
        })
    };
    json!({
        "sessions": history.sessions, "days": came.days, "events": history.truth.facts.len(),
        "requests": came.requests, "duplicates": came.duplicates, "links_bytes": came.links_bytes,
        "kinds": verdict.rows.iter().map(row).collect::<Vec<_>>(),
        "server": if HAS_SERVER { "there" } else { "not there yet" },
        "sampling": rows.iter().map(rated).collect::<Vec<_>>(), "met": met,
    })
}

/// What a million sessions take, in one line for programs.
#[must_use]
pub fn live_json(taken: &Taken, met: bool) -> Value {
    json!({
        "sessions": taken.values, "roots": taken.roots, "links": taken.links,
        "not_looked_at": taken.not_looked_at, "resident": taken.resident, "peak": taken.peak,
        "links_bytes": taken.links_bytes, "links_bytes_stopped": taken.links_bytes_stopped,
        "seconds": taken.seconds, "met": met,
    })
}
